package cli

import (
	"fmt"

	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/review"
)

// reviewPage shows how far a review is: what is left first, then what was decided
// and by whom.
func reviewPage(r *review.Record) *report.TablePage {
	left := report.TableSection{Title: "Left to decide", Columns: []string{"Recommended", "Who", "Holds", "Where", "Evidence"}}
	decided := report.TableSection{Title: "Decided", Columns: []string{"Decision", "Who", "Holds", "Where", "By", "When", "Why"}}
	approved, denied := 0, 0
	tone := map[string]report.Tone{review.Deny: "critical", review.Approve: report.Good}
	for _, it := range r.Items {
		d, ok := r.Decided(it.ID)
		if !ok {
			t := tone[it.Recommendation]
			if t == "" {
				t = "medium"
			}
			left.Rows = append(left.Rows, report.TableRow{State: it.Recommendation, Tone: t, Cells: []string{it.Principal, it.What, whereOf(it.Scope), it.Evidence}})
			continue
		}
		if d.Decision == review.Deny {
			denied++
		} else {
			approved++
		}
		decided.Rows = append(decided.Rows, report.TableRow{State: d.Decision, Tone: tone[d.Decision], Cells: []string{it.Principal, it.What, whereOf(it.Scope), d.By, d.At.UTC().Format("2006-01-02 15:04"), d.Justification}})
	}
	signed := report.TableSection{Title: "Signed off", Note: "The record ends in " + r.Head() + ".", Columns: []string{"By", "When", "Decisions", "SHA-256 of the file"}}
	for _, s := range r.SignOffs {
		signed.Rows = append(signed.Rows, report.TableRow{Cells: []string{s.Reviewer, s.At.UTC().Format("2006-01-02 15:04"), fmt.Sprint(s.Count), s.File}})
	}
	return &report.TablePage{
		Title: r.Campaign.Name, Subject: fmt.Sprintf("Access review, begun %s, due %s", r.Begun.Format("2006-01-02"), r.Campaign.DueOn(r.Begun).Format("2006-01-02")),
		Figures: []report.Figure{
			{Value: len(r.Items), Label: "items"}, {Value: len(left.Rows), Label: "left", Tone: "medium"}, {Value: approved, Label: "approved", Tone: report.Good}, {Value: denied, Label: "denied", Tone: "critical"},
		},
		Sections: []report.TableSection{left, decided, signed},
	}
}

// whereOf names a scope for a page: the root of all is not a slash to a reader.
func whereOf(scope string) string {
	if scope == "/" {
		return "the whole tenant"
	}
	return scope
}
