package app

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/azward/azward/access"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// Types of Azure RBAC's own resources.
const (
	typeRoleAssignment  = "Microsoft.Authorization/roleAssignments"
	typeRoleDefinition  = "Microsoft.Authorization/roleDefinitions"
	typeDenyAssignment  = "Microsoft.Authorization/denyAssignments"
	typeRoleEligibility = "Microsoft.Authorization/roleEligibilityScheduleInstances"
	typeRoleInstance    = "Microsoft.Authorization/roleAssignmentScheduleInstances"
	typeClassicAdmin    = "Microsoft.Authorization/classicAdministrators"
)

// Access answers who may do what in an inventory: Azure's role assignments over
// the tree of scopes, with groups from the directory, and the directory's own
// roles. It never changes and may be used by many goroutines.
type Access struct {
	inv      *inventory.Inventory
	dir      *directory.Directory
	active   *access.System
	eligible *access.System // what Privileged Identity Management lets people activate
	roles    []*access.Role
	grants   []*access.Assignment // active
	// eligibles are what Privileged Identity Management lets people activate.
	eligibles []*access.Assignment
	denies    []*access.Deny
	problems  diag.List
	members   sync.Map // groupMembers by group, made when they are asked for
	nesting   sync.Map // see toward
}

type groupMembers struct {
	ids []string
	all bool
}

// NewAccess builds the index of an inventory. What could not be understood is
// in Problems, and answers that depend on it are unknown.
func NewAccess(inv *inventory.Inventory) *Access {
	a := &Access{inv: inv, dir: DirectoryOf(inv)}
	a.problems = append(a.problems, a.dir.Diagnostics()...)
	cfg := access.Config{GroupsOf: a.groupsOf, MembersOf: a.membersOf, Ancestors: func(id resource.ID) []resource.ID {
		return append([]resource.ID{id}, inv.Ancestors(id)...)
	}}
	known := map[string]bool{}
	for r := range inv.OfType(typeRoleDefinition) {
		role, list := access.ParseRole(r.Body)
		a.note(r, list)
		if role != nil && !known[role.Key] {
			known[role.Key] = true
			cfg.Roles = append(cfg.Roles, role)
		}
	}
	for _, role := range access.FundamentalRoles() {
		if !known[role.Key] {
			cfg.Roles = append(cfg.Roles, role)
		}
	}
	a.roles = cfg.Roles
	for r := range inv.OfType(typeDenyAssignment) {
		deny, list := access.ParseDeny(r.Body)
		a.note(r, list)
		if deny != nil {
			cfg.Denies = append(cfg.Denies, deny)
		}
	}
	cfg.Assignments = a.assignments(typeRoleAssignment)
	a.ends(cfg.Assignments)
	cfg.Assignments = append(cfg.Assignments, a.classic()...)
	a.grants, a.denies = cfg.Assignments, cfg.Denies
	a.active = access.NewSystem(cfg)
	cfg.Assignments = a.assignments(typeRoleEligibility)
	a.eligibles = cfg.Assignments
	cfg.Assignments = append(slices.Clip(a.eligibles), a.joined()...)
	a.eligible = access.NewSystem(cfg)
	a.checkAssignments(a.eligibles)
	return a
}

// joined returns what principals get by activating their membership of a group: the
// group's assignments, and those of the groups it is in, active and eligible.
func (a *Access) joined() []*access.Assignment {
	by := map[string][]*access.Assignment{}
	for _, as := range slices.Concat(a.grants, a.eligibles) {
		by[as.Principal] = append(by[as.Principal], as)
	}
	var out []*access.Assignment
	for _, g := range a.dir.Groups() {
		joiners := a.dir.Joiners(g.ID)
		if len(joiners) == 0 {
			continue
		}
		for _, holder := range append([]string{lower(g.ID)}, a.groupsOf(g.ID)...) {
			for _, as := range by[holder] {
				for _, who := range joiners {
					one := *as
					one.Principal, one.PrincipalType, one.Through = lower(who), "User", g.ID
					out = append(out, &one)
				}
			}
		}
	}
	return out
}

func (a *Access) assignments(typ string) []*access.Assignment {
	var out []*access.Assignment
	for r := range a.inv.OfType(typ) {
		one, list := access.ParseAssignment(r.Body)
		a.note(r, list)
		if one == nil {
			continue
		}
		if _, isGroup := a.dir.Group(one.Principal); isGroup && one.PrincipalType == "" {
			one.PrincipalType = "Group"
		}
		out = append(out, one)
	}
	return out
}

