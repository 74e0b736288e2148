package access

import (
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// Permission is one entry of a role definition's permissions. An action is
// granted by an entry when one of its actions matches and none of its
// notActions does; notActions subtract from their own entry only.
type Permission struct {
	Actions, NotActions         []Pattern
	DataActions, NotDataActions []Pattern
	Condition                   *Condition // nil where there is none
	broken                      bool       // has a condition that does not parse
}

// Grants tells whether the entry grants an action in lower case, its condition
// left aside. Of an action with wildcards it grants all that it stands for.
func (p *Permission) Grants(action string, data bool) bool {
	yes, no := p.lists(data)
	return anyMatch(yes, action) && !anyOverlap(no, action)
}

// Touches tells whether the entry is about an action in lower case, or, where it has
// wildcards, about some of what it stands for.
func (p *Permission) Touches(action string, data bool) bool {
	yes, no := p.lists(data)
	return anyOverlap(yes, action) && !anyMatch(no, action)
}

func (p *Permission) lists(data bool) (yes, no []Pattern) {
	if data {
		return p.DataActions, p.NotDataActions
	}
	return p.Actions, p.NotActions
}

// Role is an Azure role definition.
type Role struct {
	Key         string // the definition's GUID in lower case
	Name        string // as people know it: "Owner"
	BuiltIn     bool
	Permissions []Permission
	Assignable  []string // assignableScopes as written; they limit where it is assigned, not what it grants
}

// RoleKey returns the GUID in lower case that ends a role definition's id.
func RoleKey(id string) string {
	return strings.ToLower(id[strings.LastIndexByte(id, '/')+1:])
}

// ParseRole reads a role definition in ARM's shape, with or without
// `properties`. A condition that does not parse is a diagnostic, and makes
// what depends on it Unknown.
func ParseRole(body jsondoc.Value) (*Role, diag.List) {
	var list diag.List
	props := body.Get("properties")
	if !props.Exists() {
		props = body
	}
	key := body.Get("name").TextOr("")
	if key == "" {
		key = body.Get("id").TextOr("")
	}
	r := &Role{Key: RoleKey(key), Name: props.Get("roleName").TextOr("")}
	kind := props.Get("type").TextOr("")
	if props.Get("roleType").Exists() {
		kind = props.Get("roleType").TextOr("")
	}
	r.BuiltIn = strings.EqualFold(kind, "BuiltInRole")
	if r.Key == "" {
		list.Add(errRole("without a name", "has neither name nor id"))
		return nil, list
	}
	perms := props.Get("permissions")
	if perms.Kind() != jsondoc.Array {
		list.Add(errRole(r.Key, "has no permissions"))
		return nil, list
	}
	for _, s := range props.Get("assignableScopes").Elements() {
		if text, ok := s.Text(); ok {
			r.Assignable = append(r.Assignable, text)
		}
	}
	for _, p := range perms.Elements() {
		e := Permission{
			Actions: patterns(p.Get("actions")), NotActions: patterns(p.Get("notActions")),
			DataActions: patterns(p.Get("dataActions")), NotDataActions: patterns(p.Get("notDataActions")),
		}
		e.Condition, e.broken = parseCondition(p.Get("condition"), func(why string) { list.Add(errRole(r.Key, why)) })
		r.Permissions = append(r.Permissions, e)
	}
	return r, list
}

func parseCondition(v jsondoc.Value, report func(why string)) (c *Condition, broken bool) {
	text, _ := v.Text()
	if strings.TrimSpace(text) == "" {
		return nil, false
	}
	c, list := ParseCondition(text)
	if err := list.Err(); err != nil {
		report("condition: " + err.Error())
		return nil, true
	}
	return c, false
}

func patterns(v jsondoc.Value) []Pattern {
	var out []Pattern
	for _, e := range v.Elements() {
		if s, ok := e.Text(); ok {
			out = append(out, CompilePattern(s))
		}
	}
	return out
}

// Keys of the built-in roles that azward itself speaks of. Source: "Azure
// built-in roles".
const (
	RoleOwner                   = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	RoleContributor             = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	RoleReader                  = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	RoleUserAccessAdministrator = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
	RoleRBACAdministrator       = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
)

// FundamentalRoles returns the definitions of the roles that every
// subscription has, for inventories that hold assignments but no definitions.
// Source: "Azure built-in roles", Privileged and General.
func FundamentalRoles() []*Role {
	role := func(key, name string, actions, notActions []string) *Role {
		p := Permission{}
		for _, a := range actions {
			p.Actions = append(p.Actions, CompilePattern(a))
		}
		for _, a := range notActions {
			p.NotActions = append(p.NotActions, CompilePattern(a))
		}
		return &Role{Key: key, Name: name, BuiltIn: true, Permissions: []Permission{p}}
	}
	return []*Role{
		role(RoleOwner, "Owner", []string{"*"}, nil),
		role(RoleContributor, "Contributor", []string{"*"}, []string{
			"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action",
			"Microsoft.Blueprint/blueprintAssignments/write", "Microsoft.Blueprint/blueprintAssignments/delete",
			"Microsoft.Compute/galleries/share/action", "Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete",
			"Microsoft.Resources/deploymentStacks/manageDenySetting/action",
			"Microsoft.Subscription/cancel/action", "Microsoft.Subscription/enable/action",
		}),
		role(RoleReader, "Reader", []string{"*/read"}, nil),
		role(RoleUserAccessAdministrator, "User Access Administrator", []string{"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}, nil),
		role(RoleRBACAdministrator, "Role Based Access Control Administrator", []string{
			"Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read", "Microsoft.Support/*",
		}, nil),
	}
}
