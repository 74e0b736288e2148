package app

import (
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/access"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Way is one chain by which a principal holds something: an assignment to it or
// to a group it is in.
type Way struct {
	Principal  Principal     `json:"principal"`
	Via        []Principal   `json:"via,omitempty"` // groups from the principal to the one that the assignment names
	Role       string        `json:"role"`
	RoleID     string        `json:"roleId"`
	Scope      string        `json:"scope"`
	Assignment string        `json:"assignmentId,omitempty"`
	Kind       string        `json:"kind"` // azure or directory
	Eligible   bool          `json:"eligible"`
	Activated  bool          `json:"activated,omitempty"`
	Since      string        `json:"since,omitempty"`
	Until      string        `json:"until,omitempty"` // "" where it never ends
	Condition  string        `json:"condition,omitempty"`
	Grants     finding.Truth `json:"grants"` // true, or unknown where a condition or role cannot be decided
	Missing    []string      `json:"missing,omitempty"`
}

// Holding is a principal that may do what was asked, with every way it may.
type Holding struct {
	Principal Principal     `json:"principal"`
	Allowed   finding.Truth `json:"allowed"`
	Eligible  bool          `json:"eligible"` // only after activation in Privileged Identity Management
	Ways      []Way         `json:"ways"`
	Denied    string        `json:"deniedBy,omitempty"` // deny assignment that may stop it
}

// AccessAnswer is the answer to who may do an action at a scope, or whether one
// principal may.
type AccessAnswer struct {
	Action  string    `json:"action"`
	Data    bool      `json:"dataAction"`
	Scope   string    `json:"scope"`
	Holders []Holding `json:"holders"`
	Unknown []string  `json:"unknown"` // what would have to be read to be certain
}

// Explanation says whether a principal may do an action at a scope, and why.
type Explanation struct {
	Principal Principal     `json:"principal"`
	Action    string        `json:"action"`
	Data      bool          `json:"dataAction"`
	Scope     string        `json:"scope"`
	Allowed   finding.Truth `json:"allowed"`
	Ways      []Way         `json:"ways"`     // assignments that grant it
	Eligible  []Way         `json:"eligible"` // assignments that would, once activated
	Denied    string        `json:"deniedBy,omitempty"`
	Elsewhere []Way         `json:"elsewhere"` // what it holds at or above the scope that does not grant the action
	Missing   []string      `json:"missing"`
}

// IsDirectoryAction tells whether an action is one of the directory
// (microsoft.directory/...) and not of Azure.
func IsDirectoryAction(action string) bool {
	return strings.HasPrefix(lower(action), "microsoft.directory/")
}

// IsDataAction tells whether some role of the inventory names exactly this
// action among its data actions.
func (a *Access) IsDataAction(action string) bool {
	for _, r := range a.roles {
		for i := range r.Permissions {
			for _, p := range r.Permissions[i].DataActions {
				if p.String() != "*" && strings.EqualFold(p.String(), action) {
					return true
				}
			}
		}
	}
	return false
}

// WhoCan lists the principals that may do an action at a scope. With eligible,
// those that may after an activation are listed too.
func (a *Access) WhoCan(action string, data bool, scope resource.ID, eligible bool) *AccessAnswer {
	out := &AccessAnswer{Action: action, Data: data, Scope: scope.String(), Holders: []Holding{}, Unknown: []string{}}
	if IsDirectoryAction(action) {
		a.whoCanDirectory(out, eligible)
	} else {
		a.whoCanAzure(out, scope, eligible)
	}
	slices.SortStableFunc(out.Holders, func(x, y Holding) int {
		if x.Eligible != y.Eligible {
			return map[bool]int{false: -1, true: 1}[x.Eligible]
		}
		return strings.Compare(lower(x.Principal.String()), lower(y.Principal.String()))
	})
	return out
}

func (a *Access) whoCanAzure(out *AccessAnswer, scope resource.ID, eligible bool) {
	now := map[string]bool{}
	for _, h := range a.active.WhoCan(out.Action, out.Data, scope) {
		now[h.Principal] = h.Allowed == finding.True
		out.Holders = append(out.Holders, a.holding(h, false))
	}
	if eligible {
		for _, h := range a.eligible.WhoCan(out.Action, out.Data, scope) {
			if !now[h.Principal] {
				out.Holders = append(out.Holders, a.holding(h, true))
			}
		}
	}
	out.Unknown = append(out.Unknown, a.gaps(scope)...)
	if why := a.denyGap(scope); why != "" && len(out.Holders) > 0 {
		out.Unknown = append(out.Unknown, why)
	}
}

func (a *Access) holding(h access.Holder, eligible bool) Holding {
	out := Holding{Principal: a.Named(h.Principal), Allowed: h.Allowed, Eligible: eligible}
	for _, g := range h.Grants {
		out.Ways = append(out.Ways, a.way(g, eligible))
	}
	if h.Denied != nil {
		out.Denied = first(h.Denied.Name, h.Denied.ID)
	}
	return out
}

func (a *Access) way(g access.Grant, eligible bool) Way {
	as := g.Assignment
	w := Way{
		Principal: a.Named(g.Principal), Role: as.Role, RoleID: as.Role, Scope: as.Scope.String(), Assignment: as.ID, Kind: "azure",
		Eligible: eligible, Activated: as.Activated, Since: as.CreatedOn, Until: as.Until, Grants: g.Truth, Missing: g.Missing, Via: a.chain(g.Principal, g.Via),
	}
	if g.Role != nil && g.Role.Name != "" {
		w.Role = g.Role.Name
	}
	if as.Through != "" {
		w.Via = append(w.Via, a.Named(as.Through))
	}
	if as.Condition != nil {
		w.Condition = as.Condition.String()
	}
	return w
}

// chain returns the groups from a principal to a group it is in, nearest first:
// the shortest way through nested groups.
func (a *Access) chain(principal, group string) []Principal {
	if group == "" {
		return nil
	}
	toward := a.toward(lower(group))
	best, found := step{}, false
	for _, g := range a.dir.DirectGroupsOf(principal) {
		id := lower(g.ID)
		if s, ok := toward[id]; ok && (!found || s.far < best.far) {
			best, found = step{id, s.far}, true
		}
	}
	if !found {
		return []Principal{a.Named(group)}
	}
	var out []Principal
	for id := best.next; id != ""; id = toward[id].next {
		out = append(out, a.Named(id))
	}
	return out
}

// step says which group comes next on the way to another, and how many follow.
type step struct {
	next string // "" at the end
	far  int
}

// toward returns, for every group that is in a group by nesting and for the
// group itself, the next group on the shortest way to it.
func (a *Access) toward(group string) map[string]step {
	if m, ok := a.nesting.Load(group); ok {
		got, _ := m.(map[string]step)
		return got
	}
	out := map[string]step{group: {}}
	queue := []string{group}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		g, ok := a.dir.Group(at)
		if !ok {
			continue
		}
		for _, m := range g.Members {
			if _, nested := a.dir.Group(m); !nested {
				continue
			}
			if id := lower(m); out[id] == (step{}) && id != group {
				out[id] = step{at, out[at].far + 1}
				queue = append(queue, id)
			}
		}
	}
	a.nesting.Store(group, out)
	return out
}

