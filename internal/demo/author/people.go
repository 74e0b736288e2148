package main

import (
	"fmt"
	"strings"
)

const domain = "lindhaven.example"

// person is one user with what the story needs of them; the crowd is made from
// the name lists below.
type person struct {
	account, name, title, department string
	methods                          []string // registered authentication methods
	lastSignIn                       int      // days ago; -1 never
	disabled, guest, admin           bool
	home                             string // a guest's own domain
}

var (
	strong  = []string{"fido2SecurityKey", "microsoftAuthenticatorPush", "softwareOneTimePasscode"}
	usual   = []string{"microsoftAuthenticatorPush", "softwareOneTimePasscode", "mobilePhone"}
	keyOnly = []string{"fido2SecurityKey"}
)

// named are the people who appear in STORY.md or hold a role.
var named = []person{
	{account: "breakglass-north", name: "Emergency Access North", title: "Emergency access", department: "IT Security", methods: keyOnly, lastSignIn: 61, admin: true},
	{account: "breakglass-south", name: "Emergency Access South", title: "Emergency access", department: "IT Security", methods: keyOnly, lastSignIn: 61, admin: true},
	{account: "adm-hedda.lorne", name: "Hedda Lorne (admin)", title: "Head of Cloud Platform", department: "IT Platform", methods: strong, lastSignIn: 1, admin: true},
	{account: "adm-mats.ekdal", name: "Mats Ekdal (admin)", title: "Cloud Platform Engineer", department: "IT Platform", methods: strong, lastSignIn: 2, admin: true},
	{account: "adm-ines.varga", name: "Ines Varga (admin)", title: "Security Lead", department: "IT Security", methods: strong, lastSignIn: 1, admin: true},
	{account: "adm-jonas.reik", name: "Jonas Reik (admin)", title: "Security Engineer", department: "IT Security", methods: strong, lastSignIn: 3, admin: true},
	{account: "adm-oskar.thal", name: "Oskar Thal (admin)", title: "Messaging Administrator", department: "IT Workplace", methods: []string{"email"}, lastSignIn: 4, admin: true},
	{account: "adm-petra.holm", name: "Petra Holm (admin)", title: "Identity Administrator", department: "IT Workplace", methods: []string{}, lastSignIn: 2, admin: true},
	{account: "adm-lea.kofoed", name: "Lea Kofoed (admin)", title: "Endpoint Administrator", department: "IT Workplace", methods: strong, lastSignIn: 1, admin: true},
	{account: "adm-sven.aalto", name: "Sven Aalto (admin)", title: "Application Administrator", department: "IT Integration", methods: strong, lastSignIn: 6, admin: true},
	{account: "adm-noor.vance", name: "Noor Vance (admin)", title: "Clinic Administrator", department: "Fennside Clinic", methods: strong, lastSignIn: 5, admin: true},
	{account: "tilda.marsh", name: "Tilda Marsh", title: "Service Desk Analyst", department: "IT Service Desk", methods: usual, lastSignIn: 0},
	{account: "arno.pless", name: "Arno Pless", title: "Service Desk Analyst", department: "IT Service Desk", methods: usual, lastSignIn: 0},
	{account: "ivo.brandt", name: "Ivo Brandt", title: "Integration Engineer", department: "IT Integration", methods: usual, lastSignIn: 1},
	{account: "elin.sato", name: "Elin Sato", title: "Migration Project Lead", department: "Projects", methods: usual, lastSignIn: 287},
	{account: "rolf.danner", name: "Rolf Danner", title: "Database Administrator", department: "IT Platform", methods: usual, lastSignIn: 143, disabled: true},
	{account: "nils.aker", name: "Nils Aker", title: "PACS Support Specialist", department: "Imaging", methods: usual, lastSignIn: 1},
	{account: "freja.quist", name: "Freja Quist", title: "Imaging Systems Manager", department: "Imaging", methods: usual, lastSignIn: 0},
	{account: "dario.fenn", name: "Dario Fenn", title: "EHR Platform Engineer", department: "Clinical Systems", methods: usual, lastSignIn: 0},
	{account: "salka.wren", name: "Salka Wren", title: "EHR Platform Engineer", department: "Clinical Systems", methods: usual, lastSignIn: 2},
	{account: "bodil.krag", name: "Bodil Krag", title: "Finance Systems Manager", department: "Finance", methods: usual, lastSignIn: 1},
	{account: "tomas.ruel", name: "Tomas Ruel", title: "Web Developer", department: "Development", methods: usual, lastSignIn: 1},
	{account: "yara.solberg", name: "Yara Solberg", title: "Research Data Engineer", department: "Research", methods: usual, lastSignIn: 1},
	{account: "hugo.lamm", name: "Hugo Lamm", title: "Backup Engineer", department: "IT Platform", methods: usual, lastSignIn: 1},
	{account: "gregor.nash_scanvendor.example#EXT#", name: "Gregor Nash", title: "Consultant", department: "", methods: usual, lastSignIn: 118, guest: true, home: "scanvendor.example"},
	{account: "mika.thorn_scanvendor.example#EXT#", name: "Mika Thorn", title: "Field Engineer", department: "", methods: usual, lastSignIn: 12, guest: true, home: "scanvendor.example"},
}

