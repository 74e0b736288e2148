package reader

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// What AzureHound writes: {"data": [{"kind": K, "data": {...}}], "meta":
// {"type": "azure", "count": N}}. Its objects are those of Microsoft Graph and
// of ARM, so that they become the same records; relations come in records of
// their own and are given back to the objects that they are of. Letters of ids
// are in either case.

// isHound tells whether v is one record of AzureHound.
func isHound(v jsondoc.Value) bool {
	kind, ok := v.Get("kind").Text()
	return ok && len(kind) > 2 && strings.EqualFold(kind[:2], "AZ") && v.Get("data").Kind() == jsondoc.Object && !v.Get("id").Exists()
}

// houndObjects are the kinds that are objects of Microsoft Graph, by kind in
// lower case.
var houndObjects = map[string]string{
	"azuser": "users", "azgroup": "groups", "azserviceprincipal": "servicePrincipals", "azapp": "applications", "azdevice": "devices",
	"azrole": "roleDefinitions", "aztenant": "organization", "azapproleassignment": "appRoleAssignments",
	"azroleeligibilityscheduleinstance": "roleEligibilityScheduleInstances",
}

// houndScopes are the kinds that are scopes or resources of ARM, with their type.
var houndScopes = map[string]string{
	"azmanagementgroup": "Microsoft.Management/managementGroups", "azsubscription": "Microsoft.Resources/subscriptions",
	"azresourcegroup": "Microsoft.Resources/subscriptions/resourceGroups", "azkeyvault": "Microsoft.KeyVault/vaults",
	"azvm": "Microsoft.Compute/virtualMachines", "azvmscaleset": "Microsoft.Compute/virtualMachineScaleSets", "azstorageaccount": "Microsoft.Storage/storageAccounts",
	"azstoragecontainer": "Microsoft.Storage/storageAccounts/blobServices/containers", "azautomationaccount": "Microsoft.Automation/automationAccounts",
	"azlogicapp": "Microsoft.Logic/workflows", "azfunctionapp": "Microsoft.Web/sites", "azwebapp": "Microsoft.Web/sites",
	"azcontainerregistry": "Microsoft.ContainerRegistry/registries", "azmanagedcluster": "Microsoft.ContainerService/managedClusters",
}

// houndRelations are the kinds that say who is in, or owns, something: the
// collection and the members that hold the owner's id and the others'.
var houndRelations = map[string]struct{ collection, owner, list, member string }{
	"azgroupmember":           {"groups", "groupId", "members", "member"},
	"azgroupowner":            {"groups", "groupId", "owners", "owner"},
	"azappmember":             {"applications", "appId", "members", "member"},
	"azappowner":              {"applications", "appId", "owners", "owner"},
	"azserviceprincipalowner": {"servicePrincipals", "servicePrincipalId", "owners", "owner"},
	"azdeviceowner":           {"devices", "deviceId", "owners", "owner"},
}

// hound is what the records of AzureHound in one text said.
type hound struct {
	records int
	stated  int64 // how many there are to be, -1 where the text does not say
	seen    map[string]bool
	apps    map[string]string // object ids of applications by application id, both in lower case
	links   []houndLink
	scopes  map[string]bool // subscriptions and management groups whose assignments are here in part
	unknown []string        // kinds that nothing is known of
}

type houndLink struct {
	collection, owner, member string
	elements                  []jsondoc.Value
	at                        place
}

