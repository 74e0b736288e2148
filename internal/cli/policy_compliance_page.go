package cli

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/policy/assign"
)

// compliancePage is a page with who complies with which assignment, and the
// results behind it.
func compliancePage(c *app.PolicyCompliance, results []app.ComplianceResult) *report.TablePage {
	assignments := report.TableSection{Title: "Assignments", Columns: []string{"State", "Assignment", "Scope", "Non-compliant", "Conflict", "Unknown", "Compliant", "Exempt", "Share"}}
	for i := range c.Assignments {
		l := &c.Assignments[i]
		name := cmp.Or(l.Name, l.ID)
		if l.Enforcement == "DoNotEnforce" {
			name += " (not enforced)"
		}
		if len(l.NotStarted) > 0 {
			name += "; not evaluated: " + strings.Join(l.NotStarted, "; ")
		}
		share := "–"
		if l.NonCompliant+l.Conflict+l.Unknown+l.Compliant+l.Exempt > 0 {
			share = fmt.Sprintf("%.0f%%", 100*l.Percentage)
		}
		assignments.Rows = append(assignments.Rows, report.TableRow{State: l.State, Tone: stateTone(l.State), Cells: []string{
			name, l.Scope, strconv.Itoa(l.NonCompliant), strconv.Itoa(l.Conflict), strconv.Itoa(l.Unknown), strconv.Itoa(l.Compliant), strconv.Itoa(l.Exempt), share,
		}})
	}
	list := report.TableSection{Title: "Results", Columns: []string{"State", "Policy", "Resource", "Effect", "Why"}}
	for i := range results {
		r := &results[i]
		why := strings.Join(r.Reasons, "; ")
		if r.Message != "" {
			why = r.Message + " (" + why + ")"
		}
		if r.Exemption != "" {
			why = "exempt: " + r.Exemption
		}
		list.Rows = append(list.Rows, report.TableRow{State: r.State, Tone: stateTone(r.State), Cells: []string{cmp.Or(r.DisplayName, r.DefinitionID), r.ResourceID, r.Effect, why}})
	}
	t := c.Total()
	return &report.TablePage{
		Title: "Policy compliance", Subject: fmt.Sprintf("%d assignments over %d resources", len(c.Assignments), len(c.Resources)),
		Figures: []report.Figure{
			{Value: t.NonCompliant, Label: "non-compliant", Tone: "critical"}, {Value: t.Conflict, Label: "in conflict", Tone: "high"}, {Value: t.Unknown, Label: "unknown", Tone: "medium"},
			{Value: t.Compliant, Label: "compliant", Tone: report.Good}, {Value: t.Exempt, Label: "exempt"},
		},
		Sections: []report.TableSection{assignments, list},
	}
}

// stateTone is the tone of a compliance state.
func stateTone(state string) report.Tone {
	switch state {
	case finding.NonCompliant.String():
		return "critical"
	case assign.StateConflict:
		return "high"
	case finding.Unknown.String():
		return "medium"
	case finding.Compliant.String():
		return report.Good
	}
	return report.Neutral
}