// whoCanDirectory answers for an action of the directory: by the allowed and
// excluded actions of the roles that people hold in the whole tenant.
func (a *Access) whoCanDirectory(out *AccessAnswer, eligible bool) {
	at := map[[2]string]int{}
	for _, ra := range a.dir.RoleAssignments() {
		if ra.Eligible && !eligible {
			continue
		}
		truth, missing := a.directoryGrant(ra, out.Action)
		if truth == finding.False {
			continue
		}
		holders := a.resolve(ra.PrincipalID)
		now := len(holders)
		if eligible {
			holders = append(slices.Clip(holders), a.dir.Joiners(ra.PrincipalID)...)
		}
		for n, who := range holders {
			who, ra := lower(who), *ra
			ra.Eligible = ra.Eligible || n >= now
			w := a.directoryWay(who, &ra)
			w.Grants, w.Missing = truth, missing
			if who == lower(ra.PrincipalID) && w.Principal.Kind == "Group" {
				w.Grants, w.Missing = finding.Maybe, append(w.Missing, "members of group "+w.Principal.String())
			}
			key := [2]string{who, map[bool]string{true: "eligible"}[ra.Eligible]}
			i, ok := at[key]
			if !ok {
				i = len(out.Holders)
				at[key] = i
				out.Holders = append(out.Holders, Holding{Principal: a.Named(who), Eligible: ra.Eligible})
			}
			h := &out.Holders[i]
			if !slices.ContainsFunc(h.Ways, func(o Way) bool { return o.Role == w.Role && o.Scope == w.Scope }) {
				h.Ways = append(h.Ways, w)
			}
			h.Allowed = h.Allowed.Or(w.Grants)
		}
	}
	// Who may already needs no activation.
	out.Holders = slices.DeleteFunc(out.Holders, func(h Holding) bool {
		i, ok := at[[2]string{lower(h.Principal.ID), ""}]
		return h.Eligible && ok && i >= 0
	})
	if !a.dir.RolesRead() {
		out.Unknown = append(out.Unknown, "the directory's role assignments were not read")
	}
}