// ends says of assignments which of them were activated, and when they end, as
// the instances of Privileged Identity Management's schedules have it. One
// names its assignment, or else has its principal, role and scope.
func (a *Access) ends(list []*access.Assignment) {
	byID, bySame := map[string]*access.Assignment{}, map[string]*access.Assignment{}
	same := func(as *access.Assignment) string { return as.Principal + " " + as.Role + " " + as.Scope.Key() }
	for _, one := range a.assignments(typeRoleInstance) {
		if one.Origin != "" {
			byID[lower(one.Origin[strings.LastIndexByte(one.Origin, '/')+1:])] = one
		}
		bySame[same(one)] = one
	}
	for _, as := range list {
		one, ok := byID[lower(as.ID[strings.LastIndexByte(as.ID, '/')+1:])]
		if !ok {
			one, ok = bySame[same(as)]
		}
		if ok {
			as.Activated, as.Until = one.Activated, one.Until
		}
	}
}

// Codes of what NewAccess says of assignments.
const (
	codeUnknownRole      = "RBAC0301" // an assignment of a role whose definition was not read
	codeUnknownPrincipal = "RBAC0302" // an assignment to a principal that does not exist
)

// checkAssignments says which assignments name a role that was not read, so
// that what they give is unknown, or a principal that the directory does not
// have, so that they give nobody anything.
func (a *Access) checkAssignments(eligible []*access.Assignment) {
	whole := a.wholeDirectory()
	for _, as := range append(slices.Clone(a.grants), eligible...) {
		if _, ok := a.active.Role(as.Role); !ok {
			a.problems.Add(diag.Diagnostic{Code: codeUnknownRole, Severity: diag.Warning,
				Message: fmt.Sprintf("role assignment %s: the definition of the role %s was not read", as.ID, as.Role), Hint: "what it gives is unknown; export the role definitions too"})
		}
		if whole && a.Named(as.Principal).Kind == "Unknown" {
			a.problems.Add(diag.Diagnostic{Code: codeUnknownPrincipal, Severity: diag.Warning,
				Message: fmt.Sprintf("role assignment %s: no user, group or service principal has the id %s", as.ID, as.Principal), Hint: "it was deleted, or lives in another tenant: remove the assignment"})
		}
	}
}

// wholeDirectory tells whether everybody who may hold anything was read.
func (a *Access) wholeDirectory() bool {
	return a.dir.Read(directory.Users) && a.dir.Read(directory.Groups) && a.dir.Read(directory.ServicePrincipals)
}

// classic takes co-administrators and service administrators for what they may
// do: everything in their subscription, as an Owner ("Azure classic
// subscription administrators").
func (a *Access) classic() []*access.Assignment {
	byMail := map[string]string{}
	for _, u := range a.dir.Users() {
		for _, name := range []string{u.UPN, u.Mail} {
			if name != "" {
				byMail[lower(name)] = lower(u.ID)
			}
		}
	}
	var out []*access.Assignment
	for r := range a.inv.OfType(typeClassicAdmin) {
		role := lower(r.Properties().Get("role").TextOr(""))
		if !strings.Contains(role, "administrator") || strings.Contains(role, "accountadministrator") && !strings.Contains(role, "service") {
			continue
		}
		mail := lower(r.Properties().Get("emailAddress").TextOr(""))
		who, ok := byMail[mail]
		if !ok {
			who = mail
		}
		if who == "" {
			continue
		}
		out = append(out, &access.Assignment{ID: r.ID.String(), Principal: who, PrincipalType: "User", Role: access.RoleOwner, Scope: r.ID.Scope()})
	}
	return out
}

func (a *Access) note(r *resource.Resource, list diag.List) {
	for _, d := range list {
		if d.Source == "" {
			d.Source = r.From.File
		}
		a.problems.Add(d)
	}
}

// Problems says what could not be understood, object by object.
func (a *Access) Problems() diag.List { return a.problems }

// Directory returns the directory that groups and people are taken from.
func (a *Access) Directory() *directory.Directory { return a.dir }

func (a *Access) groupsOf(principal string) []string {
	var out []string
	for _, g := range a.dir.GroupsOf(principal) {
		out = append(out, lower(g.ID))
	}
	return out
}

func (a *Access) membersOf(group string) ([]string, bool) {
	if m, ok := a.members.Load(group); ok {
		got, _ := m.(groupMembers)
		return got.ids, got.all
	}
	if _, ok := a.dir.Group(group); !ok {
		return nil, false
	}
	ids := a.dir.MembersOf(group)
	for i, m := range ids {
		ids[i] = lower(m)
	}
	got := groupMembers{ids, a.dir.MembersKnown(group)}
	a.members.Store(group, got)
	return got.ids, got.all
}

// Principal is a user, group or service principal, named.
type Principal struct {
	ID   string `json:"id"`
	Kind string `json:"type"` // User, Guest, Group, ServicePrincipal, ManagedIdentity, Unknown
	Name string `json:"name,omitempty"`
}

// String returns the name, or the id where there is none.
func (p Principal) String() string {
	if p.Name == "" {
		return p.ID
	}
	return p.Name
}

