package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/jsondoc"
)

// LogAudits names the directory's audit log among the logs of snapshots.
const LogAudits = collect.TableAudits

// AuditLog is what exported audit logs of the directory hold: who changed how much.
type AuditLog struct {
	Events  int // changes by somebody
	Skipped int // lines that tell none, or not by whom
	First   time.Time
	Last    time.Time
	Read    []snapshot.Period // spans that were read whole, where snapshots say so
	by      map[string]*changes
}

// changes are those of one initiator, by the names that the log gives it.
type changes struct {
	names []string
	named bool // by an object's id, so that it is nobody else
	times int
	last  time.Time
}

// ReadAuditLog reads exports of the directory's audit log: Microsoft Graph's
// directoryAudits, or the table AuditLogs as JSON, JSON lines or CSV; compressed or
// not; and snapshots that hold one. Files are added up. Source: "directoryAudit
// resource type"; reference of the table AuditLogs.
func ReadAuditLog(paths []string) (*AuditLog, error) {
	log := &AuditLog{by: map[string]*changes{}}
	read, err := readExported(paths, "audit log", LogAudits, log.add)
	if err != nil {
		return nil, err
	}
	log.Read = read
	return log, nil
}

// add takes one event.
func (l *AuditLog) add(v jsondoc.Value) {
	at, timed := time.Time{}, false
	for _, n := range []string{"activityDateTime", "TimeGenerated"} {
		if !timed {
			at, timed = directory.ParseTime(v.Get(n).TextOr(""))
		}
	}
	by := v.Get("initiatedBy")
	if s := by.TextOr(""); strings.HasPrefix(s, "{") { // tables hold objects as text
		if parsed, err := jsondoc.ParseString(s); err == nil {
			by = parsed
		}
	}
	var names []string
	for _, at := range [][2]string{{"user", "id"}, {"user", "userPrincipalName"}, {"app", "servicePrincipalId"}, {"app", "appId"}} {
		if s := lower(by.Get(at[0]).Get(at[1]).TextOr("")); s != "" {
			names = append(names, s)
		}
	}
	if !timed || len(names) == 0 {
		l.Skipped++
		return
	}
	l.Events++
	if l.First.IsZero() || at.Before(l.First) {
		l.First = at
	}
	if at.After(l.Last) {
		l.Last = at
	}
	c := l.by[names[0]]
	if c == nil {
		named := by.Get("user").Get("id").TextOr("") != "" || by.Get("app").Get("servicePrincipalId").TextOr("") != ""
		c = &changes{names: names, named: named}
		l.by[names[0]] = c
	}
	c.times++
	if at.After(c.last) {
		c.last = at
	}
}

// covered returns how many days of everything that happened are known.
func (l *AuditLog) covered() int {
	first, last := l.First, l.Last
	for i, p := range l.Read {
		if i == 0 || p.From.Before(first) {
			first = p.From
		}
		if i == 0 || p.To.After(last) {
			last = p.To
		}
	}
	if first.IsZero() {
		return 0
	}
	if len(l.Read) > 0 {
		return wholeDays(first, last)
	}
	return int(last.Sub(first).Hours()/24) + 1
}

// AuditCover says what the directory's audit log told.
type AuditCover struct {
	From         string `json:"from,omitempty"`
	To           string `json:"to,omitempty"`
	Days         int    `json:"days"`
	Events       int    `json:"events"`
	Unattributed int    `json:"unattributed"`
}

