package app

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/access"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/resource"
)

// How a grant compares with what was done by it.
const (
	GrantUnused  = "unused"  // nothing that it grants was done
	GrantBroad   = "broad"   // a role with less power, or a smaller scope, would do
	GrantUsed    = "used"    // nothing smaller is known that would do
	GrantUnknown = "unknown" // what was read does not tell
)

// Kinds of grants.
const (
	GrantOfAzure     = "azure"
	GrantOfDirectory = "directory"
)

// GrantUse is a role assignment against its use.
type GrantUse struct {
	Kind       string    `json:"kind"` // azure or directory
	State      string    `json:"state"`
	Principal  Principal `json:"principal"`
	Role       string    `json:"role"`
	Scope      string    `json:"scope"`
	Assignment string    `json:"assignmentId"`
	Eligible   bool      `json:"eligible"` // to be activated in Privileged Identity Management
	Uses       int       `json:"uses"`
	LastUse    string    `json:"lastUse,omitempty"`
	Actions    []string  `json:"actions"` // control actions that were done by it
	// What would be enough: a role, and a scope; "" where none smaller is known.
	SuggestedRole   string   `json:"suggestedRole,omitempty"`
	SuggestedRoleID string   `json:"suggestedRoleId,omitempty"`
	SuggestedScope  string   `json:"suggestedScope,omitempty"`
	Missing         []string `json:"missing,omitempty"` // what would have to be known
}

// ExcessiveAccess compares every role assignment with activity logs.
type ExcessiveAccess struct {
	From         string     `json:"from,omitempty"` // first and last event
	To           string     `json:"to,omitempty"`
	Days         int        `json:"days"`         // days that the logs cover
	Wanted       int        `json:"wantedDays"`   // days that were to be covered
	Events       int        `json:"events"`       // events that show an action
	Unattributed int        `json:"unattributed"` // of callers that the directory does not know
	Grants       []GrantUse `json:"grants"`
	// Audit tells of the directory's audit log, where directory roles were compared too.
	Audit *AuditCover `json:"audit,omitempty"`
}

func (x *ExcessiveAccess) sort() {
	order := map[string]int{GrantUnused: 0, GrantBroad: 1, GrantUnknown: 2, GrantUsed: 3}
	slices.SortStableFunc(x.Grants, func(p, q GrantUse) int {
		return cmp.Or(cmp.Compare(order[p.State], order[q.State]), strings.Compare(p.Kind, q.Kind), strings.Compare(lower(p.Scope), lower(q.Scope)), strings.Compare(lower(p.Principal.String()), lower(q.Principal.String())))
	})
}

// Excessive compares what is granted with what was done in at least so many
// days. What somebody may activate counts as what they hold: nobody did by an
// eligible role what they did not do. Reading and data actions are not in activity
// logs: what depends on them is unknown. Directory roles are for ExcessiveRoles.
func (a *Access) Excessive(log *ActivityLog, days int, now time.Time) *ExcessiveAccess {
	out := &ExcessiveAccess{Wanted: days, Events: log.Events, Grants: []GrantUse{}}
	if log.Events > 0 {
		out.From, out.To = day(log.First), day(log.Last)
		out.Days = int(log.Last.Sub(log.First).Hours()/24) + 1
	}
	for i, p := range log.Read { // what is known to be silent counts too
		if i == 0 || p.From.Before(log.First) {
			log.First = p.From
		}
		if i == 0 || p.To.After(log.Last) {
			log.Last = p.To
		}
		out.From, out.To = day(log.First), day(log.Last)
		out.Days = wholeDays(log.First, log.Last)
	}
	x := &excess{a: a, log: log, now: now, days: days, covered: out.Days, by: map[string][]*use{}, subs: map[string]bool{}}
	out.Unattributed = x.index()
	for _, as := range a.grants {
		if !as.Activated { // what it was activated from is looked at
			out.Grants = append(out.Grants, x.grant(as))
		}
	}
	for _, as := range a.eligibles {
		g := x.grant(as)
		g.Eligible = true
		out.Grants = append(out.Grants, g)
	}
	out.sort()
	return out
}