var firstNames = strings.Fields(`Adele Alma Anders Asta Astrid Axel Beata Birger Britta Carl Cecil Clara Dagny Ebbe Edith Einar Eira Elias Elsa Emil
Erik Esther Fanny Filip Frida Gerd Greta Gustav Hanna Harald Hedvig Helge Hilda Ida Inga Isak Ivar Jens Johan Jorun Judit Kaj Karin Kirsten Klara
Knut Lars Leif Linnea Liv Ludvig Magna Maja Malin Marit Martin Mette Mona Morten Nadja Nora Olaf Olga Oline Otto Pelle Ragna Rasmus Rikke Runa`)

var lastNames = strings.Fields(`Abild Ahlgren Bakke Berglind Birk Bjarke Borg Brandal Dahlby Eide Ekeroth Elvik Falkner Fjeld Forsell Granvik Grim Hagen
Halse Hedlund Hjort Holt Ingmar Juhl Kallas Kjeld Kron Lagerlov Landvik Lindahl Lovgren Lund Mork Myhre Nordvall Nygard Odegard Orvik Palm Quarn
Rasch Ravn Risvold Rosen Sandvik Sjostedt Skoglund Solheim Stav Strand Sundby Svard Tangen Torvald Ulvik Vestby Vik Wallin Wik Ytterdal`)

var crowdJobs = []struct{ department, title string }{
	{"Cardiology", "Physician"}, {"Cardiology", "Nurse"}, {"Oncology", "Physician"}, {"Oncology", "Nurse"}, {"Emergency", "Physician"}, {"Emergency", "Nurse"},
	{"Radiology", "Radiographer"}, {"Radiology", "Physician"}, {"Imaging", "Radiographer"}, {"Pharmacy", "Pharmacist"}, {"Laboratory", "Biomedical Scientist"},
	{"Maternity", "Midwife"}, {"Surgery", "Surgeon"}, {"Surgery", "Surgical Nurse"}, {"Fennside Clinic", "General Practitioner"}, {"Fennside Clinic", "Receptionist"},
	{"Brackwater Rehabilitation", "Physiotherapist"}, {"Human Resources", "HR Adviser"}, {"Finance", "Accountant"}, {"Finance", "Payroll Officer"},
	{"Procurement", "Buyer"}, {"Estates", "Technician"}, {"Research", "Research Fellow"}, {"Development", "Developer"}, {"Communications", "Editor"},
}

const peopleInAll, guestsInAll = 150, 10

