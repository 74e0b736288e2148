package report

import (
	"io"
	"strings"

	"github.com/azward/azward/finding"
)

// Markdown writes the assessment for a wiki or a pull request: the score, what
// matters most, the plan, compliance, and what is not known.
func Markdown(w io.Writer, a *Assessment) error {
	out := newWriter(w)
	p := func(format string, args ...any) { out.printf(format+"\n", args...) }
	s := a.Score
	p("# Azure security: %s\n", escapeMD(a.Subject))
	p("%s · %s · %s · %s\n", a.GeneratedAt.Format("2 January 2006 15:04 MST"), plural(len(a.Inventory.Subscriptions), "subscription"),
		plural(a.Inventory.Resources, "resource"), plural(len(a.Controls), "control"))
	if s.Max == 0 {
		p("**Nothing that counts in the Secure Score was assessed.**\n")
	} else {
		p("**Secure Score %s** (%s of %d points; %s before exemptions; between %s and %s once everything is known)\n",
			percent(s.Percentage), number(s.Current), s.Max, percent(s.BeforeExemptions), percent(s.Unknown.Worst), percent(s.Unknown.Best))
	}
	open := a.CountOpen()
	p("%d critical, %d high, %d medium and %d low findings are open; %s could not be decided.\n",
		open[finding.Critical], open[finding.High], open[finding.Medium], open[finding.Low]+open[finding.Informational], plural(a.Unknown.Len(), "verdict"))
	p("## Score by control\n\n| Control | Points | Healthy | Unhealthy | Not known | To gain |\n|---|--:|--:|--:|--:|--:|")
	for _, c := range s.Controls {
		p("| %s | %s / %d | %d | %d | %d | %s |", escapeMD(c.Name), number(c.Current), c.Max, c.Healthy, c.Unhealthy, c.Unknown, percent(c.PotentialIncrease))
	}
	if len(s.Scopes) > 1 {
		p("\n## Score by subscription\n\n| Subscription | Score | Points | Weight |\n|---|--:|--:|--:|")
		for _, sc := range s.Scopes {
			p("| %s | %s | %s / %d | %d |", escapeMD(a.scopeName(sc.Scope)), percent(sc.Percentage), number(sc.Current), sc.Max, sc.Weight)
		}
	}
	matters := a.Matters()
	p("\n## Findings\n")
	if len(matters) == 0 {
		p("None.")
	} else {
		p("| Severity | Control | Resources | Owner | Effort |\n|---|---|--:|---|---|")
	}
	for _, m := range matters {
		p("| %s | %s<br>`%s` | %d | %s | %s |", m.Severity, escapeMD(m.Title), m.ID, m.Open(), m.Control.Owner, m.Effort)
	}
	p("\n## Plan\n")
	for i, act := range a.Plan[:min(20, len(a.Plan))] {
		p("%d. **%s** (%s, %s effort, for %s; %s on %s; score %s afterwards)", i+1, escapeMD(act.Title), act.Severity, orDash(act.Effort), orDash(act.Owner),
			plural(act.Findings, "finding"), plural(act.Resources, "resource"), percent(act.ScoreAfter))
		for _, b := range act.Breaks {
			p("   - Could break: %s", escapeMD(b))
		}
		if len(act.Commands) > 0 {
			p("\n   ```sh")
			for _, c := range act.Commands[:min(5, len(act.Commands))] {
				for line := range strings.Lines(c.AzCLI) {
					p("   %s", strings.ReplaceAll(strings.TrimRight(clean(line), "\n"), "```", "` ` `"))
				}
			}
			if more := len(act.Commands) - 5; more > 0 {
				p("   # and the same for %d more, see --format json", more)
			}
			p("   ```\n")
		}
	}
	if rest := len(a.Plan) - 20; rest > 0 {
		p("\n%s follow; see --format html.", plural(rest, "more action"))
	}
	p("\n## Compliance\n\n| Framework | Met | Not met | Not known | Not assessed | Microsoft's |\n|---|--:|--:|--:|--:|--:|")
	for _, f := range a.Compliance {
		p("| %s | %d | %d | %d | %d | %d |", escapeMD(f.Name), f.Summary.Met, f.Summary.NotMet, f.Summary.Unknown, f.Summary.NotAssessed, f.Summary.Inherited)
	}
	p("\nMet means: every control that azward has for the requirement passes. A requirement without a control is not assessed, never met.")
	if groups := a.UnknownGroups(); len(groups) > 0 {
		p("\n## Not known\n\n| Verdicts | Controls | Why |\n|--:|--:|---|")
		for _, g := range groups {
			p("| %d | %d | %s |", g.Verdicts, g.Controls, escapeMD(g.Reason))
		}
	}
	if len(a.Notices) > 0 {
		p("\n## About the input\n")
		for _, n := range a.Notices {
			p("- %s: %s %s", n.Severity, escapeMD(n.Place), escapeMD(n.Message))
		}
	}
	return out.flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// escapeMD takes the meaning out of Markdown and HTML in text that is not ours.
func escapeMD(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`).Replace(clean(s))
}
