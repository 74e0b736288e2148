package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// logDays is how long before the tenant was read its logs begin.
const logDays = 14

// Addresses of the story: the hospital's, its deployment agents', and those of
// the three nights on which something happened.
const (
	hospitalIP = "203.0.113.10"
	agentIP    = "198.51.100.20"
	sprayIP    = "192.0.2.66"
	bridgeIP   = "192.0.2.140"
	diskIP     = "192.0.2.201"
)

// events collects rows of Azure Monitor's tables.
type events struct {
	t      *tenant
	tables map[string][]o
}

func (e *events) add(table string, at time.Time, row o) {
	row["TimeGenerated"] = at.UTC().Format("2006-01-02T15:04:05Z")
	row["Type"] = table
	row["Id"] = guid("event", table, fmt.Sprint(len(e.tables[table])))
	e.tables[table] = append(e.tables[table], row)
}

// logs writes two weeks of the tenant's logs, a file a table, with what
// STORY.md tells of them: a spray that finds a password, a secret that is added
// to the bridge, and a disk that leaves.
func logs(t *tenant) (map[string][]byte, error) {
	e := &events{t: t, tables: map[string][]o{}}
	e.days()
	e.spray()
	e.bridge()
	e.disk()
	files := map[string][]byte{}
	for table, rows := range e.tables {
		slices.SortStableFunc(rows, func(a, b o) int {
			return cmp.Compare(a["TimeGenerated"].(string), b["TimeGenerated"].(string))
		})
		var out bytes.Buffer
		for _, r := range rows {
			line, err := object(r)
			if err != nil {
				return nil, err
			}
			out.Write(line)
			out.WriteByte('\n')
		}
		files[table+".jsonl"] = out.Bytes()
	}
	return files, nil
}

// user is the record of a person, and when they last signed in.
func (e *events) user(name string) (o, time.Time) {
	for _, u := range e.t.graph["users"] {
		if strings.HasPrefix(u["userPrincipalName"].(string), name+"@") {
			last, err := time.Parse(time.RFC3339, u["signInActivity"].(o)["lastSignInDateTime"].(string))
			if err != nil {
				panic(err)
			}
			return u, last
		}
	}
	panic("nobody is called " + name)
}

func (e *events) signIn(table, name string, at time.Time, ip, app, result string) {
	u, _ := e.user(name)
	row := o{
		"UserPrincipalName": u["userPrincipalName"], "UserId": u["id"], "UserDisplayName": u["displayName"], "UserType": "Member", "IPAddress": ip, "AppDisplayName": app, "ResultType": result,
		"ClientAppUsed": "Browser", "AuthenticationRequirement": "singleFactorAuthentication", "ConditionalAccessStatus": "success", "IsInteractive": table == "SigninLogs", "OperationName": "Sign-in activity", "Category": "SignInLogs",
	}
	if result == "50126" {
		row["ResultDescription"], row["ConditionalAccessStatus"] = "Invalid username or password or Invalid on-premise username or password.", "notApplied"
	}
	e.add(table, at, row)
}

// days is what happens every day: people and programs sign in, somebody
// mistypes, an administrator activates a role, a pipeline deploys.
func (e *events) days() {
	people := []string{"adm-hedda.lorne", "adm-ines.varga", "adm-petra.holm", "adm-oskar.thal", "adm-lea.kofoed", "tilda.marsh", "arno.pless", "ivo.brandt", "nils.aker", "freja.quist", "dario.fenn", "bodil.krag"}
	for day := logDays; day > 0; day-- {
		start := now.AddDate(0, 0, -day)
		if d := start.Weekday(); d == time.Saturday || d == time.Sunday {
			continue
		}
		date := start.Format(time.DateOnly)
		for i, name := range people {
			at := start.Add(7*time.Hour + time.Duration(pick(7200, name, date))*time.Second)
			if _, last := e.user(name); at.After(last) {
				continue
			}
			if pick(9, "mistyped", name, date) == 0 {
				e.signIn("SigninLogs", name, at.Add(-20*time.Second), hospitalIP, "Office 365", "50126")
			}
			e.signIn("SigninLogs", name, at, hospitalIP, "Office 365", "0")
			if i%3 == 0 {
				e.signIn("AADNonInteractiveUserSignInLogs", name, at.Add(2*time.Hour), hospitalIP, "Office 365", "0")
			}
		}
		for _, program := range []string{"Identity Sync Bridge", "Lab Results Importer", "Deployment Pipeline"} {
			e.add("AADServicePrincipalSignInLogs", start.Add(3*time.Hour+time.Duration(pick(3600, program, date))*time.Second), o{
				"ServicePrincipalName": program, "ServicePrincipalId": e.t.principals[program], "IPAddress": agentIP, "Location": "NL", "ResourceDisplayName": "Microsoft Graph", "ResultType": "0", "OperationName": "Sign-in activity", "Category": "ServicePrincipalSignInLogs",
			})
		}
		e.activation(start.Add(9*time.Hour), "adm-lea.kofoed")
		e.activity(start.Add(10*time.Hour), e.t.principals["Deployment Pipeline"], agentIP, "Microsoft.Resources/deployments/write", e.imaging()+"/resourceGroups/rg-pacs/providers/Microsoft.Resources/deployments/daily-"+date)
	}
}