// people makes the users and what each has registered.
func people(t *tenant) {
	all := append([]person{}, named...)
	taken := map[string]bool{}
	for _, p := range all {
		taken[p.account] = true
	}
	for i := 0; len(all) < peopleInAll-(guestsInAll-2); i++ {
		first, last := firstNames[pick(len(firstNames), "first", fmt.Sprint(i))], lastNames[pick(len(lastNames), "last", fmt.Sprint(i))]
		account := strings.ToLower(first + "." + last)
		if taken[account] {
			continue
		}
		taken[account] = true
		job := crowdJobs[i%len(crowdJobs)]
		p := person{account: account, name: first + " " + last, title: job.title, department: job.department, methods: usual, lastSignIn: pick(25, "seen", account)}
		if i%4 == 1 {
			p.methods = []string{"windowsHelloForBusiness", "microsoftAuthenticatorPush"}
		}
		all = append(all, p)
	}
	for i := range guestsInAll - 2 {
		first, last := firstNames[pick(len(firstNames), "gfirst", fmt.Sprint(i))], lastNames[pick(len(lastNames), "glast", fmt.Sprint(i))]
		home := []string{"scanvendor.example", "labnet.example", "fabrikam-audit.example", "regionhealth.example"}[i%4]
		account := strings.ToLower(first+"."+last) + "_" + home + "#EXT#"
		all = append(all, person{account: account, name: first + " " + last, title: "External", methods: usual, lastSignIn: 3 + pick(60, "guestseen", account), guest: true, home: home})
	}
	for _, p := range all {
		t.person(p)
	}
}

func (t *tenant) userID(account string) string { return guid("user", account) }

