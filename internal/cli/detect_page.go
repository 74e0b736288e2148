package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
)

// detectionPage is a page with the incidents, their alerts, and what became of
// the rules.
func detectionPage(d *app.Detection) *report.TablePage {
	incidents := report.TableSection{Title: "Incidents", Columns: []string{"Severity", "Number", "Incident", "Created", "Activity", "Alerts", "Tactics", "Entities"}}
	alerts := report.TableSection{Title: "Alerts", Columns: []string{"Severity", "Incident", "Alert", "Rule", "Time", "Events", "Entities", "Details"}}
	count := map[finding.Severity]int{}
	for _, i := range d.Incidents {
		count[i.Severity]++
		incidents.Rows = append(incidents.Rows, report.TableRow{State: i.Severity.String(), Tone: report.Tone(i.Severity.String()), Cells: []string{
			strconv.Itoa(i.Number), i.Title, i.Created.Format("2006-01-02 15:04"), spanText(i.First, i.Last),
			strconv.Itoa(len(i.Alerts)), strings.Join(i.Tactics, ", "), entitiesText(i.Entities),
		}})
		for _, a := range i.Alerts {
			var details []string
			for _, k := range slices.Sorted(maps.Keys(a.Details)) {
				details = append(details, k+": "+strings.Join(a.Details[k], ", "))
			}
			alerts.Rows = append(alerts.Rows, report.TableRow{State: a.Severity.String(), Tone: report.Tone(a.Severity.String()), Cells: []string{
				strconv.Itoa(i.Number), a.Name, a.Rule, a.Time.Format("2006-01-02 15:04"), strconv.Itoa(a.Events), entitiesText(a.Entities), strings.Join(details, "; "),
			}})
		}
	}
	rules := report.TableSection{Title: "Rules", Note: "A rule that did not run finds nothing: its tables hold no events, or are not there.", Columns: []string{"State", "Rule", "Runs", "Alerts", "Missing", "Error"}}
	ran := 0
	tones := map[string]report.Tone{app.RuleRan: report.Good, app.RulePartial: "medium", app.RuleNotRun: "medium", app.RuleFailed: "critical"}
	words := map[string]string{app.RulePartial: "ran in part", app.RuleNotRun: "not run"}
	for _, r := range d.Rules {
		if r.State == app.RuleRan || r.State == app.RulePartial {
			ran++
		}
		state := r.State
		if w := words[state]; w != "" {
			state = w
		}
		rules.Rows = append(rules.Rows, report.TableRow{State: state, Tone: tones[r.State], Cells: []string{r.Name, strconv.Itoa(r.Runs), strconv.Itoa(r.Alerts), strings.Join(r.Missing, ", "), r.Error}})
	}
	subject := fmt.Sprintf("%d of %s ran", ran, plural(len(d.Rules), "rule"))
	if !d.From.IsZero() {
		subject = d.From.Format("2006-01-02 15:04") + " to " + d.To.Format("2006-01-02 15:04") + " UTC; " + subject
	}
	return &report.TablePage{
		Title: "Incidents", Subject: subject,
		Figures: []report.Figure{
			{Value: len(d.Incidents), Label: "incidents"}, {Value: count[finding.High], Label: "high", Tone: "high"}, {Value: count[finding.Medium], Label: "medium", Tone: "medium"},
			{Value: count[finding.Low] + count[finding.Informational], Label: "low or informational"}, {Value: len(d.Alerts), Label: "alerts"},
		},
		Sections: []report.TableSection{incidents, alerts, rules},
	}
}

// spanText writes when something began and ended, as shortly as it can.
func spanText(first, last time.Time) string {
	from, to := first.Format("2006-01-02 15:04"), last.Format("2006-01-02 15:04")
	switch {
	case from == to:
		return from
	case from[:10] == to[:10]:
		return from + " to " + to[11:]
	}
	return from + " to " + to
}
