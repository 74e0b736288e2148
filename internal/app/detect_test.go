package app

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/siem"
)

func detectRule(t *testing.T, query, more string) *siem.Rule {
	t.Helper()
	rules, list := siem.ParseRules("r.yaml", []byte("id: r\nname: R\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 2h\ntriggerOperator: gt\ntriggerThreshold: 0\n"+more+"query: |\n  "+query+"\n"))
	if len(rules) != 1 || list.HasErrors() {
		t.Fatal(list)
	}
	return rules[0]
}

// What a run finds is what is in its window, wherever in the table's batches it
// stands, and windows without events are those of an empty table.
func TestDetectWindows(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	begin := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	var events []time.Time
	var batches []*kql.Batch
	for range 20 {
		var cells []kql.Value
		base := random.IntN(72)
		for range random.IntN(30) {
			at := begin.Add(time.Duration(base)*time.Hour + time.Duration(random.IntN(5*3600))*time.Second)
			events = append(events, at)
			v, _ := kql.ParseValue(kql.DateTime, at.Format(time.RFC3339))
			cells = append(cells, v)
		}
		cells = append(cells, kql.Value{}) // a row without a time is in no window
		batches = append(batches, kql.NewBatch([]*kql.Vec{kql.ValueVec(kql.DateTime, cells)}, len(cells)))
	}
	db := kql.NewMemDatabase()
	cols := []kql.Column{{Name: timeColumn, Type: kql.DateTime}}
	db.Add("T", kql.NewMemTable(cols, batches...))
	db.Add("Empty", kql.NewMemTable(cols))
	rules := []*siem.Rule{detectRule(t, "T", ""), detectRule(t, "T | summarize n = count() | where n == 0", ""), detectRule(t, "union T, Empty", ""), detectRule(t, "Empty", ""), detectRule(t, "Nowhere | join T on TimeGenerated", ""), detectRule(t, "T | where x", ""), detectRule(t, "T", "enabled: false\n")}
	o := DetectOptions{From: begin, To: begin.Add(80 * time.Hour)}
	got, err := Detect(context.Background(), db, rules, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{RuleRan, RuleRan, RulePartial, RuleNotRun, RuleNotRun, RuleFailed, RuleDisabled} {
		if got.Rules[i].State != want {
			t.Errorf("rule %d: %s, want %s (%s)", i, got.Rules[i].State, want, got.Rules[i].Error)
		}
	}
	found, silent := map[time.Time]int{}, map[time.Time]bool{}
	for _, a := range got.Alerts {
		if a.Columns[0] == "n" {
			silent[a.Time] = true
		} else if found[a.Time] != 0 && found[a.Time] != a.Events {
			t.Errorf("%s: %d and %d events", a.Time, found[a.Time], a.Events)
		} else {
			found[a.Time] = a.Events
		}
	}
	runs := 0
	for at := begin.Add(time.Hour); !at.After(o.To); at = at.Add(time.Hour) {
		want := 0
		for _, e := range events {
			if !e.Before(at.Add(-2*time.Hour)) && e.Before(at) {
				want++
			}
		}
		if found[at] != want || silent[at] != (want == 0) {
			t.Errorf("at %s: %d events and silence %t, want %d", at, found[at], silent[at], want)
		}
		runs++
	}
	if got.Rules[0].Runs != runs || len(found) == 0 || len(silent) == 0 {
		t.Errorf("%d runs, %d with events, %d without", got.Rules[0].Runs, len(found), len(silent))
	}
}