// houndRecord takes one record.
func (f *fileRun) houndRecord(v jsondoc.Value, at place) {
	h := &f.hound
	if h.seen == nil {
		h.seen, h.apps, h.scopes, h.stated = map[string]bool{}, map[string]string{}, map[string]bool{}, -1
	}
	h.records++
	f.values++
	kind, data := v.Get("kind").TextOr(""), v.Get("data")
	k := strings.ToLower(kind)
	h.seen[k] = true
	if collection := houndObjects[k]; collection != "" {
		if k == "aztenant" {
			data = data.With("id", jsondoc.NewString(first(textOf(data, "tenantId"), lastSegment(textOf(data, "id")))))
		}
		if id := textOf(data, "id"); k == "azrole" && strings.Contains(id, "@") { // ROLE@TENANT
			id, _, _ = strings.Cut(id, "@")
			data = data.With("id", jsondoc.NewString(id))
		}
		if k == "azapp" && textOf(data, "id") != "" {
			h.apps[strings.ToLower(textOf(data, "appId"))] = strings.ToLower(textOf(data, "id"))
		}
		f.addOf(collection, data, at, nil)
		return
	}
	if typ := houndScopes[k]; typ != "" {
		f.houndResource(k, typ, data, at)
		return
	}
	if r, ok := houndRelations[k]; ok {
		link := houndLink{collection: r.collection, owner: textOf(data, r.owner), member: r.list, at: at}
		for _, e := range data.Get(r.list).Elements() {
			if m := e.Get(r.member); m.Kind() == jsondoc.Object {
				e = m
			}
			if e.Kind() == jsondoc.Object {
				link.elements = append(link.elements, e)
			}
		}
		if link.owner == "" {
			f.skip(diag.Warning, at, CodeNoResource, fmt.Sprintf("a record of the kind %s does not say whose %s it lists", clip(kind), r.list), "")
			return
		}
		h.links = append(h.links, link)
		return
	}
	switch k {
	case "azroleassignment":
		for _, e := range data.Get("roleAssignments").Elements() {
			if textOf(e, "roleDefinitionId") == "" {
				e = e.With("roleDefinitionId", data.Get("roleDefinitionId"))
			}
			f.addOf("roleAssignments", e, at, nil)
		}
	case "azrolemanagementpolicyassignment":
		f.houndPolicy(data, at)
	case "azfederatedidentitycredential":
		link := houndLink{collection: "applications", owner: textOf(data, "appId"), member: "federatedIdentityCredentials", at: at}
		for _, e := range data.Get("fics").Elements() {
			if m := e.Get("fic"); m.Kind() == jsondoc.Object {
				e = m
			}
			link.elements = append(link.elements, e)
		}
		h.links = append(h.links, link)
	case "azkeyvaultaccesspolicy":
		// The vault's own record has them.
	case "azmanagementgroupdescendant":
		f.houndDescendant(data, at)
	default:
		if f.houndAssignments(data, at, 0) == 0 && !houndLists(k) {
			f.houndUnknown(kind, data, at)
		}
	}
}

// houndLists tells whether a kind is one that lists role assignments, of which
// there may be none.
func houndLists(kind string) bool {
	for _, end := range []string{"roleassignment", "owner", "contributor", "useraccessadmin", "adminlogin"} {
		if strings.HasSuffix(kind, end) {
			return true
		}
	}
	return false
}

// houndUnknown keeps a record of a kind that nothing is known of under its own
// name where it has an id, and says once that it was not understood.
func (f *fileRun) houndUnknown(kind string, data jsondoc.Value, at place) {
	kept := "is not read"
	if id := textOf(data, "id", "objectId"); id != "" && strings.Trim(kind, letters) == "" {
		if r, err := resource.NewGraph(kind, data.With("id", jsondoc.NewString(lastSegment(id))), f.origin(at)); err == nil {
			f.keep(r)
			kept = "is kept as it is, and nothing looks at it"
		}
	}
	if !slices.Contains(f.hound.unknown, kind) {
		f.hound.unknown = append(f.hound.unknown, kind)
		f.skip(diag.Warning, at, CodeNoResource, fmt.Sprintf("AzureHound's kind %q is not known; it %s", clip(kind), kept), "")
	}
}

func (f *fileRun) houndResource(kind, typ string, data jsondoc.Value, at place) {
	id := textOf(data, "id")
	switch {
	case kind == "azsubscription" && !strings.Contains(id, "/"):
		id = "/subscriptions/" + first(textOf(data, "subscriptionId"), id)
	case kind == "azmanagementgroup" && !strings.Contains(id, "/"):
		id = "/providers/Microsoft.Management/managementGroups/" + id
	}
	data = data.With("id", jsondoc.NewString(id)).Without("kind")
	if !data.Get("type").Exists() || kind == "azsubscription" {
		data = data.With("type", jsondoc.NewString(typ))
	}
	if textOf(data, "name") == "" {
		data = data.With("name", jsondoc.NewString(lastSegment(id)))
	}
	f.addARM(data, at, nil)
}