func (e *events) audit(at time.Time, operation, category string, by o, targets l) {
	e.add("AuditLogs", at, o{
		"OperationName": operation, "ActivityDisplayName": operation, "Category": category, "LoggedByService": "Core Directory", "Result": "success", "InitiatedBy": by, "TargetResources": targets, "CorrelationId": guid("audit", operation, at.String()),
	})
}

func (e *events) activation(at time.Time, name string) {
	u, _ := e.user(name)
	e.audit(at, "Add member to role", "RoleManagement", o{"app": o{"displayName": "MS-PIM", "servicePrincipalName": nil}}, l{o{
		"type": "User", "id": u["id"], "userPrincipalName": u["userPrincipalName"], "modifiedProperties": l{o{"displayName": "Role.DisplayName", "oldValue": nil, "newValue": `"Intune Administrator"`}},
	}})
}

func (e *events) activity(at time.Time, caller, ip, operation, resource string) {
	correlation := guid("activity", operation, resource, at.String())
	for i, status := range []string{"Start", "Success"} {
		e.add("AzureActivity", at.Add(time.Duration(i)*3*time.Second), o{
			"OperationNameValue": strings.ToUpper(operation), "ActivityStatusValue": status, "CategoryValue": "Administrative", "Caller": caller, "CallerIpAddress": ip, "CorrelationId": correlation,
			"_ResourceId": strings.ToLower(resource), "ResourceGroup": strings.ToUpper(between(resource, "/resourceGroups/")), "SubscriptionId": between(resource, "/subscriptions/"), "Level": "Information",
		})
	}
}

// between is the segment of an id that follows a word.
func between(id, word string) string {
	_, rest, _ := strings.Cut(id, word)
	segment, _, _ := strings.Cut(rest, "/")
	return segment
}

func (e *events) imaging() string { return e.t.subs["imaging"].scope() }

// spray is what one address does in the morning of 29 October: the same password
// for thirty people, until one of the two administrators without a second factor
// lets it in.
func (e *events) spray() {
	_, in := e.user("adm-petra.holm")
	n := 0
	for _, u := range e.t.graph["users"] {
		name, _, _ := strings.Cut(u["userPrincipalName"].(string), "@")
		if strings.Contains(name, "#") || u["signInActivity"] == nil || strings.HasPrefix(name, "breakglass") {
			continue
		}
		if n++; n > 30 {
			break
		}
		e.signIn("SigninLogs", name, in.Add(time.Duration(n-34)*17*time.Second), sprayIP, "Azure Portal", "50126")
	}
	e.signIn("SigninLogs", "adm-petra.holm", in, sprayIP, "Azure Portal", "0")
}

func (e *events) application(name string) string {
	for _, a := range e.t.graph["applications"] {
		if a["displayName"] == name {
			return a["id"].(string)
		}
	}
	panic("no application is called " + name)
}

// bridge is a secret that comes and goes in the night of 30 October.
func (e *events) bridge() {
	u, in := e.user("ivo.brandt")
	e.signIn("SigninLogs", "ivo.brandt", in, bridgeIP, "Azure Portal", "0")
	certificate, secret := `"[KeyIdentifier=0a41,KeyType=AsymmetricX509Cert,KeyUsage=Verify,DisplayName=bridge]"`, `"[KeyIdentifier=77f2,KeyType=Password,KeyUsage=Verify,DisplayName=tmp]"`
	for i, keys := range [][2]string{{"[" + certificate + "]", "[" + certificate + "," + secret + "]"}, {"[" + certificate + "," + secret + "]", "[" + certificate + "]"}} {
		e.audit(in.Add(time.Duration(6+41*i)*time.Minute), "Update application – Certificates and secrets management ", "ApplicationManagement",
			o{"user": o{"userPrincipalName": u["userPrincipalName"], "id": u["id"], "ipAddress": bridgeIP}},
			l{o{"type": "Application", "id": e.application("Identity Sync Bridge"), "displayName": "Identity Sync Bridge", "modifiedProperties": l{o{"displayName": "KeyDescription", "oldValue": keys[0], "newValue": keys[1]}}}})
	}
}

// disk is how the disks of the gateway of old scanners leave on 31 October.
func (e *events) disk() {
	u, in := e.user("freja.quist")
	e.signIn("SigninLogs", "freja.quist", in, diskIP, "Azure Portal", "0")
	for i, name := range []string{"disk-vm-modality-gw-os", "disk-vm-modality-gw-data"} {
		e.activity(in.Add(time.Duration(7+i)*time.Minute), u["userPrincipalName"].(string), diskIP, "Microsoft.Compute/disks/beginGetAccess/action", e.imaging()+"/resourceGroups/rg-pacs/providers/Microsoft.Compute/disks/"+name)
	}
}