type excess struct {
	a       *Access
	log     *ActivityLog
	now     time.Time
	days    int
	covered int
	by      map[string][]*use // by principal's id in lower case
	strange []*use            // of callers that nothing names
	subs    map[string]bool   // subscriptions of which there are events, by key
}

// index finds out who the callers are.
func (x *excess) index() (unattributed int) {
	ids := map[string]string{}
	for _, u := range x.a.dir.Users() {
		for _, n := range []string{u.Mail, u.UPN, u.ID} {
			ids[lower(n)] = lower(u.ID)
		}
	}
	for _, s := range x.a.dir.ServicePrincipals() {
		ids[lower(s.AppID)], ids[lower(s.ID)] = lower(s.ID), lower(s.ID)
	}
	for _, as := range slices.Concat(x.a.grants, x.a.eligibles) { // who holds something is known at least by that
		if _, ok := ids[as.Principal]; !ok {
			ids[as.Principal] = as.Principal
		}
	}
	delete(ids, "")
	for _, u := range x.log.uses {
		if sub, ok := subscriptionOf(u.event.Scope); ok {
			x.subs[sub.Key()] = true
		}
		who := ""
		for _, c := range u.event.Caller {
			if who = ids[c]; who != "" {
				break
			}
		}
		if who == "" {
			x.strange = append(x.strange, u)
			unattributed += u.times
			continue
		}
		x.by[who] = append(x.by[who], u)
	}
	return unattributed
}

// did returns those of the uses that an assignment grants, or may grant.
func (x *excess) did(as *access.Assignment, uses []*use) []*use {
	var out []*use
	for _, u := range uses {
		if t, _ := x.a.active.Grants(as, u.event.Action, false); t != finding.False && x.a.inv.Within(u.event.Scope, as.Scope) {
			out = append(out, u)
		}
	}
	return out
}

func (x *excess) grant(as *access.Assignment) GrantUse {
	g := GrantUse{Kind: GrantOfAzure, Principal: x.a.Named(as.Principal), Role: as.Role, Scope: as.Scope.String(), Assignment: as.ID, Actions: []string{}}
	role, known := x.a.active.Role(as.Role)
	if known {
		g.Role = cmp.Or(role.Name, as.Role)
	}
	people, all := []string{as.Principal}, true
	if strings.EqualFold(as.PrincipalType, "Group") {
		people, all = x.a.membersOf(as.Principal)
	}
	var done []*use
	for _, who := range people {
		done = append(done, x.did(as, x.by[who])...)
	}
	actions := map[string]bool{}
	var last time.Time
	for _, u := range done {
		g.Uses += u.times
		actions[u.event.Action] = true
		if u.event.At.After(last) {
			last = u.event.At
		}
	}
	for action := range actions {
		g.Actions = append(g.Actions, action)
	}
	slices.Sort(g.Actions)
	g.LastUse = day(last)
	if !known {
		g.State, g.Missing = GrantUnknown, []string{"role definition " + as.Role}
		return g
	}
	g.Missing = x.doubts(as, role, all)
	switch {
	case g.Uses == 0 && len(g.Missing) > 0:
		g.State = GrantUnknown
	case g.Uses == 0:
		g.State = GrantUnused
	default:
		x.suggest(&g, as, role, done)
	}
	return g
}

