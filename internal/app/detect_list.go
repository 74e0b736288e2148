package app

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/siem"
)

// RuleInfo is an analytics rule as a list shows it.
type RuleInfo struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	File        string   `json:"file"`
	Kind        string   `json:"kind"` // Scheduled or NRT
	Enabled     bool     `json:"enabled"`
	Severity    string   `json:"severity"`
	Tables      []string `json:"tables"`
	Tactics     []string `json:"tactics,omitempty"`
	Techniques  []string `json:"techniques,omitempty"`
	Frequency   string   `json:"queryFrequency"`
	Period      string   `json:"queryPeriod"`
	Error       string   `json:"error,omitempty"` // why not all tables are known
}

// TechniqueCover is a technique of ATT&CK and what rules cover it.
type TechniqueCover struct {
	ID      string   `json:"id"`
	Tactics []string `json:"tactics"` // of the rules
	Rules   []string `json:"rules"`   // their names
	Tables  []string `json:"tables"`  // that they read
}

// ListRules describes rules. The tables are those that the query reads, by the
// columns of Microsoft's reference; of a query that does not compile with them
// the reason is given.
func ListRules(rules []*siem.Rule) ([]RuleInfo, error) {
	names, tables, err := content.LogTables()
	if err != nil {
		return nil, err
	}
	db := kql.NewMemDatabase()
	for _, n := range names {
		db.Add(n, kql.NewMemTable(tables[n]))
	}
	out := make([]RuleInfo, 0, len(rules))
	for _, r := range rules {
		i := RuleInfo{
			ID: r.ID, Name: r.Name, Description: r.Description, File: r.File, Kind: "Scheduled", Enabled: r.Enabled, Severity: r.Severity.String(), Tables: []string{},
			Tactics: r.Tactics, Techniques: r.Techniques, Frequency: ShortDuration(r.Frequency), Period: ShortDuration(r.Period),
		}
		if r.NRT {
			i.Kind = "NRT"
		}
		if q, list := kql.Compile(r.Query, db.Schema()); q != nil {
			i.Tables = append(i.Tables, q.Tables()...)
			slices.Sort(i.Tables)
		} else {
			i.Error = firstError(r, list)
			for _, name := range absent(list) {
				if !strings.HasSuffix(name, "()") {
					i.Tables = append(i.Tables, name)
				}
			}
		}
		out = append(out, i)
	}
	return out, nil
}

// Coverage tells which techniques rules that are enabled cover, by id.
func Coverage(rules []RuleInfo) []TechniqueCover {
	at := map[string]*TechniqueCover{}
	for _, r := range rules {
		if !r.Enabled {
			continue
		}
		for _, id := range slices.Compact(slices.Sorted(slices.Values(r.Techniques))) {
			c := at[id]
			if c == nil {
				c = &TechniqueCover{ID: id, Tactics: []string{}, Tables: []string{}}
				at[id] = c
			}
			c.Rules = append(c.Rules, r.Name)
			c.Tactics, c.Tables = append(c.Tactics, r.Tactics...), append(c.Tables, r.Tables...)
		}
	}
	out := make([]TechniqueCover, 0, len(at))
	for _, c := range at {
		slices.Sort(c.Tactics)
		slices.Sort(c.Tables)
		c.Tactics, c.Tables = slices.Compact(c.Tactics), slices.Compact(c.Tables)
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b TechniqueCover) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// ShortDuration writes a duration as rules do: 14d, 1h, 5m, or 1h30m.
func ShortDuration(d time.Duration) string {
	var out strings.Builder
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / u.unit; n > 0 {
			fmt.Fprintf(&out, "%d%s", n, u.name)
			d -= n * u.unit
		}
	}
	return cmp.Or(out.String(), "0s")
}