// houndDescendant takes what stands below a management group: a subscription or
// a group, with its parent.
func (f *fileRun) houndDescendant(data jsondoc.Value, at place) {
	parent := data.Path("properties", "parent")
	id := textOf(data, "id")
	if strings.Contains(strings.ToLower(textOf(data, "type")), "managementgroups/subscriptions") || strings.HasPrefix(strings.ToLower(id), "/subscriptions/") {
		group := textOf(parent, "id")
		if group == "" {
			return
		}
		sub := lastSegment(id)
		link := jsondoc.NewObject(
			jsondoc.Member{Name: "id", Value: jsondoc.NewString(group + "/subscriptions/" + sub)},
			jsondoc.Member{Name: "name", Value: jsondoc.NewString(sub)},
			jsondoc.Member{Name: "type", Value: jsondoc.NewString("Microsoft.Management/managementGroups/subscriptions")},
			jsondoc.Member{Name: "properties", Value: jsondoc.NewObject(jsondoc.Member{Name: "parent", Value: parent})},
		)
		f.addARM(link, at, nil)
		return
	}
	if strings.Contains(id, "/") {
		f.addARM(jsondoc.NewObject(
			jsondoc.Member{Name: "id", Value: jsondoc.NewString(id)},
			jsondoc.Member{Name: "name", Value: jsondoc.NewString(lastSegment(id))},
			jsondoc.Member{Name: "type", Value: jsondoc.NewString("Microsoft.Management/managementGroups")},
			jsondoc.Member{Name: "properties", Value: jsondoc.NewObject(
				jsondoc.Member{Name: "displayName", Value: data.Path("properties", "displayName")},
				jsondoc.Member{Name: "details", Value: jsondoc.NewObject(jsondoc.Member{Name: "parent", Value: parent})})},
		), at, nil)
	}
}

// houndAssignments finds role assignments of Azure in a record, however deep:
// every kind that ends in RoleAssignment, Owner, Contributor and the like wraps
// them in its own words.
func (f *fileRun) houndAssignments(v jsondoc.Value, at place, depth int) int {
	if depth > maxUnwrap {
		return 0
	}
	n := 0
	switch v.Kind() {
	case jsondoc.Array:
		for _, e := range v.Elements() {
			n += f.houndAssignments(e, at, depth+1)
		}
	case jsondoc.Object:
		p := v.Get("properties")
		if textOf(p, "principalId") == "" || textOf(p, "roleDefinitionId") == "" {
			for _, e := range v.Members() {
				n += f.houndAssignments(e, at, depth+1)
			}
			return n
		}
		scope := strings.TrimRight(textOf(p, "scope"), "/")
		id := textOf(v, "id")
		if !strings.Contains(strings.ToLower(id), "/roleassignments/") {
			sum := fnv.New64a()
			fmt.Fprintf(sum, "%s|%s|%s", strings.ToLower(scope), strings.ToLower(textOf(p, "principalId")), strings.ToLower(textOf(p, "roleDefinitionId"))) //nolint:errcheck // a hash takes all
			id = fmt.Sprintf("%s/providers/Microsoft.Authorization/roleAssignments/%x", scope, sum.Sum64())
		}
		body := jsondoc.NewObject(
			jsondoc.Member{Name: "id", Value: jsondoc.NewString(id)}, jsondoc.Member{Name: "name", Value: jsondoc.NewString(lastSegment(id))},
			jsondoc.Member{Name: "type", Value: jsondoc.NewString("Microsoft.Authorization/roleAssignments")}, jsondoc.Member{Name: "properties", Value: p})
		r, err := resource.New(body, "Microsoft.Authorization/roleAssignments", f.origin(at))
		if err != nil {
			f.skip(diag.Warning, at, CodeBadID, err.Error(), "")
			return 1
		}
		f.keep(r)
		f.hound.scopes[first(subscriptionPath(scope), "/")] = true
		return 1
	default:
	}
	return n
}

