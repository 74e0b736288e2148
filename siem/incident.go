package siem

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/finding"
)

// Incident is one or several alerts that somebody is to look at.
type Incident struct {
	Number   int              `json:"number"`
	Title    string           `json:"title"`
	Severity finding.Severity `json:"severity"` // the highest of its alerts
	Tactics  []string         `json:"tactics,omitempty"`
	Created  time.Time        `json:"createdTime"`
	First    time.Time        `json:"firstActivityTime"`
	Last     time.Time        `json:"lastActivityTime"`
	Entities []Entity         `json:"entities"`
	Alerts   []*Alert         `json:"alerts"`
}

// Group makes incidents of alerts, by what their rules say: numbered from 1 in
// the order in which they come about. Alerts of rules that create no incident
// are in none.
//
// Source: "Create a scheduled analytics rule from scratch", "Incident settings".
func Group(alerts []*Alert) []*Incident {
	sorted := slices.Clone(alerts)
	slices.SortStableFunc(sorted, func(a, b *Alert) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.RuleID, b.RuleID))
	})
	var out []*Incident
	open := map[string]*Incident{} // by rule and what is alike
	for _, a := range sorted {
		r := a.rule
		if r == nil || !r.Incidents.Create {
			continue
		}
		key, groups := alike(r, a)
		if i := open[key]; groups && i != nil && len(i.Alerts) < maxGroupAlerts && !a.Time.After(i.Created.Add(r.Incidents.Group.Lookback)) {
			i.add(a)
			continue
		}
		i := &Incident{Number: len(out) + 1, Title: a.Name, Created: a.Time, First: a.Start, Last: a.End, Entities: []Entity{}}
		i.add(a)
		out = append(out, i)
		if groups {
			open[key] = i
		}
	}
	return out
}

// alike returns what alerts of one incident have in common, and whether alerts
// of the rule are grouped at all. Where all entities are to match, an alert
// without any matches none.
func alike(r *Rule, a *Alert) (key string, groups bool) {
	g := r.Incidents.Group
	if g == nil {
		return "", false
	}
	parts := []string{r.ID, r.Name}
	switch g.Method {
	case AnyAlert:
	case AllEntities:
		if len(a.Entities) == 0 {
			return "", false
		}
		parts = append(parts, ofTypes(a, nil)...)
	case Selected:
		parts = append(parts, ofTypes(a, g.Entities)...)
		for _, d := range g.Alert {
			if strings.EqualFold(d, "Severity") {
				parts = append(parts, a.Severity.String())
			} else {
				parts = append(parts, a.Name)
			}
		}
		for _, d := range g.Details {
			parts = append(parts, strconv.Quote(strings.Join(a.Details[d], "\x00")))
		}
	}
	return strings.Join(parts, "\x00"), true
}

// ofTypes lists an alert's entities of some types, or all, in one order.
func ofTypes(a *Alert, types []string) []string {
	var out []string
	for _, e := range a.Entities {
		if types == nil || slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(t, e.Type) }) {
			out = append(out, e.String())
		}
	}
	slices.Sort(out)
	return out
}

func (i *Incident) add(a *Alert) {
	i.Alerts = append(i.Alerts, a)
	i.Severity = max(i.Severity, a.Severity)
	if a.Start.Before(i.First) {
		i.First = a.Start
	}
	if a.End.After(i.Last) {
		i.Last = a.End
	}
	for _, t := range a.Tactics {
		if !slices.Contains(i.Tactics, t) {
			i.Tactics = append(i.Tactics, t)
		}
	}
	for _, e := range a.Entities {
		if text := e.String(); !slices.ContainsFunc(i.Entities, func(x Entity) bool { return x.String() == text }) {
			i.Entities = append(i.Entities, e)
		}
	}
}