// Named returns the principal of an object id. One that is not in the directory
// (deleted, or not read) has the kind Unknown.
func (a *Access) Named(id string) Principal {
	if u, ok := a.dir.User(id); ok {
		kind := "User"
		if strings.EqualFold(u.UserType, "Guest") {
			kind = "Guest"
		}
		return Principal{u.ID, kind, first(u.UPN, u.DisplayName)}
	}
	if g, ok := a.dir.Group(id); ok {
		return Principal{g.ID, "Group", g.DisplayName}
	}
	if s, ok := a.dir.ServicePrincipal(id); ok {
		kind := "ServicePrincipal"
		if strings.EqualFold(s.Kind, "ManagedIdentity") {
			kind = "ManagedIdentity"
		}
		return Principal{s.ID, kind, s.DisplayName}
	}
	return Principal{ID: id, Kind: "Unknown"}
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// FindPrincipal returns the principal that a person means by an object id, an
// application id, a user principal name, a mail address or a display name. An
// error that wraps ErrUsage says that there is none, or several.
func (a *Access) FindPrincipal(text string) (Principal, error) {
	if p := a.Named(text); p.Kind != "Unknown" {
		return p, nil
	}
	var found []Principal
	var known []string
	add := func(id string, names ...string) {
		known = append(known, names...)
		for _, n := range names {
			if n != "" && strings.EqualFold(n, text) {
				found = append(found, a.Named(id))
				return
			}
		}
	}
	for _, u := range a.dir.Users() {
		add(u.ID, u.UPN, u.Mail, u.DisplayName)
	}
	for _, g := range a.dir.Groups() {
		add(g.ID, g.DisplayName)
	}
	for _, s := range a.dir.ServicePrincipals() {
		add(s.ID, s.AppID, s.DisplayName)
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		if len(a.active.What(text)) > 0 || len(a.eligible.What(text)) > 0 {
			return a.Named(text), nil
		}
		return Principal{}, usagef("no user, group or service principal is called %q; give a user principal name, a display name or an object id%s", text, didYouMean(text, known))
	default:
		var ids []string
		for _, p := range found {
			ids = append(ids, p.Kind+" "+p.ID)
		}
		return Principal{}, usagef("%q names several principals, give one's id: %s", text, strings.Join(ids, ", "))
	}
}

// FindScope returns the scope that a person means by an id, or by the name of a
// management group, subscription, resource group or resource of the inventory.
func (a *Access) FindScope(text string) (resource.ID, error) {
	if strings.HasPrefix(text, "/") {
		id, err := resource.ParseID(text)
		if err != nil {
			return id, usagef("%v", err)
		}
		return id, nil
	}
	var found []*resource.Resource
	var known []string
	for r := range a.inv.Records() {
		if r.IsGraph() {
			continue
		}
		known = append(known, r.Name())
		if strings.EqualFold(r.Name(), text) || strings.EqualFold(r.ID.Name(), text) || strings.EqualFold(r.Body.Get("displayName").TextOr(""), text) ||
			strings.EqualFold(r.Properties().Get("displayName").TextOr(""), text) {
			found = append(found, r)
		}
	}
	if len(found) == 1 {
		return found[0].ID, nil
	}
	if len(found) == 0 {
		return resource.ID{}, usagef("no scope is called %q; give a name, or an id such as /subscriptions/{id}/resourceGroups/{name}%s", text, didYouMean(text, known))
	}
	slices.SortFunc(found, func(x, y *resource.Resource) int { return len(x.ID.String()) - len(y.ID.String()) })
	var ids []string
	for _, r := range found[:min(len(found), 4)] {
		ids = append(ids, r.ID.String())
	}
	return resource.ID{}, usagef("%d resources are called %q, give an id: %s", len(found), text, strings.Join(ids, ", "))
}

// denyGap says that deny assignments which nobody read may stop what is granted
// at a scope, "" where they were read.
func (a *Access) denyGap(scope resource.ID) string {
	for _, s := range append([]resource.ID{scope}, a.inv.Ancestors(scope)...) {
		if cov := a.inv.Coverage(typeDenyAssignment, s); cov.Complete() || s.Level() < resource.LevelSubscription {
			return ""
		} else if s.Level() == resource.LevelSubscription {
			return fmt.Sprintf("%s at %s were not read: one may stop it", typeDenyAssignment, s)
		}
	}
	return ""
}

// gaps says what would have to be read to answer about a scope for certain.
func (a *Access) gaps(scope resource.ID) []string {
	var out []string
	add := func(typ string) {
		for _, s := range append([]resource.ID{scope}, a.inv.Ancestors(scope)...) {
			if cov := a.inv.Coverage(typ, s); !cov.Complete() {
				why := cov.Reason
				if why == "" {
					why = "not read"
				}
				out = append(out, fmt.Sprintf("%s at %s: %s", typ, s, why))
				return
			}
		}
	}
	add(typeRoleAssignment)
	return out
}