// doubts says why the absence of a use would not show that there was none.
func (x *excess) doubts(as *access.Assignment, role *access.Role, all bool) []string {
	var out []string
	control, data := role.LogsUse()
	if !control {
		out = append(out, "reading is not in activity logs")
	}
	if data {
		out = append(out, "data actions are not in activity logs")
	}
	if n := x.coveredIn(as.Scope); n < x.days {
		out = append(out, fmt.Sprintf("the logs cover %d of %d days", n, x.days))
	}
	if t, err := time.Parse(time.RFC3339Nano, as.CreatedOn); err == nil && x.now.Sub(t) < time.Duration(x.days)*24*time.Hour {
		out = append(out, fmt.Sprintf("it was assigned %d days ago", int(x.now.Sub(t).Hours()/24)))
	}
	if !all {
		out = append(out, "members of the group were not read")
	}
	for _, sub := range x.subscriptions(as.Scope) {
		if _, _, read := x.log.span(sub.String()); !read && !x.subs[sub.Key()] {
			out = append(out, "the logs hold nothing of "+sub.String())
			break
		}
	}
	if n := len(x.did(as, x.strange)); n > 0 {
		out = append(out, "callers that the directory does not know did what it grants")
	}
	return out
}

// coveredIn returns how many days of everything that happened at or below a
// scope are known: of the subscription of which there are fewest.
func (x *excess) coveredIn(scope resource.ID) int {
	if len(x.log.Read) == 0 {
		return x.covered
	}
	least := x.covered
	for _, sub := range x.subscriptions(scope) {
		if from, to, ok := x.log.span(sub.String()); ok {
			least = min(least, wholeDays(from, to))
		} else {
			least = 0
		}
	}
	return least
}

// wholeDays counts the days of a span; one that lacks minutes is one.
func wholeDays(from, to time.Time) int { return int((to.Sub(from) + time.Hour).Hours() / 24) }

// subscriptions returns those that a scope is in, or that are in it.
func (x *excess) subscriptions(scope resource.ID) []resource.ID {
	if sub, ok := subscriptionOf(scope); ok {
		return []resource.ID{sub}
	}
	var out []resource.ID
	for _, sub := range x.a.inv.Subscriptions() {
		if x.a.inv.Within(sub, scope) {
			out = append(out, sub)
		}
	}
	return out
}

// suggest looks for a role with less power and for a smaller scope. A role that
// is to hold data actions too cannot be proposed by what the logs show.
func (x *excess) suggest(g *GrantUse, as *access.Assignment, role *access.Role, done []*use) {
	g.State = GrantUsed
	if x.coveredIn(as.Scope) < x.days {
		return // what was done before is not known
	}
	if smaller := commonScope(done); smaller != nil && !strings.EqualFold(smaller.String(), as.Scope.String()) && x.a.inv.Within(*smaller, as.Scope) {
		g.SuggestedScope, g.State = smaller.String(), GrantBroad
	}
	if _, data := role.LogsUse(); data {
		return
	}
	assignable := func(r *access.Role) bool {
		return len(r.Assignable) == 0 || slices.ContainsFunc(r.Assignable, func(s string) bool {
			id, err := resource.ParseID(s)
			return err == nil && x.a.inv.Within(as.Scope, id)
		})
	}
	if r, ok := x.a.active.Suggest(g.Actions, role, assignable); ok {
		g.SuggestedRole, g.SuggestedRoleID, g.State = cmp.Or(r.Name, r.Key), r.Key, GrantBroad
	}
}

// commonScope returns the resource group or subscription that everything done
// was in, nil where there is none.
func commonScope(done []*use) *resource.ID {
	var out *resource.ID
	for i, u := range done {
		s := u.event.Scope
		for s.Level() == resource.LevelResource {
			p, ok := s.Parent()
			if !ok {
				return nil
			}
			s = p
		}
		switch {
		case i == 0:
			out = &s
		case out.Key() != s.Key():
			a, ok := subscriptionOf(*out)
			b, okb := subscriptionOf(s)
			if !ok || !okb || a.Key() != b.Key() {
				return nil
			}
			out = &a
		}
	}
	return out
}

// subscriptionOf returns the subscription that a scope is in.
func subscriptionOf(id resource.ID) (resource.ID, bool) {
	for id.Level() > resource.LevelSubscription {
		p, ok := id.Parent()
		if !ok {
			return id, false
		}
		id = p
	}
	return id, id.Level() == resource.LevelSubscription
}
