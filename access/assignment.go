package access

import (
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Everyone is the principal that a deny assignment names for all principals.
const Everyone = "00000000-0000-0000-0000-000000000000"

// Assignment gives a role to a principal at a scope and below it.
type Assignment struct {
	ID            string
	Principal     string // object id in lower case
	PrincipalType string // User, Group, ServicePrincipal, ...; "" where not said
	Role          string // see [RoleKey]
	Scope         resource.ID
	Condition     *Condition
	CreatedOn     string
	Until         string // when it ends; "" where it does not, or where nothing says so
	Activated     bool   // an eligible role that was activated in Privileged Identity Management
	Origin        string // of a schedule instance: the id of its role assignment
	Through       string // the group that the principal has to join first, "" for none
	broken        bool
}

// ParseAssignment reads a Microsoft.Authorization/roleAssignments body, with
// or without `properties`, or an instance of a schedule of Privileged Identity
// Management, which says in addition when it ends.
// Source: "Role Assignment Schedule Instances - List For Scope", REST API.
func ParseAssignment(body jsondoc.Value) (*Assignment, diag.List) {
	var list diag.List
	props := body.Get("properties")
	if !props.Exists() {
		props = body
	}
	a := &Assignment{
		ID:            body.Get("id").TextOr(""),
		Principal:     strings.ToLower(props.Get("principalId").TextOr("")),
		PrincipalType: props.Get("principalType").TextOr(""),
		Role:          RoleKey(props.Get("roleDefinitionId").TextOr("")),
		CreatedOn:     props.Get("createdOn").TextOr(""),
		Until:         props.Get("endDateTime").TextOr(""),
		Activated:     strings.EqualFold(props.Get("assignmentType").TextOr(""), "Activated"),
		Origin:        props.Get("originRoleAssignmentId").TextOr(""),
	}
	scope, ok := scopeOf(body, props)
	switch {
	case a.Principal == "" || a.Role == "":
		list.Add(errAssignment(a.ID, "names no principal or no role"))
		return nil, list
	case !ok:
		list.Add(errAssignment(a.ID, "has no scope that is an id"))
		return nil, list
	}
	a.Scope = scope
	a.Condition, a.broken = parseCondition(props.Get("condition"), func(why string) { list.Add(errAssignment(a.ID, why)) })
	return a, list
}

// scopeOf takes the scope that the body states, or the one its id stands under.
func scopeOf(body, props jsondoc.Value) (resource.ID, bool) {
	if s, ok := props.Get("scope").Text(); ok && s != "" {
		id, err := resource.ParseID(s)
		return id, err == nil
	}
	id, err := resource.ParseID(body.Get("id").TextOr(""))
	return id.Scope(), err == nil
}

// Deny takes permissions from principals at a scope and, unless it says
// otherwise, below it. It wins over every role assignment.
type Deny struct {
	ID          string
	Name        string
	Scope       resource.ID
	OnlyScope   bool // does not apply to child scopes
	Principals  map[string]bool
	Excluded    map[string]bool
	Groups      map[string]bool // those of both that are groups
	Permissions []Permission
	Condition   *Condition
	broken      bool
}

// ParseDeny reads a Microsoft.Authorization/denyAssignments body.
func ParseDeny(body jsondoc.Value) (*Deny, diag.List) {
	var list diag.List
	props := body.Get("properties")
	if !props.Exists() {
		props = body
	}
	scope, ok := scopeOf(body, props)
	if !ok {
		list.Add(errAssignment(body.Get("id").TextOr(""), "has no scope that is an id"))
		return nil, list
	}
	d := &Deny{
		ID: body.Get("id").TextOr(""), Name: props.Get("denyAssignmentName").TextOr(""), Scope: scope,
		Principals: principalSet(props.Get("principals")), Excluded: principalSet(props.Get("excludePrincipals")),
	}
	d.Groups = map[string]bool{}
	for _, list := range []string{"principals", "excludePrincipals"} {
		for _, e := range props.Get(list).Elements() {
			if strings.EqualFold(e.Get("type").TextOr(""), "Group") {
				d.Groups[strings.ToLower(e.Get("id").TextOr(""))] = true
			}
		}
	}
	d.OnlyScope, _ = props.Get("doNotApplyToChildScopes").Bool()
	for _, p := range props.Get("permissions").Elements() {
		d.Permissions = append(d.Permissions, Permission{
			Actions: patterns(p.Get("actions")), NotActions: patterns(p.Get("notActions")),
			DataActions: patterns(p.Get("dataActions")), NotDataActions: patterns(p.Get("notDataActions")),
		})
	}
	d.Condition, d.broken = parseCondition(props.Get("condition"), func(why string) { list.Add(errAssignment(d.ID, why)) })
	return d, list
}

func principalSet(v jsondoc.Value) map[string]bool {
	out := map[string]bool{}
	for _, e := range v.Elements() {
		out[strings.ToLower(e.Get("id").TextOr(""))] = true
	}
	return out
}

// appliesTo tells whether the deny speaks of a principal, given the principal
// and all the groups it is known to be in. read tells whether all members of a
// group are known: somebody may be in one that was not read. missing names
// those groups where the answer is Maybe.
func (d *Deny) appliesTo(ids []string, read func(group string) bool) (t finding.Truth, missing []string) {
	among := func(set map[string]bool) finding.Truth {
		if set[Everyone] || slices.ContainsFunc(ids, func(id string) bool { return set[id] }) {
			return finding.True
		}
		t := finding.False
		for id := range set {
			if d.Groups[id] && !read(id) {
				t = finding.Maybe
				missing = append(missing, "members of group "+id)
			}
		}
		return t
	}
	t = among(d.Principals)
	if t == finding.False {
		return t, nil
	}
	t = t.And(among(d.Excluded).Not())
	if t != finding.Maybe {
		missing = nil
	}
	slices.Sort(missing)
	return t, missing
}