// resolve returns the principals behind an id: the members of a group, and the
// id itself where it is none or not all of its members are known.
func (a *Access) resolve(id string) []string {
	id = lower(id)
	members, all := a.membersOf(id)
	if all {
		return members
	}
	return append([]string{id}, members...)
}

// directoryGrant tells whether an assignment of a directory role grants an
// action somewhere. One that holds in a part of the tenant, or has a
// condition, may.
func (a *Access) directoryGrant(ra *directory.RoleAssignment, action string) (finding.Truth, []string) {
	if ra.Role == nil {
		return finding.Maybe, []string{"a role definition that was not read"}
	}
	truth, missing := a.roleCovers(ra.Role, action, map[*directory.Role]bool{})
	if truth == finding.True && !ra.TenantWide() {
		return finding.Maybe, []string{"whether the object is within " + ra.Scope}
	}
	return truth, missing
}

// roleCovers tells whether a directory role permits an action, by itself or by a
// role that it inherits from ("unifiedRoleDefinition resource type").
func (a *Access) roleCovers(role *directory.Role, action string, seen map[*directory.Role]bool) (truth finding.Truth, missing []string) {
	seen[role] = true
	lists := role.Body.Get("rolePermissions")
	if !lists.Exists() {
		return finding.Maybe, []string{"permissions of the role " + first(role.DisplayName, role.ID)}
	}
	truth = finding.False
	for _, p := range lists.Elements() {
		if !coversDirectoryAction(p.Get("allowedResourceActions"), action) || coversDirectoryAction(p.Get("excludedResourceActions"), action) {
			continue
		}
		c := p.Get("condition").TextOr("")
		if c == "" {
			return finding.True, nil
		}
		truth = truth.Or(finding.Maybe)
		missing = append(missing, "whether "+c+" holds")
	}
	for _, from := range role.Body.Get("inheritsPermissionsFrom").Elements() {
		id := from.Get("id").TextOr("")
		parent, ok := a.dir.Role(id)
		if !ok {
			truth, missing = truth.Or(finding.Maybe), append(missing, "permissions of the role "+id)
			continue
		}
		if seen[parent] {
			continue
		}
		one, miss := a.roleCovers(parent, action, seen)
		if truth = truth.Or(one); truth == finding.True {
			return truth, nil
		}
		missing = append(missing, miss...)
	}
	return truth, missing
}

func coversDirectoryAction(actions jsondoc.Value, asked string) bool {
	for _, v := range actions.Elements() {
		if access.DirectoryActionGrants(v.TextOr(""), asked) {
			return true
		}
	}
	return false
}

