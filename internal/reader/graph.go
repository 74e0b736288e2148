package reader

import (
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

const graphPrefix = "Microsoft.Graph/"

// graphCollections are the collections that are known, by the last segments of
// their paths in Microsoft Graph, in lower case. Paths with two segments are
// looked up first.
// https://learn.microsoft.com/graph/api/overview
var graphCollections = map[string]string{
	"conditionalaccess/policies":                   "conditionalAccessPolicies",
	"conditionalaccess/namedlocations":             "namedLocations",
	"crosstenantaccesspolicy/default":              "crossTenantAccessPolicies",
	"crosstenantaccesspolicy/partners":             "crossTenantAccessPolicyConfigurationPartners",
	"group/assignmentscheduleinstances":            "groupAssignmentScheduleInstances",
	"group/eligibilityscheduleinstances":           "groupEligibilityScheduleInstances",
	"authenticationstrength/policies":              "authenticationStrengthPolicies",
	"administrativeunits":                          "administrativeUnits",
	"applications":                                 "applications",
	"approleassignments":                           "appRoleAssignments",
	"authenticationcontextclassreferences":         "authenticationContextClassReferences",
	"authenticationmethodspolicy":                  "authenticationMethodsPolicies",
	"authenticationmethodspolicies":                "authenticationMethodsPolicies",
	"authenticationstrengthpolicies":               "authenticationStrengthPolicies",
	"authorizationpolicy":                          "authorizationPolicies",
	"authorizationpolicies":                        "authorizationPolicies",
	"conditionalaccesspolicies":                    "conditionalAccessPolicies",
	"crosstenantaccesspolicies":                    "crossTenantAccessPolicies",
	"crosstenantaccesspolicy":                      "crossTenantAccessPolicies",
	"crosstenantaccesspolicyconfigurationpartners": "crossTenantAccessPolicyConfigurationPartners",
	"devices":                           "devices",
	"directoryroles":                    "directoryRoles",
	"domains":                           "domains",
	"groups":                            "groups",
	"groupassignmentscheduleinstances":  "groupAssignmentScheduleInstances",
	"groupeligibilityscheduleinstances": "groupEligibilityScheduleInstances",
	"identitysecuritydefaultsenforcementpolicy":   "identitySecurityDefaultsEnforcementPolicies",
	"identitysecuritydefaultsenforcementpolicies": "identitySecurityDefaultsEnforcementPolicies",
	"namedlocations":                   "namedLocations",
	"oauth2permissiongrants":           "oauth2PermissionGrants",
	"organization":                     "organization",
	"riskyusers":                       "riskyUsers",
	"roleassignments":                  "roleAssignments",
	"roleassignmentscheduleinstances":  "roleAssignmentScheduleInstances",
	"roleassignmentschedules":          "roleAssignmentSchedules",
	"roledefinitions":                  "roleDefinitions",
	"roleeligibilityscheduleinstances": "roleEligibilityScheduleInstances",
	"roleeligibilityschedules":         "roleEligibilitySchedules",
	"rolemanagementpolicies":           "roleManagementPolicies",
	"rolemanagementpolicyassignments":  "roleManagementPolicyAssignments",
	"serviceprincipals":                "servicePrincipals",
	"serviceprincipalsigninactivities": "servicePrincipalSignInActivities",
	"userregistrationdetails":          "userRegistrationDetails",
	"users":                            "users",
}

// graphTypes are collections by the name of the type of their elements, as
// "@odata.type" gives it.
var graphTypes = map[string]string{
	"administrativeunit": "administrativeUnits", "application": "applications", "approleassignment": "appRoleAssignments",
	"authenticationmethodspolicy": "authenticationMethodsPolicies", "authorizationpolicy": "authorizationPolicies",
	"conditionalaccesspolicy": "conditionalAccessPolicies", "countrynamedlocation": "namedLocations", "ipnamedlocation": "namedLocations",
	"device": "devices", "directoryrole": "directoryRoles", "domain": "domains", "group": "groups",
	"oauth2permissiongrant": "oauth2PermissionGrants", "organization": "organization", "serviceprincipal": "servicePrincipals", "user": "users",
	"unifiedroleassignment": "roleAssignments", "unifiedroledefinition": "roleDefinitions",
	"compliantnetworknamedlocation": "namedLocations", "privatelinknamedlocation": "namedLocations", "servicetagnamedlocation": "namedLocations",
	"authenticationcontextclassreference": "authenticationContextClassReferences", "authenticationstrengthpolicy": "authenticationStrengthPolicies",
	"identitysecuritydefaultsenforcementpolicy":        "identitySecurityDefaultsEnforcementPolicies",
	"privilegedaccessgroupassignmentscheduleinstance":  "groupAssignmentScheduleInstances",
	"privilegedaccessgroupeligibilityscheduleinstance": "groupEligibilityScheduleInstances",
	"riskyuser": "riskyUsers", "unifiedroleassignmentscheduleinstance": "roleAssignmentScheduleInstances", "unifiedroleeligibilityscheduleinstance": "roleEligibilityScheduleInstances",
	"unifiedrolemanagementpolicy": "roleManagementPolicies", "unifiedrolemanagementpolicyassignment": "roleManagementPolicyAssignments", "userregistrationdetails": "userRegistrationDetails",
}

// oneOfAKind tells whether a tenant has one object of a type.
func oneOfAKind(typ string) bool {
	switch strings.TrimPrefix(strings.ToLower(typ), strings.ToLower(graphPrefix)) {
	case "authenticationmethodspolicies", "authorizationpolicies", "crosstenantaccesspolicies", "identitysecuritydefaultsenforcementpolicies", "organization":
		return true
	}
	return false
}

// graphContext returns what an answer of Microsoft Graph says of itself.
func graphContext(v jsondoc.Value) string {
	return textOf(v, "@odata.context")
}

// collectionName returns the collection of a path in Microsoft Graph, or of
// the fragment of a context, which is one with what was selected behind it.
func collectionName(path string) string {
	var parts []string
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if i := strings.IndexByte(part, '('); i >= 0 {
			part = part[:i]
		}
		if part != "" && part[0] != '$' && !strings.Contains(part, ".") {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	last := parts[len(parts)-1]
	if len(parts) > 1 {
		if c := graphCollections[strings.ToLower(parts[len(parts)-2]+"/"+last)]; c != "" {
			return c
		}
	}
	if c := graphCollections[strings.ToLower(last)]; c != "" {
		return c
	}
	if strings.EqualFold(last, "appRoleAssignedTo") {
		return "appRoleAssignments"
	}
	return last
}

func knownCollection(name string) bool {
	return name != "" && graphCollections[strings.ToLower(name)] == name
}

// contextCollection returns the collection that a context names, "" where its
// elements are of several or of none.
func contextCollection(context string) string {
	_, fragment, ok := strings.Cut(context, "#")
	if !ok {
		return ""
	}
	if rest, ok := strings.CutPrefix(fragment, "Collection("); ok {
		return graphTypes[strings.ToLower(strings.TrimPrefix(strings.TrimSuffix(rest, ")"), "microsoft.graph."))]
	}
	// Keys and selections in brackets may hold slashes and brackets.
	depth, flat := 0, make([]byte, 0, len(fragment))
	for i := range len(fragment) {
		switch c := fragment[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth <= 0:
			flat = append(flat, c)
		}
	}
	name := collectionName(string(flat))
	if strings.EqualFold(name, "directoryObjects") || strings.Trim(name, letters) != "" {
		return ""
	}
	return name
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// graphShapes are the collections that objects show to be of by their members
// alone, as `az ad`, PowerShell and other exporters write them. The first that
// fits counts.
var graphShapes = []struct {
	collection string
	members    []string
}{
	{"conditionalAccessPolicies", []string{"conditions", "grantControls", "state"}},
	{"authorizationPolicies", []string{"allowInvitesFrom", "guestUserRoleId"}},
	{"authorizationPolicies", []string{"allowInvitesFrom", "defaultUserRolePermissions"}},
	{"authenticationMethodsPolicies", []string{"authenticationMethodConfigurations"}},
	{"servicePrincipals", []string{"appId", "servicePrincipalType"}},
	{"servicePrincipals", []string{"appId", "servicePrincipalNames"}},
	{"servicePrincipals", []string{"appId", "appOwnerOrganizationId"}},
	{"applications", []string{"appId", "requiredResourceAccess"}},
	{"applications", []string{"appId", "signInAudience"}},
	{"userRegistrationDetails", []string{"isMfaRegistered", "userPrincipalName"}},
	{"users", []string{"userPrincipalName", "displayName"}},
	{"groups", []string{"securityEnabled", "mailEnabled"}},
	{"devices", []string{"deviceId", "operatingSystem"}},
	{"oauth2PermissionGrants", []string{"clientId", "consentType", "scope"}},
	{"appRoleAssignments", []string{"appRoleId", "principalId", "resourceId"}},
	{"roleEligibilityScheduleInstances", []string{"roleEligibilityScheduleId", "principalId", "roleDefinitionId"}},
	{"roleAssignmentScheduleInstances", []string{"roleAssignmentScheduleId", "principalId", "roleDefinitionId"}},
	{"roleAssignments", []string{"directoryScopeId", "principalId", "roleDefinitionId"}},
	{"roleDefinitions", []string{"rolePermissions", "isBuiltIn"}},
	{"directoryRoles", []string{"roleTemplateId", "displayName"}},
	{"namedLocations", []string{"ipRanges", "displayName"}},
	{"namedLocations", []string{"countriesAndRegions", "displayName"}},
	{"domains", []string{"authenticationType", "isVerified", "isDefault"}},
	{"organization", []string{"verifiedDomains", "assignedPlans"}},
}

// shapeOf returns the collection that an object looks to be of, "" for none.
func shapeOf(v jsondoc.Value) string {
	if t := textOf(v, "@odata.type"); t != "" {
		if c := graphTypes[strings.ToLower(strings.TrimPrefix(t, "#microsoft.graph."))]; c != "" {
			return c
		}
	}
	if name, ok := strings.CutPrefix(strings.ToLower(textOf(v, "type")), "microsoft.graph/"); ok && graphCollections[name] != "" {
		return graphCollections[name]
	}
	if v.Get("properties").Exists() || v.Get("odata.type").Exists() {
		return ""
	}
	v = hoisted(v)
shapes:
	for _, s := range graphShapes {
		for _, m := range s.members {
			if !v.Get(m).Exists() {
				continue shapes
			}
		}
		return s.collection
	}
	return ""
}

// looksLikeGraph tells whether an object is one of Microsoft Graph by itself.
func looksLikeGraph(v jsondoc.Value) bool {
	id, ok := v.Get("id").Text()
	if ok && strings.Contains(id, "/") {
		return false
	}
	c := shapeOf(v)
	return c != "" && (id != "" || oneOfAKind(c) || textOf(v, "tenantId") != "")
}

// addGraph takes an object of Microsoft Graph.
func (f *fileRun) addGraph(v jsondoc.Value, at place, c *collection, context string) {
	name := contextCollection(context)
	if !knownCollection(name) {
		if shape := shapeOf(v); shape != "" {
			name = shape
		} else if c != nil && c.asked != nil && c.asked.collection != "" {
			name = c.asked.collection
		}
	}
	if name == "" {
		f.skip(diag.Warning, at, CodeNoResource, "an object of Microsoft Graph of which the collection is not known", "keep \"@odata.context\" in the export")
		return
	}
	if c == nil && strings.HasSuffix(context, "/$entity") {
		f.held.collection(name, "", true)
	}
	f.addOf(name, v, at, c)
}

// addOf takes an object of a collection of Microsoft Graph.
func (f *fileRun) addOf(name string, v jsondoc.Value, at place, c *collection) {
	v = asGraph(v.Without("@odata.context"))
	r, err := resource.NewGraph(name, v, f.origin(at))
	if err != nil {
		f.skip(diag.Warning, at, CodeBadID, err.Error(), "")
		return
	}
	f.add(r, c, false)
}

// graphCollection notes that a list of Microsoft Graph was read.
func (f *fileRun) graphCollection(c *collection, context string) {
	if strings.HasSuffix(context, "$entity") {
		return
	}
	if name := contextCollection(context); knownCollection(name) && !strings.Contains(ownerIn(context), "(") {
		f.held.collection(name, "", false)
	}
}

// ownerIn returns what stands before the last slash of the fragment of a
// context: users('id') where the list is one of a single user.
func ownerIn(context string) string {
	_, fragment, _ := strings.Cut(context, "#")
	if i := strings.LastIndexByte(fragment, '/'); i > 0 {
		if j := strings.IndexByte(fragment, '('); j < i && strings.Contains(fragment[:i], "')") {
			return fragment[:i]
		}
	}
	return ""
}

// partialGraph notes that a collection of Microsoft Graph goes on elsewhere.
func (h *holdings) partialGraph(context, why string) {
	if name := contextCollection(context); knownCollection(name) {
		h.collection(name, why, false)
	}
}

// hoisted returns an object with what PowerShell put into
// "AdditionalProperties" beside the others, where it belongs.
func hoisted(v jsondoc.Value) jsondoc.Value {
	more := v.Get("AdditionalProperties")
	if more.Kind() != jsondoc.Object {
		return v
	}
	v = v.Without("AdditionalProperties")
	for name, e := range more.Members() {
		if !v.Get(name).Exists() || v.Get(name).IsNull() {
			v = v.With(name, e)
		}
	}
	return v
}

// asGraph writes a value as Microsoft Graph does where PowerShell has written
// it: times as "/Date(1618315427741)/", members in "AdditionalProperties".
func asGraph(v jsondoc.Value) jsondoc.Value {
	out, _ := rewritten(v, 0)
	return out
}

func rewritten(v jsondoc.Value, depth int) (out jsondoc.Value, changed bool) {
	if depth > jsondoc.MaxDepth {
		return v, false
	}
	switch v.Kind() {
	case jsondoc.String:
		s, _ := v.Text()
		if t, ok := dateOf(s); ok {
			return jsondoc.NewString(t).WithOffset(v.Offset()), true
		}
	case jsondoc.Array:
		var list []jsondoc.Value
		for i, e := range v.Elements() {
			n, ch := rewritten(e, depth+1)
			if ch && list == nil {
				list = make([]jsondoc.Value, 0, v.Len())
				for j := range i {
					list = append(list, v.At(j))
				}
			}
			if list != nil {
				list = append(list, n)
			}
		}
		if list != nil {
			return jsondoc.NewArray(list...).WithOffset(v.Offset()), true
		}
	case jsondoc.Object:
		out = hoisted(v)
		changed = out != v
		for name, e := range out.Members() {
			if n, ch := rewritten(e, depth+1); ch {
				out, changed = out.With(name, n), true
			}
		}
		return out, changed
	default:
	}
	return v, false
}

func dateOf(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, "/Date(")
	if !ok {
		return "", false
	}
	ms, ok := strings.CutSuffix(rest, ")/")
	if !ok {
		return "", false
	}
	if i := strings.LastIndexAny(ms, "+-"); i > 0 {
		ms = ms[:i] // an offset says how it was shown, not when it was
	}
	n, err := strconv.ParseInt(ms, 10, 64)
	const most = 253402300800000 // the year 10000
	if err != nil || n <= -most || n >= most {
		return "", false
	}
	return time.UnixMilli(n).UTC().Format("2006-01-02T15:04:05.999Z07:00"), true
}
