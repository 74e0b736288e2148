package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/azward/azward/finding"
)

// TerminalOptions say how the summary for a person looks.
type TerminalOptions struct {
	Color bool
	Width int    // columns; at least 60 are used and at most 100
	Next  string // command line that shows more, as the user would type it
}

// Terminal writes the summary for a person: the score, a bar for each control,
// the findings that matter most, what is not known, and the next step.
func Terminal(w io.Writer, a *Assessment, o TerminalOptions) error {
	t := &terminal{w: newWriter(w), a: a, o: o, width: min(max(o.Width, 60), 100)}
	t.heading()
	t.score()
	t.controls()
	t.matters()
	t.unknown()
	t.exemptions()
	t.notices()
	t.next()
	return t.w.flush()
}

type terminal struct {
	w     *writer
	a     *Assessment
	o     TerminalOptions
	width int
}

// Styles of the terminal, by ECMA-48 number.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	yellow = "33"
	green  = "32"
	blue   = "36"
	alarm  = "1;31"
)

func (t *terminal) style(code, text string) string {
	if !t.o.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (t *terminal) line(format string, args ...any) {
	t.w.printf(format, args...)
	t.w.text("\n")
}

func (t *terminal) title(text string) {
	t.line("")
	t.line("  %s", t.style(bold, text))
}

func (t *terminal) heading() {
	when := t.a.GeneratedAt.Format("2 January 2006, 15:04")
	subject := clip(t.a.Subject, t.width-4-len(when)-12)
	gap := max(2, t.width-4-9-length(subject)-len(when))
	t.line("")
	t.line("  %s · %s%s%s", t.style(bold, "azward"), subject, strings.Repeat(" ", gap), t.style(dim, when))
}

func (t *terminal) score() {
	s := t.a.Score
	t.line("")
	if s.Max == 0 {
		t.line("  %s  nothing that counts was assessed", t.style(bold, "Secure Score"))
		return
	}
	color := scoreColor(s.Percentage)
	width := t.width - 46
	t.line("  %s  %s  %s  %s", t.style(bold, "Secure Score"), t.style("1;"+color, fmt.Sprintf("%5s", percent(s.Percentage))),
		t.bar(s.Percentage, width, color), fmt.Sprintf("%s of %d points", number(s.Current), s.Max))
	open := t.a.CountOpen()
	var counts []string
	for sev := finding.Critical; ; sev-- {
		if n := open[sev]; n > 0 {
			counts = append(counts, t.style(severityStyle(sev), thousands(n)+" "+sev.String()))
		}
		if sev == finding.Informational {
			break
		}
	}
	if len(counts) == 0 {
		counts = []string{t.style(green, "no open findings")}
	}
	t.line("  %s", strings.Join(counts, t.style(dim, " · ")))
	facts := []string{
		plural(len(t.a.Inventory.Subscriptions), "subscription"), plural(t.a.Inventory.Resources, "resource"),
		plural(len(t.a.Controls), "control"),
	}
	if s.BeforeExemptions != s.Percentage {
		facts = append(facts, percent(s.BeforeExemptions)+" before exemptions")
	}
	t.line("  %s", t.style(dim, clip(strings.Join(facts, " · "), t.width-3)))
}

func (t *terminal) controls() {
	if len(t.a.Score.Controls) == 0 {
		return
	}
	const barWidth = 10
	wide := t.width >= 78
	nameWidth := t.width - barWidth - 23
	if wide {
		nameWidth -= 9
	}
	nameWidth = min(nameWidth, 40)
	head := fmt.Sprintf("  %-*s %*s %9s %9s", nameWidth, "Controls", barWidth, "", "points", "healthy")
	if wide {
		head += "  to gain"
	}
	t.line("")
	t.line("%s", t.style(bold, head))
	for _, c := range t.a.Score.Controls {
		if c.DefinitionMax == 0 && c.Healthy+c.Unhealthy == 0 {
			continue
		}
		name := fmt.Sprintf("  %-*s", nameWidth, clip(c.Name, nameWidth))
		healthy := thousands(c.Healthy) + "/" + thousands(c.Healthy+c.Unhealthy)
		gain := ""
		switch {
		case c.Healthy+c.Unhealthy == 0:
			what := "nothing to assess"
			if c.Unknown > 0 {
				what = "not known"
			}
			t.line("%s %s", name, t.style(dim, what))
			continue
		case c.Max == 0:
			share := float64(c.Healthy) / float64(c.Healthy+c.Unhealthy)
			t.line("%s %s %9s %9s", name, t.bar(share, barWidth, dim), "-", healthy)
			continue
		case c.PotentialIncrease > 0:
			gain = fmt.Sprintf("  +%s", percent(c.PotentialIncrease))
		}
		if !wide {
			gain = ""
		}
		t.line("%s %s %9s %9s%s", name, t.bar(c.Percentage, barWidth, scoreColor(c.Percentage)),
			fmt.Sprintf("%s/%d", number(c.Current), c.Max), healthy, t.style(blue, gain))
	}
}

// topFindings is how many findings the summary names.
const topFindings = 5

func (t *terminal) matters() {
	matters := t.a.Matters()
	if len(matters) == 0 {
		return
	}
	t.title("What matters most: it should be so, and is not")
	for i, m := range matters[:min(topFindings, len(matters))] {
		label := fmt.Sprintf("%-8s", strings.ToUpper(m.Severity.String()))
		t.line("  %d %s  %s", i+1, t.style(severityStyle(m.Severity), label), clip(m.Title, t.width-15))
		var names []string
		for _, f := range m.First(3) {
			names = append(names, clean(f.ResourceName))
		}
		text := strings.Join(names, ", ")
		if more := m.Open() - len(names); more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		t.line("              %s", clip(text, t.width-15))
		var facts []string
		if m.Control.Owner != "" {
			facts = append(facts, "for "+m.Control.Owner)
		}
		if m.Effort != "" {
			facts = append(facts, m.Effort+" effort")
		}
		if more := gain(m.Gain); more != "" {
			facts = append(facts, more+" score")
		}
		facts = append(facts, m.ID)
		t.line("              %s", t.style(dim, clip(strings.Join(facts, " · "), t.width-15)))
	}
	if rest := len(matters) - topFindings; rest > 0 {
		t.line("  %s", t.style(dim, fmt.Sprintf("  and %s with open findings", plural(rest, "more control"))))
	}
}

func (t *terminal) unknown() {
	groups := t.a.UnknownGroups()
	if len(groups) == 0 {
		return
	}
	t.title(fmt.Sprintf("Not known: %s", plural(t.a.Unknown.Len(), "verdict")))
	u := t.a.Score.Unknown
	if u.Worst < t.a.Score.Percentage {
		t.line("  %s", t.style(yellow, fmt.Sprintf("If all of them are bad, the score is %s.", percent(u.Worst))))
	}
	const shown = 4
	for _, g := range groups[:min(shown, len(groups))] {
		t.line("  %6d  %s", g.Verdicts, clip(clean(g.Reason), t.width-11))
	}
	if rest := len(groups) - shown; rest > 0 {
		t.line("          %s", t.style(dim, "and "+plural(rest, "more reason")))
	}
}

func (t *terminal) exemptions() {
	expired := 0
	for _, e := range t.a.Exemptions {
		if e.Expired {
			expired++
		}
	}
	if expired > 0 {
		t.line("")
		t.line("  %s", t.style(yellow, plural(expired, "exemption")+" expired and no longer count:"))
		for _, e := range t.a.Exemptions {
			if e.Expired {
				t.line("    %s", clip(joinFacts(e.Expires, clean(shortPlace(e.Control)), clean(lastName(e.Scope)), clean(e.Owner)), t.width-5))
			}
		}
	}
}

func (t *terminal) notices() {
	var worth []Notice
	for _, n := range t.a.Notices {
		if n.Severity != "info" && n.Code != CodeExpired {
			worth = append(worth, n)
		}
	}
	if len(worth) == 0 {
		return
	}
	t.title("About the input")
	const shown = 4
	for _, n := range worth[:min(shown, len(worth))] {
		if n.Place == "" {
			t.line("  %s %s", t.style(yellow, "!"), clip(clean(n.Message), t.width-5))
			continue
		}
		t.line("  %s %s", t.style(yellow, "!"), clip(clean(shortPlace(n.Place)), t.width-5))
		t.line("    %s", t.style(dim, clip(clean(shortMessage(n.Message)), t.width-5)))
	}
	if rest := len(worth) - shown; rest > 0 {
		t.line("    %s", t.style(dim, fmt.Sprintf("and %d more; --format json has all of them", rest)))
	}
}

func (t *terminal) next() {
	if len(t.a.Plan) > 0 {
		t.title("First step")
		first := t.a.Plan[0]
		adds := ""
		if more := gain(first.Gain); more != "" {
			adds = ", " + more + " score"
		}
		t.line("  %s", clip(first.Title, t.width-3))
		t.line("  %s", t.style(dim, fmt.Sprintf("%s on %s%s", plural(first.Findings, "finding"), plural(first.Resources, "resource"), adds)))
		if len(first.Commands) > 0 {
			lines := strings.Split(strings.TrimSpace(first.Commands[0].AzCLI), "\n")
			for _, l := range lines[:min(2, len(lines))] {
				t.line("    %s", t.style(blue, clip(clean(l), t.width-5)))
			}
		}
	}
	if t.o.Next != "" {
		t.line("")
		t.line("  Everything, with commands and who owns what:")
		t.line("    %s", t.style(blue, clean(t.o.Next)))
	}
	t.line("")
	t.line("  %s", t.style(dim, fmt.Sprintf("%s verdicts in %s", thousands(t.a.Timings.Evaluations), duration(float64(t.a.Timings.Total)))))
}

func (t *terminal) bar(share float64, width int, color string) string {
	width = max(width, 4)
	full := min(width, max(0, int(math.Round(share*float64(width)))))
	if share > 0 && full == 0 {
		full = 1
	}
	if share < 1 && full == width {
		full = width - 1
	}
	return t.style(color, strings.Repeat("█", full)) + t.style(dim, strings.Repeat("░", width-full))
}