// ExcessiveRoles adds to an answer the directory roles against the directory's audit
// log. The log does not say by which role a change was made: whoever changed anything
// counts as having used each role that permits a change, and only who changed nothing
// is said to have used none. Reading is in no audit log, nor is what a role permits in
// other services.
func (a *Access) ExcessiveRoles(out *ExcessiveAccess, log *AuditLog, days int, now time.Time) {
	x := &roleExcess{a: a, days: days, covered: log.covered(), now: now, by: map[string]*changes{}, emergency: map[string]bool{}}
	for _, u := range NewConditionalAccess(a.inv, now).Set.EmergencyAccounts() {
		x.emergency[lower(u.ID)] = true
	}
	out.Audit = &AuditCover{From: day(log.First), To: day(log.Last), Days: x.covered, Events: log.Events}
	for _, c := range log.by {
		who := ""
		for _, n := range c.names {
			if p := a.Named(n); p.Kind != "Unknown" {
				who = lower(p.ID)
				break
			}
		}
		if who == "" {
			out.Audit.Unattributed += c.times
			x.strange = x.strange || !c.named
			continue
		}
		if old := x.by[who]; old != nil {
			c = &changes{times: old.times + c.times, last: later(old.last, c.last)}
		}
		x.by[who] = c
	}
	seen := map[string]bool{}
	for _, ra := range a.dir.RoleAssignments() {
		key := lower(ra.PrincipalID) + "|" + ra.Scope + "|" + fmt.Sprint(ra.Eligible)
		if ra.Role == nil || ra.Activated || seen[key+"|"+lower(ra.Role.ID)] {
			continue
		}
		seen[key+"|"+lower(ra.Role.ID)] = true
		out.Grants = append(out.Grants, x.grant(ra))
	}
	out.sort()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

type roleExcess struct {
	a       *Access
	days    int
	covered int
	now     time.Time
	by      map[string]*changes
	// emergency are accounts for emergency access, which are to be unused.
	emergency map[string]bool
	strange   bool // somebody changed something who is known by a name alone, which nobody has
}

func (x *roleExcess) grant(ra *directory.RoleAssignment) GrantUse {
	g := GrantUse{Kind: GrantOfDirectory, Principal: x.a.Named(ra.PrincipalID), Role: first(ra.Role.DisplayName, ra.Role.ID), Scope: ra.Scope, Assignment: ra.ID, Eligible: ra.Eligible, Actions: []string{}}
	people, all := []string{lower(ra.PrincipalID)}, true
	if g.Principal.Kind == "Group" {
		people, all = x.a.membersOf(lower(ra.PrincipalID))
		for _, who := range x.a.dir.Joiners(ra.PrincipalID) {
			people = append(slices.Clip(people), lower(who))
		}
	}
	var last time.Time
	for _, who := range people {
		if c := x.by[who]; c != nil {
			g.Uses, last = g.Uses+c.times, later(last, c.last)
		}
	}
	g.LastUse = day(last)
	changes, doubts := x.permits(ra.Role)
	if x.covered < x.days {
		doubts = append(doubts, fmt.Sprintf("the audit log covers %d of %d days", x.covered, x.days))
	}
	if !ra.Start.IsZero() && x.now.Sub(ra.Start) < time.Duration(x.days)*24*time.Hour {
		doubts = append(doubts, fmt.Sprintf("it was assigned %d days ago", int(x.now.Sub(ra.Start).Hours()/24)))
	}
	if !all {
		doubts = append(doubts, "members of the group were not read")
	}
	if x.emergency[lower(ra.PrincipalID)] {
		doubts = append(doubts, "an account for emergency access, which is to be unused")
	}
	if x.strange {
		doubts = append(doubts, "somebody changed something by a name that nobody in the directory has")
	}
	switch {
	case g.Uses > 0 && changes:
		g.State = GrantUsed
	case len(doubts) > 0:
		g.State, g.Missing = GrantUnknown, doubts
	default:
		g.State = GrantUnused
	}
	return g
}

// aside are permissions that nobody gives a role for: to see the health of services
// and to ask for support.
var aside = []string{"microsoft.azure.servicehealth/", "microsoft.azure.supporttickets/", "microsoft.office365.servicehealth/", "microsoft.office365.supporttickets/",
	"microsoft.office365.webportal/", "microsoft.office365.messagecenter/"}

// permits tells whether a role permits a change of the directory, and what of it no
// audit log of the directory shows.
func (x *roleExcess) permits(r *directory.Role) (changes bool, doubts []string) {
	lists := r.Body.Get("rolePermissions")
	if !lists.Exists() {
		return true, []string{"permissions of the role " + first(r.DisplayName, r.ID)}
	}
	elsewhere := false
	for _, p := range lists.Elements() {
		for _, v := range p.Get("allowedResourceActions").Elements() {
			action := lower(v.TextOr(""))
			switch {
			case strings.HasSuffix(action, "/read"), slices.ContainsFunc(aside, func(s string) bool { return strings.HasPrefix(action, s) }):
			case strings.HasPrefix(action, "microsoft.directory/"):
				changes = true
			default:
				elsewhere = true
			}
		}
	}
	if !changes {
		doubts = append(doubts, "reading is not in the directory's audit log")
	}
	if elsewhere {
		doubts = append(doubts, "what it permits in other services is not in the directory's audit log")
	}
	return changes, doubts
}