// houndPolicy writes what a role's activation asks for as Microsoft Graph does.
func (f *fileRun) houndPolicy(data jsondoc.Value, at place) {
	role := textOf(data, "roleDefinitionId")
	flag := func(name string) jsondoc.Value { return data.Get("endUserAssignmentRequires" + name) }
	yes := func(name string) bool { b, _ := flag(name).Bool(); return b }
	var enabled []any
	for name, rule := range map[string]string{"MFA": "MultiFactorAuthentication", "Justification": "Justification", "TicketInformation": "Ticketing"} {
		if yes(name) {
			enabled = append(enabled, rule)
		}
	}
	rules := []any{map[string]any{"id": "Enablement_EndUser_Assignment", "enabledRules": append([]any{}, enabled...)}}
	if approval := flag("Approval"); approval.Exists() {
		var approvers []any
		for _, list := range []string{"endUserAssignmentUserApprovers", "endUserAssignmentGroupApprovers"} {
			for _, e := range data.Get(list).Elements() {
				approvers = append(approvers, map[string]any{"id": e.TextOr("")})
			}
		}
		rules = append(rules, map[string]any{"id": "Approval_EndUser_Assignment", "setting": map[string]any{
			"isApprovalRequired": yes("Approval"), "approvalStages": []any{map[string]any{"primaryApprovers": append([]any{}, approvers...)}}}})
	}
	if yes("CAPAuthenticationContext") {
		rules = append(rules, map[string]any{"id": "AuthenticationContext_EndUser_Assignment", "isEnabled": true,
			"claimValue": first(textOf(data, "endUserAssignmentCAPAuthenticationContext", "claimValue"), "unnamed")})
	}
	body := data.With("id", jsondoc.NewString(first(textOf(data, "id"), "azurehound_"+role))).With("policy", jsondoc.FromAny(map[string]any{"rules": rules}))
	f.addOf("roleManagementPolicyAssignments", body, at, nil)
}

// houndMeta takes the text's own count of its records.
func (f *fileRun) houndMeta(rest jsondoc.Value) {
	if f.hound.records == 0 {
		return
	}
	if n, ok := rest.Path("meta", "count").Int(); ok {
		f.hound.stated = n
	}
}

// finishHound gives relations to their objects and says what the text holds.
func (f *fileRun) finishHound() {
	h := &f.hound
	if h.records == 0 {
		return
	}
	why := ""
	switch {
	case f.damaged != "":
		why = "the file is damaged: " + f.damaged
	case h.stated < 0:
		why = "the file does not end: it has no count of its records"
	case int64(h.records) < h.stated:
		why = fmt.Sprintf("%d of %d records are here", h.records, h.stated)
	}
	if why != "" && f.damaged == "" {
		f.skip(diag.Warning, place{}, CodeNotRead, "AzureHound's output was cut short: "+why, "collect again; what is missing is unknown")
	}
	for _, l := range h.links {
		owner := l.owner
		if l.collection == "applications" {
			if id := h.apps[strings.ToLower(owner)]; id != "" {
				owner = id
			}
		}
		id, err := resource.ParseID("/providers/Microsoft.Graph/" + l.collection + "/" + owner)
		if err != nil {
			f.skip(diag.Warning, l.at, CodeBadID, err.Error(), "")
			continue
		}
		f.b.Attach(id, l.member, f.origin(l.at), l.elements...)
	}
	collections := map[string]bool{}
	for k := range h.seen {
		if c := houndObjects[k]; c != "" {
			collections[c] = true
		}
	}
	collections["roleAssignments"] = h.seen["azroleassignment"]
	collections["roleManagementPolicyAssignments"] = h.seen["azrolemanagementpolicyassignment"]
	for c, is := range collections {
		if is {
			f.held.collection(c, why, false)
		}
	}
	for scope := range h.scopes {
		f.b.Cover(inventory.Entry{Type: "Microsoft.Authorization/roleAssignments", Scope: scope, State: inventory.Partial, Source: f.name,
			Reason: first(why, "AzureHound lists the assignments of some kinds of resources only")})
	}
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func lastSegment(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// subscriptionPath returns "/subscriptions/{id}" where a scope is in one.
func subscriptionPath(scope string) string {
	parts := strings.SplitN(scope, "/", 4)
	if len(parts) < 3 || !strings.EqualFold(parts[1], "subscriptions") {
		return ""
	}
	return "/subscriptions/" + parts[2]
}