func (a *Access) directoryWay(who string, ra *directory.RoleAssignment) Way {
	w := Way{Principal: a.Named(who), Scope: ra.Scope, Assignment: ra.ID, Kind: "directory", Eligible: ra.Eligible, Activated: ra.Activated, Grants: finding.True, Since: day(ra.Start), Until: day(ra.End)}
	if ra.Role != nil {
		w.Role, w.RoleID = first(ra.Role.DisplayName, ra.Role.ID), first(ra.Role.TemplateID, ra.Role.ID)
	}
	if !strings.EqualFold(who, ra.PrincipalID) {
		w.Via = a.chain(who, ra.PrincipalID)
	}
	return w
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// What lists everything that a principal holds: Azure roles and directory
// roles, its own and its groups', active and eligible, by scope.
func (a *Access) What(p Principal) []Way {
	out := []Way{}
	for _, g := range a.active.What(p.ID) {
		out = append(out, a.way(g, false))
	}
	for _, g := range a.eligible.What(p.ID) {
		out = append(out, a.way(g, true))
	}
	for _, eligible := range []bool{false, true} {
		seen := map[string]bool{} // the same assignment stands in several collections
		for _, ra := range a.dir.RolesOf(p.ID, eligible) {
			w := a.directoryWay(lower(p.ID), ra)
			w.Via = a.chain(p.ID, ra.ViaGroup)
			k := w.RoleID + "|" + w.Scope + "|" + ra.ViaGroup
			if !seen[k] {
				seen[k] = true
				out = append(out, w)
			}
		}
	}
	return out
}

// Explain decides whether a principal may do an action at a scope, with the
// chains that grant it, what would after an activation, and what stops it. Nothing
// is known of the request beside.
func (a *Access) Explain(p Principal, action string, data bool, scope resource.ID) *Explanation {
	return a.ExplainIn(p, action, data, scope, &Circumstances{})
}

// ExplainIn is Explain for a request of which more is known, as conditions ask.
func (a *Access) ExplainIn(p Principal, action string, data bool, scope resource.ID, c *Circumstances) *Explanation {
	out := &Explanation{Principal: p, Action: action, Data: data, Scope: scope.String(), Ways: []Way{}, Eligible: []Way{}, Elsewhere: []Way{}, Missing: []string{}}
	if IsDirectoryAction(action) {
		a.explainDirectory(out)
		return out
	}
	q := access.Question{Principal: p.ID, Action: action, Data: data, Scope: scope, SubOperation: c.SubOperation, Attributes: c.lookup(a.body(p.ID), scope)}
	d := a.active.Check(q)
	granted := map[string]bool{}
	for _, g := range d.Grants {
		granted[g.Assignment.ID] = true
		out.Ways = append(out.Ways, a.way(g, false))
	}
	out.Allowed, out.Missing = d.Allowed, append(out.Missing, d.Missing...)
	if d.Denied != nil {
		out.Denied = first(d.Denied.Name, d.Denied.ID)
	}
	for _, g := range a.eligible.Check(q).Grants {
		out.Eligible = append(out.Eligible, a.way(g, true))
	}
	for _, g := range a.active.What(p.ID) {
		if !granted[g.Assignment.ID] && a.inv.Within(scope, g.Assignment.Scope) {
			out.Elsewhere = append(out.Elsewhere, a.way(g, false))
		}
	}
	if why := a.denyGap(scope); why != "" && out.Allowed == finding.True {
		out.Missing = append(out.Missing, why)
	}
	if out.Allowed != finding.True {
		gaps := a.gaps(scope)
		for _, g := range a.dir.Groups() {
			if !g.MembersRead && a.grantedTo(g.ID, q) && a.dir.InGroup(p.ID, g.ID) == directory.Unknown {
				gaps = append(gaps, "members of group "+first(g.DisplayName, g.ID))
			}
		}
		if len(gaps) > 0 && d.Denied == nil {
			out.Allowed = out.Allowed.Or(finding.Maybe)
			out.Missing = append(out.Missing, gaps...)
		}
	}
	return out
}

// body returns the directory's object of a principal; missing where there is none.
func (a *Access) body(principal string) jsondoc.Value {
	if u, ok := a.dir.User(principal); ok {
		return u.Body
	}
	if s, ok := a.dir.ServicePrincipal(principal); ok {
		return s.Body
	}
	return jsondoc.Value{}
}

// grantedTo tells whether a group is granted, or may be, what a question asks.
func (a *Access) grantedTo(group string, q access.Question) bool {
	q.Principal = group
	return a.active.Check(q).Allowed != finding.False
}

func (a *Access) explainDirectory(out *Explanation) {
	seen := map[string]bool{}
	for _, eligible := range []bool{false, true} {
		for _, ra := range a.dir.RolesOf(out.Principal.ID, eligible) {
			truth, missing := a.directoryGrant(ra, out.Action)
			w := a.directoryWay(lower(out.Principal.ID), ra)
			w.Via, w.Grants, w.Missing = a.chain(out.Principal.ID, ra.ViaGroup), truth, missing
			k := w.RoleID + "|" + w.Scope + "|" + ra.ViaGroup
			if seen[k] {
				continue
			}
			seen[k] = true
			switch {
			case truth == finding.False:
				if !eligible {
					out.Elsewhere = append(out.Elsewhere, w)
				}
			case eligible:
				out.Eligible = append(out.Eligible, w)
			default:
				out.Ways = append(out.Ways, w)
				out.Allowed = out.Allowed.Or(truth)
				out.Missing = append(out.Missing, missing...)
			}
		}
	}
	if out.Allowed == finding.True {
		out.Missing = []string{}
	} else if !a.dir.RolesRead() {
		out.Allowed = out.Allowed.Or(finding.Maybe)
		out.Missing = append(out.Missing, "the directory's role assignments were not read")
	}
}
