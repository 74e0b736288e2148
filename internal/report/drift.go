package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/snapshot"
)

// Drift is what became of a tenant, and of what was judged of it, between two
// readings. Its JSON form is that of `azward diff --format json`.
type Drift struct {
	Before   DriftSide     `json:"before"`
	After    DriftSide     `json:"after"`
	Score    ScoreMove     `json:"score"`
	New      []VerdictMove `json:"new"`      // findings that are open now and were not
	Closed   []VerdictMove `json:"closed"`   // findings that were open and are known not to be now
	Verdicts []VerdictMove `json:"verdicts"` // every other verdict that changed its state
	Changes  snapshot.Diff `json:"resources"`
	People   []Change      `json:"people"` // of what was added, changed or removed: who is to be asked
}

// DriftSide is one of the two readings.
type DriftSide struct {
	Subject    string    `json:"subject"`
	JudgedAt   time.Time `json:"judgedAt"` // when it was read, where it says so
	Resources  int       `json:"resources"`
	Current    float64   `json:"current"`
	Max        int       `json:"max"`
	Percentage float64   `json:"percentage"`
	Open       int       `json:"open"`    // findings
	Unknown    int       `json:"unknown"` // verdicts
}

// ScoreMove is how far the Secure Score moved.
type ScoreMove struct {
	Points     float64       `json:"points"`
	Percentage float64       `json:"percentage"` // of the whole, 0 to 1
	Controls   []ControlMove `json:"controls"`   // those that moved
}