func (t *tenant) person(p person) {
	id := t.userID(p.account)
	t.users[p.account] = id
	upn := p.account + "@" + domain
	given, surname, _ := strings.Cut(strings.TrimSuffix(p.name, " (admin)"), " ")
	mail := any(strings.ToLower(upn))
	userType, creation := "Member", any(nil)
	identities := l{o{"signInType": "userPrincipalName", "issuer": domain, "issuerAssignedId": upn}}
	synced := !p.guest && !p.admin
	if p.guest {
		userType, creation = "Guest", "Invitation"
		mail = strings.Replace(strings.TrimSuffix(p.account, "#EXT#"), "_", "@", 1)
		identities = l{o{"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": nil}, identities[0]}
	}
	if p.admin {
		mail = nil
	}
	created := 200 + pick(1800, "created", p.account)
	if created < p.lastSignIn+30 {
		created = p.lastSignIn + 400
	}
	body := o{
		"id": id, "displayName": p.name, "givenName": given, "surname": surname, "userPrincipalName": upn, "mail": mail,
		"userType": userType, "accountEnabled": !p.disabled, "jobTitle": p.title, "department": orNil(p.department),
		"createdDateTime": daysAgo(created, p.account), "creationType": creation, "externalUserState": nil, "externalUserStateChangeDateTime": nil,
		"usageLocation": "NL", "companyName": nil, "employeeId": nil, "onPremisesSyncEnabled": nil, "onPremisesSecurityIdentifier": nil,
		"identities": identities, "passwordPolicies": nil, "ageGroup": nil,
		"lastPasswordChangeDateTime": daysAgo(20+pick(300, "pwd", p.account), p.account),
		"signInActivity":             nil,
	}
	if p.guest {
		body["externalUserState"], body["externalUserStateChangeDateTime"] = "Accepted", daysAgo(created-1, p.account)
	} else {
		body["companyName"], body["employeeId"] = "Lindhaven Hospitals", fmt.Sprintf("%06d", 100000+pick(800000, "emp", p.account))
	}
	if synced {
		body["onPremisesSyncEnabled"] = true
		body["onPremisesSecurityIdentifier"] = fmt.Sprintf("S-1-5-21-1004336348-1177238915-682003330-%d", 1100+pick(60000, "sid", p.account))
	}
	if p.admin {
		body["passwordPolicies"] = "DisablePasswordExpiration"
	}
	if p.lastSignIn >= 0 {
		when := daysAgo(p.lastSignIn+1, "signin", p.account)
		body["signInActivity"] = o{
			"lastSignInDateTime": when, "lastSignInRequestId": guid("request", p.account),
			"lastNonInteractiveSignInDateTime": when, "lastNonInteractiveSignInRequestId": guid("request2", p.account),
			"lastSuccessfulSignInDateTime": when, "lastSuccessfulSignInRequestId": guid("request", p.account),
		}
	}
	t.object("users", body)

	mfa, passwordless := false, false
	for _, m := range p.methods {
		switch m {
		case "fido2SecurityKey", "windowsHelloForBusiness":
			mfa, passwordless = true, true
		case "microsoftAuthenticatorPush", "softwareOneTimePasscode", "mobilePhone":
			mfa = true
		}
	}
	preferred := l{}
	if mfa {
		preferred = l{"push"}
		if passwordless {
			preferred = l{"fido2"}
		}
	}
	second := "none"
	if mfa {
		second = "push"
	}
	userRegType := strings.ToLower(userType)
	t.object("userRegistrationDetails", o{
		"id": id, "userPrincipalName": upn, "userDisplayName": p.name, "userType": userRegType, "isAdmin": p.admin || strings.Contains(p.title, "Service Desk"),
		"isMfaCapable": mfa, "isMfaRegistered": mfa, "isPasswordlessCapable": passwordless, "isSsprCapable": mfa && !p.guest, "isSsprEnabled": !p.guest,
		"isSsprRegistered": mfa && !p.guest, "isSystemPreferredAuthenticationMethodEnabled": true, "methodsRegistered": strs(p.methods...),
		"systemPreferredAuthenticationMethods": preferred, "userPreferredMethodForSecondaryAuthentication": second, "lastUpdatedDateTime": daysAgo(1, p.account),
	})
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// group makes one group; members are user accounts, or groups written group:name.
type group struct {
	name, description string
	members, owners   []string
	roleAssignable    bool
	rule              string // dynamic membership
	unified           bool
}

var groupList = []group{
	{name: "sg-all-staff", description: "Everybody employed", rule: `(user.userType -eq "Member") and (user.accountEnabled -eq true) and (user.companyName -eq "Lindhaven Hospitals")`},
	{name: "sg-clinicians", description: "Everybody who treats patients", rule: `user.department -in ["Cardiology","Oncology","Emergency","Radiology","Maternity","Surgery","Pharmacy","Laboratory"]`},
	{name: "sg-finance", description: "Finance department", rule: `user.department -eq "Finance"`},
	{name: "sg-research", description: "Research unit", rule: `user.department -eq "Research"`},
	{name: "sg-guests", description: "External people", rule: `user.userType -eq "Guest"`},
	{name: "ca-break-glass", description: "Emergency access accounts, left out of Conditional Access", members: []string{"breakglass-north", "breakglass-south"}, roleAssignable: true},
	{name: "ca-mfa-exceptions", description: "Temporary: phones being replaced, remove by March", members: []string{"adm-oskar.thal", "adm-petra.holm"}, owners: []string{"adm-ines.varga"}, roleAssignable: true},
	{name: "az-subscription-owners", description: "Owners of every subscription", members: []string{"adm-hedda.lorne", "adm-mats.ekdal"}, owners: []string{"adm-hedda.lorne"}, roleAssignable: true},
	{name: "az-security-readers", description: "Security team, reads everything", members: []string{"adm-ines.varga", "adm-jonas.reik"}, roleAssignable: true},
	{name: "az-network-operators", description: "Network team", members: []string{"adm-mats.ekdal"}, roleAssignable: true},
	{name: "az-ehr-operators", description: "Runs the electronic health record", members: []string{"dario.fenn", "salka.wren"}, roleAssignable: true},
	{name: "az-imaging-operators", description: "Runs PACS and everything about imaging", members: []string{"freja.quist", "group:imaging-support"}},
	{name: "imaging-support", description: "Second line for imaging", members: []string{"group:imaging-support-nights"}, owners: []string{"freja.quist"}},
	{name: "imaging-support-nights", description: "Night rota of imaging support", members: []string{"nils.aker"}, owners: []string{"freja.quist"}},
	{name: "az-finance-operators", description: "Runs finance systems", members: []string{"bodil.krag"}, roleAssignable: true},
	{name: "az-developers", description: "Developers in the dev subscription", members: []string{"tomas.ruel"}, roleAssignable: true},
	{name: "az-research-data", description: "Research data engineers", members: []string{"yara.solberg"}, roleAssignable: true},
	{name: "az-backup-operators", description: "Backup engineers", members: []string{"hugo.lamm"}, roleAssignable: true},
	{name: "az-operators-all", description: "Everybody who may change something in Azure, for Conditional Access", members: []string{
		"group:az-imaging-operators", "dario.fenn", "salka.wren", "bodil.krag", "tomas.ruel", "yara.solberg", "hugo.lamm", "elin.sato",
		"adm-hedda.lorne", "adm-mats.ekdal", "gregor.nash_scanvendor.example#EXT#"}, owners: []string{"adm-ines.varga"}},
	{name: "role-helpdesk", description: "Service desk, resets passwords", members: []string{"tilda.marsh", "arno.pless"}, owners: []string{"adm-hedda.lorne"}, roleAssignable: true},
	// Whoever is in a group that can hold roles is out of the service desk's reach: without it there would be two ways up.
	{name: "role-application-owners", description: "Registers applications and looks after them", members: []string{"adm-sven.aalto"}, owners: []string{"adm-hedda.lorne"}, roleAssignable: true},
	{name: "role-global-readers", description: "Auditors", members: []string{"adm-jonas.reik"}, roleAssignable: true},
	{name: "app-payroll-users", description: "People with payroll", members: []string{"group:sg-finance", "bodil.krag"}},
	{name: "app-ehr-users", description: "People with the health record", members: []string{"group:sg-clinicians"}},
	{name: "app-rota-users", description: "People with the rota planner", members: []string{"group:sg-all-staff"}},
	{name: "team-imaging", description: "Imaging team site", members: []string{"freja.quist", "nils.aker"}, owners: []string{"freja.quist"}, unified: true},
	{name: "team-research", description: "Research team site", members: []string{"yara.solberg"}, owners: []string{"yara.solberg"}, unified: true},
}

func (t *tenant) groupID(name string) string { return guid("group", name) }

// groupsAndUnits makes the groups, the administrative unit and the devices.
func groupsAndUnits(t *tenant) {
	for _, g := range groupList {
		t.groups[g.name] = t.groupID(g.name)
	}
	for _, g := range groupList {
		members, owners := l{}, l{}
		for _, m := range g.members {
			if name, ok := strings.CutPrefix(m, "group:"); ok {
				members = append(members, o{"@odata.type": "#microsoft.graph.group", "id": t.group(name)})
				continue
			}
			members = append(members, o{"@odata.type": "#microsoft.graph.user", "id": t.user(m)})
		}
		for _, m := range g.owners {
			owners = append(owners, o{"@odata.type": "#microsoft.graph.user", "id": t.user(m)})
		}
		types, rule, state := l{}, any(nil), any(nil)
		if g.rule != "" {
			types, rule, state = append(types, "DynamicMembership"), g.rule, "On"
			members = t.dynamicMembers(g.name)
		}
		if g.unified {
			types = append(types, "Unified")
		}
		var assignable any
		if g.roleAssignable {
			assignable = true
		}
		t.object("groups", o{
			"id": t.group(g.name), "displayName": g.name, "description": g.description, "createdDateTime": daysAgo(300+pick(900, g.name), g.name),
			"groupTypes": types, "securityEnabled": true, "mailEnabled": g.unified, "mailNickname": g.name, "mail": nil, "visibility": visibility(g),
			"isAssignableToRole": assignable, "membershipRule": rule, "membershipRuleProcessingState": state, "onPremisesSyncEnabled": nil,
			"isManagementRestricted": nil, "members": members, "owners": owners,
		})
	}
	unit := guid("unit", "fennside")
	clinic := l{}
	for _, u := range t.graph["users"] {
		if u["department"] == "Fennside Clinic" {
			clinic = append(clinic, o{"@odata.type": "#microsoft.graph.user", "id": u["id"]})
		}
	}
	t.object("administrativeUnits", o{
		"id": unit, "displayName": "Fennside Clinic", "description": "Staff of the Fennside Clinic, looked after by the clinic itself", "visibility": nil,
		"isMemberManagementRestricted": false, "membershipType": "Assigned", "membershipRule": nil, "membershipRuleProcessingState": nil, "members": clinic,
	})
	devices(t)
}

func visibility(g group) any {
	if g.unified {
		return "Private"
	}
	return nil
}

func (t *tenant) user(account string) string {
	id, ok := t.users[account]
	if !ok {
		panic("no user " + account)
	}
	return id
}

func (t *tenant) group(name string) string {
	id, ok := t.groups[name]
	if !ok {
		panic("no group " + name)
	}
	return id
}

// dynamicMembers are the members that Entra would have computed from the rule.
func (t *tenant) dynamicMembers(name string) l {
	clinical := map[any]bool{"Cardiology": true, "Oncology": true, "Emergency": true, "Radiology": true, "Maternity": true, "Surgery": true, "Pharmacy": true, "Laboratory": true}
	out := l{}
	for _, u := range t.graph["users"] {
		in := false
		switch name {
		case "sg-all-staff":
			in = u["userType"] == "Member" && u["accountEnabled"] == true && u["companyName"] == "Lindhaven Hospitals"
		case "sg-clinicians":
			in = clinical[u["department"]]
		case "sg-finance":
			in = u["department"] == "Finance"
		case "sg-research":
			in = u["department"] == "Research"
		case "sg-guests":
			in = u["userType"] == "Guest"
		}
		if in {
			out = append(out, o{"@odata.type": "#microsoft.graph.user", "id": u["id"]})
		}
	}
	return out
}

// devices makes twenty-four: managed Windows machines, hybrid ones, phones, and
// a few that are only registered.
func devices(t *tenant) {
	for i := range 24 {
		name := fmt.Sprintf("LH-WS-%03d", i+1)
		system, version, trust, compliant, managed := "Windows", "10.0.26100.2161", "AzureAd", true, true
		maker, model, owner := "Contoso Devices", "Clinic Desk 5", "Company"
		switch {
		case i >= 22:
			name, system, version, trust, compliant, managed = fmt.Sprintf("private-phone-%d", i), "Android", "15", "Workplace", false, false
			maker, model, owner = "Fabrikam Mobile", "F8", "Personal"
		case i >= 18:
			name, system, version = fmt.Sprintf("LH-PHONE-%02d", i), "IPhone", "18.1"
			maker, model = "Fabrikam Mobile", "Ward Phone"
		case i >= 12:
			trust = "ServerAd"
		case i == 11:
			compliant = false
		}
		t.object("devices", o{
			"id": guid("device", name), "deviceId": guid("deviceid", name), "displayName": name, "accountEnabled": true, "operatingSystem": system, "operatingSystemVersion": version,
			"trustType": trust, "isCompliant": compliant, "isManaged": managed, "deviceOwnership": owner, "profileType": "RegisteredDevice", "manufacturer": maker, "model": model,
			"approximateLastSignInDateTime": daysAgo(1+pick(20, name), name), "registrationDateTime": daysAgo(100+pick(600, name), name), "physicalIds": l{}, "systemLabels": l{},
			"extensionAttributes": o{"extensionAttribute1": nil}, "mdmAppId": mdm(managed), "enrollmentProfileName": nil,
		})
	}
}

func mdm(managed bool) any {
	if managed {
		return "0000000a-0000-0000-c000-000000000000"
	}
	return nil
}
