package cli

import (
	"strings"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
)

// exposedPage is a page with what the Internet reaches.
func exposedPage(a *app.ExposedAnswer) *report.TablePage {
	open := report.TableSection{Title: "Reached from the Internet", Columns: []string{"Open to", "Resource", "Address", "Protocol", "Ports in front", "Ports", "From", "By"}}
	machines := map[string]bool{}
	for _, e := range a.Exposed {
		state, tone := "everyone", report.Tone("high")
		if !e.Everyone {
			state, tone = "some", "medium"
		}
		machines[e.ResourceID] = true
		by := e.Way
		if e.Rule != "" {
			by += " " + e.Rule
		}
		open.Rows = append(open.Rows, report.TableRow{State: state, Tone: tone, Cells: []string{e.Name, dashed(e.Address), e.Protocol, e.FrontPorts, e.Ports, strings.Join(append(e.Sources, e.Tags...), ", ") + exceptText(e.Except), by}})
	}
	list := func(title, state string, tone report.Tone, rows []app.Unexposed) report.TableSection {
		s := report.TableSection{Title: title, Columns: []string{"State", "Resource", "Address", "Why"}}
		for _, r := range rows {
			s.Rows = append(s.Rows, report.TableRow{State: state, Tone: tone, Cells: []string{r.Name, dashed(r.Address), r.Reason}})
		}
		return s
	}
	return &report.TablePage{
		Title: "Exposure", Subject: plural(a.Interfaces, "network interface"),
		Figures: []report.Figure{
			{Value: len(machines), Label: "resources reached", Tone: "high"}, {Value: len(a.Closed), Label: "public, and closed", Tone: report.Good}, {Value: len(a.Unknown), Label: "unknown", Tone: "medium"},
		},
		Sections: []report.TableSection{open, list("Unknown", "unknown", "medium", a.Unknown), list("Public, and closed", "closed", report.Good, a.Closed)},
	}
}