// ControlMove is how far a control of the Secure Score moved. A maximum of zero
// says that nothing was assessed.
type ControlMove struct {
	Name   string  `json:"name"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	MaxWas int     `json:"maxBefore"`
	MaxIs  int     `json:"maxAfter"`
}

// VerdictMove is a verdict that is another now. A state is one of finding's, or
// Absent where the resource is known not to be there.
type VerdictMove struct {
	ResourceID string           `json:"resourceId"`
	ControlID  string           `json:"controlId"`
	Title      string           `json:"title"`
	Severity   finding.Severity `json:"severity"`
	Before     string           `json:"before"`
	After      string           `json:"after"`
	Reasons    []string         `json:"reasons,omitempty"` // of an open finding
	Ask        *Person          `json:"ask,omitempty"`
}

// Absent is the state of a verdict on a resource that is not there.
const Absent = "Absent"

// Change names who is to be asked about a resource.
type Change struct {
	ResourceID string `json:"resourceId"`
	What       string `json:"what"` // added, changed, removed
	Ask        Person `json:"ask"`
}

// Person is who Azure says created or changed a resource last.
type Person struct {
	ID   string `json:"id"` // as Azure says it: a name or the id of an object
	Name string `json:"name,omitempty"`
	Kind string `json:"kind,omitempty"` // User, Application, ManagedIdentity, Key
	Did  string `json:"did"`            // created, changed or deleted
	At   string `json:"at,omitempty"`
}

// Text says it in words.
func (p Person) Text() string {
	who := p.ID
	if p.Name != "" && !strings.EqualFold(p.Name, p.ID) {
		who = p.Name + " (" + p.ID + ")"
	}
	at := ""
	if p.At != "" {
		at = " at " + p.At
	}
	return p.Did + " by " + who + at
}

// Worst returns the severity of the gravest new finding; ok is false where there
// is none.
func (d *Drift) Worst() (worst finding.Severity, ok bool) {
	for _, f := range d.New {
		worst, ok = max(worst, f.Severity), true
	}
	return worst, ok
}

// shownMoves is how many lines of a kind are shown to a person.
const shownMoves = 50

// DriftText writes a drift for a person.
func DriftText(w io.Writer, d *Drift) error {
	out := newWriter(w)
	p := func(format string, args ...any) { out.printf(format+"\n", args...) }
	p("%s", d.headline())
	for _, c := range d.Score.Controls {
		p("  %s: %s of %d -> %s of %d points", clean(c.Name), number(c.Before), c.MaxWas, number(c.After), c.MaxIs)
	}
	moves := func(title string, list []VerdictMove) {
		if len(list) == 0 {
			return
		}
		p("\n%s", title)
		for _, m := range list[:min(len(list), shownMoves)] {
			p("  %-13s %s [%s]", m.Severity, clean(m.Title), clean(m.ControlID))
			p("    %s: %s -> %s", clean(m.ResourceID), m.Before, m.After)
			for _, r := range m.Reasons {
				p("    %s", clean(r))
			}
			if m.Ask != nil {
				p("    ask: %s", clean(m.Ask.Text()))
			}
		}
		more(p, "  ", len(list))
	}
	moves("NEW FINDINGS", d.New)
	moves("CLOSED FINDINGS", d.Closed)
	moves("OTHER VERDICTS THAT CHANGED", d.Verdicts)
	p("\nRESOURCES: %s", d.counts())
	asked := map[string]string{}
	for _, c := range d.People {
		asked[c.ResourceID] = "  " + c.Ask.Text()
	}
	refs := func(sign string, list []snapshot.Ref) {
		for _, r := range list[:min(len(list), shownMoves)] {
			p("%s %s%s", sign, clean(r.ID), clean(asked[r.ID]))
		}
		more(p, "  ", len(list))
	}
	refs("+", d.Changes.Added)
	refs("-", d.Changes.Removed)
	for _, c := range d.Changes.Changed[:min(len(d.Changes.Changed), shownMoves)] {
		p("~ %s%s", clean(c.ID), clean(asked[c.ID]))
		for _, path := range c.Paths[:min(len(c.Paths), 5)] {
			p("    %s: %s -> %s", clean(path.Path), valueText(path, false), valueText(path, true))
		}
		if n := len(c.Paths) - 5; n > 0 {
			p("    and %d more places", n)
		}
	}
	more(p, "  ", len(d.Changes.Changed))
	refs("?", d.Changes.Unknown)
	return out.flush()
}

func more(p func(string, ...any), indent string, total int) {
	if n := total - shownMoves; n > 0 {
		p("%sand %s more; --format json has all of them", indent, thousands(n))
	}
}

func valueText(c snapshot.PathChange, after bool) string {
	v := c.Before
	if after {
		v = c.After
	}
	if v == nil {
		return "(absent)"
	}
	const most = 60
	text := []rune(clean(string(v.AppendJSON(nil))))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

func (d *Drift) headline() string {
	return fmt.Sprintf("Secure Score %s -> %s (%s points, %s of %d -> %s of %d); %d new, %d closed; %d -> %d findings open, %d -> %d unknown",
		percent(d.Before.Percentage), percent(d.After.Percentage), signed(d.Score.Points), number(d.Before.Current), d.Before.Max, number(d.After.Current), d.After.Max,
		len(d.New), len(d.Closed), d.Before.Open, d.After.Open, d.Before.Unknown, d.After.Unknown)
}

func (d *Drift) counts() string {
	text := fmt.Sprintf("%d added, %d removed, %d changed", len(d.Changes.Added), len(d.Changes.Removed), len(d.Changes.Changed))
	if n := len(d.Changes.Unknown); n > 0 {
		text += fmt.Sprintf(", %d not known", n)
	}
	return text
}

func signed(f float64) string {
	text := number(f)
	if f > 0 && text != "0" {
		return "+" + text
	}
	return text
}

// DriftMarkdown writes a drift for a pull request or a wiki.
func DriftMarkdown(w io.Writer, d *Drift) error {
	out := newWriter(w)
	p := func(format string, args ...any) { out.printf(format+"\n", args...) }
	p("# What changed: %s\n\n%s\n", escapeMD(d.After.Subject), escapeMD(d.headline()))
	if len(d.Score.Controls) > 0 {
		p("| Control | Before | After |\n|---|--:|--:|")
		for _, c := range d.Score.Controls {
			p("| %s | %s / %d | %s / %d |", escapeMD(c.Name), number(c.Before), c.MaxWas, number(c.After), c.MaxIs)
		}
	}
	moves := func(title string, list []VerdictMove) {
		if len(list) == 0 {
			return
		}
		p("\n## %s\n\n| Severity | Control | Resource | Was | Is | Ask |\n|---|---|---|---|---|---|", title)
		for _, m := range list[:min(len(list), shownMoves)] {
			ask := "-"
			if m.Ask != nil {
				ask = escapeMD(m.Ask.Text())
			}
			p("| %s | %s | %s | %s | %s | %s |", m.Severity, escapeMD(m.Title), escapeMD(m.ResourceID), m.Before, m.After, ask)
		}
		more(p, "\n", len(list))
	}
	moves("New findings", d.New)
	moves("Closed findings", d.Closed)
	moves("Other verdicts that changed", d.Verdicts)
	p("\n## Resources\n\n%s.\n", d.counts())
	line := func(what, id string) { p("- %s %s", what, escapeMD(id)) }
	for _, r := range d.Changes.Added[:min(len(d.Changes.Added), shownMoves)] {
		line("added", r.ID)
	}
	for _, r := range d.Changes.Removed[:min(len(d.Changes.Removed), shownMoves)] {
		line("removed", r.ID)
	}
	for _, c := range d.Changes.Changed[:min(len(d.Changes.Changed), shownMoves)] {
		line("changed", c.ID)
	}
	return out.flush()
}
