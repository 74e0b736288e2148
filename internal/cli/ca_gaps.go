package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/jsondoc"
)

// caGapsFlags are the flags of azward ca gaps.
type caGapsFlags struct {
	ca        caFlags
	questions []string
	policies  string
	fail      bool
	emergency bool
	apps      []string
}

func newCAGapsCommand(env *Env) *cobra.Command {
	var f caGapsFlags
	cmd := &cobra.Command{
		Use:   "gaps (--demo | --from PATH ...)",
		Short: "Find every sign-in that the policies leave open, with a witness and a fix",
		Long: `Gaps searches the policies of a tenant, all together, for every sign-in in which
what a question asks is not guaranteed. Nothing is sampled: the regions it lists
are exactly the uncovered sign-ins. Each has a witness (a sign-in that azward ca
whatif confirms), the people in it, and the smallest change found that closes it.

A policy that asks for "mfa or a compliant device" guarantees neither. Report-only
policies guarantee nothing. A region that is closed only if a policy applies of
which that is not known is listed as unknown. Accounts for emergency access
(permanent Global Administrators whom most policies leave out) are set aside.

Questions: ` + strings.Join(questionIDs(), ", ") + `.`,
		Example: `  azward ca gaps --demo
  azward ca gaps --demo --question admin-mfa --format json
  azward ca gaps --demo --app Payroll --question mfa
  azward ca gaps --demo -o gaps.html
  azward ca gaps --from export/ --policies proposed.json --fail-on-gaps`,
		RunE: func(cmd *cobra.Command, args []string) error { return caGaps(cmd, env, &f, args) },
	}
	f.ca.add(cmd, "table", "json", "html")
	cmd.Flags().StringSliceVarP(&f.questions, "question", "q", nil, "ask only these `QUESTIONS` (default all)")
	cmd.Flags().StringVar(&f.policies, "policies", "", "use the policies in `FILE` (Graph's JSON) in place of the inventory's")
	cmd.Flags().BoolVar(&f.emergency, "with-emergency", false, "ask about the accounts for emergency access too, which policies leave out on purpose")
	cmd.Flags().StringArrayVar(&f.apps, "app", nil, "ask only about this `APP`: app id or display name (repeatable)")
	cmd.Flags().BoolVar(&f.fail, "fail-on-gaps", false, "exit with 1 where a question has an open region")
	return cmd
}

func questionIDs() []string {
	var out []string
	for _, q := range condaccess.Questions() {
		out = append(out, q.ID)
	}
	return out
}

func caGaps(cmd *cobra.Command, env *Env, f *caGapsFlags, args []string) error {
	var questions []condaccess.Question
	for _, id := range f.questions {
		q, ok := condaccess.QuestionByID(id)
		if !ok {
			return usagef("--question %s: expected %s", id, strings.Join(questionIDs(), ", "))
		}
		questions = append(questions, q)
	}
	if questions == nil {
		questions = condaccess.Questions()
	}
	c, err := f.ca.load(cmd, env, args)
	if err != nil {
		return err
	}
	if f.policies != "" {
		policies, err := readPolicies(env, f.policies)
		if err != nil {
			return err
		}
		c = c.With(policies)
	}
	var apps []string
	for _, a := range f.apps {
		id, err := c.FindApp(a)
		if err != nil {
			return err
		}
		apps = append(apps, id)
	}
	var answers []*condaccess.Gaps
	open := false
	for _, q := range questions {
		g := c.Set.Gaps(q, f.emergency, apps...)
		open = open || len(g.Open) > 0
		answers = append(answers, g)
	}
	err = writeOutput(env, f.ca.output, func(out io.Writer) error {
		if f.ca.format == "json" {
			var list []jsondoc.Value
			for _, g := range answers {
				list = append(list, g.JSON(c.Set))
			}
			return writeValue(out, jsondoc.NewObject(jsondoc.Member{Name: "questions", Value: jsondoc.NewArray(list...)}))
		}
		if f.ca.format == "html" {
			return report.GapsHTML(out, thisTool(), gapsPage(c, answers))
		}
		w := &printer{Writer: out}
		if aside := answers[0].Emergency; len(aside) > 0 {
			var names []string
			for _, u := range aside {
				names = append(names, u.UPN)
			}
			w.printf("set aside, emergency access: %s\n\n", strings.Join(names, ", "))
		}
		for _, g := range answers {
			writeGaps(w, c, g)
		}
		return w.err
	})
	if err == nil && f.fail && open {
		return errFindings
	}
	return err
}

// gapsPage puts answers on a page.
func gapsPage(c *app.ConditionalAccess, answers []*condaccess.Gaps) *report.GapsPage {
	p := &report.GapsPage{Subject: fmt.Sprintf("%d policies, and every sign-in that they could meet.", len(c.Policies))}
	for i, g := range answers {
		if i == 0 {
			var names []string
			for _, u := range g.Emergency {
				names = append(names, u.UPN)
			}
			p.Aside = strings.Join(names, ", ")
		}
		q := report.GapQuestion{ID: g.Question.ID, Title: g.Question.Title, Holds: g.Holds(), Asked: g.Asked, People: condaccess.People(g.Open), Inexact: !g.Exact}
		for _, part := range [][]condaccess.Region{g.Open, g.Unknown} {
			for k := range part {
				r := &part[k]
				var weak []string
				for _, w := range r.Weak {
					weak = append(weak, w.Name())
				}
				q.Regions = append(q.Regions, report.GapRegion{Known: k < len(g.Open) && &part[k] == &g.Open[k], People: r.People, Comers: r.Comers, Conditions: r.Conditions(), Strips: r.Strips(),
					Weak: strings.Join(weak, ", "), Witness: witnessText(c.Set, &r.Witness), Fix: c.Set.Close(g.Question, r).Text})
			}
		}
		p.Questions = append(p.Questions, q)
	}
	return p
}

func writeGaps(w *printer, c *app.ConditionalAccess, g *condaccess.Gaps) {
	verdict := map[condaccess.Tri]string{condaccess.True: "holds", condaccess.False: "DOES NOT HOLD", condaccess.Unknown: "unknown"}[g.Holds()]
	w.printf("%s: %s\n  %s\n", g.Question.ID, verdict, g.Question.Title)
	if len(g.Open) > 0 {
		w.printf("  %d regions, %d of %d people\n", len(g.Open), condaccess.People(g.Open), g.Asked)
	}
	for _, part := range []struct {
		mark    string
		regions []condaccess.Region
	}{{"open", g.Open}, {"unknown", g.Unknown}} {
		for i := range part.regions {
			r := &part.regions[i]
			w.printf("\n  %s %d: %d people%s\n", part.mark, i+1, r.People, map[bool]string{true: ", and some who may come"}[r.Comers])
			for _, x := range r.Conditions() {
				w.printf("    %-13s %s\n", x.Axis, x.Text)
			}
			for _, p := range r.Weak {
				w.printf("    not enough    %s\n", p.Name())
			}
			w.printf("    witness       %s\n", witnessText(c.Set, &r.Witness))
			w.printf("    fix           %s\n", c.Set.Close(g.Question, r).Text)
		}
	}
	w.printf("\n")
}

// witnessText says a sign-in in one line.
func witnessText(set *condaccess.Set, x *condaccess.SignIn) string {
	who := "somebody new"
	if x.User != "" {
		who = set.UserName(x.User)
	}
	what := x.Action.String()
	if x.App != "" {
		what = set.AppName(x.App)
	} else if len(x.Contexts) > 0 {
		what = "authentication context " + x.Contexts[0]
	}
	parts := []string{who, what}
	for _, s := range []string{x.Client.String(), x.Platform.String(), x.IP.String(), x.Country} {
		if s != "" && s != "invalid IP" {
			parts = append(parts, s)
		}
	}
	for _, p := range []struct{ name, value string }{{"flow", x.Flow.String()}, {"sign-in risk", x.SignInRisk.String()}, {"user risk", x.UserRisk.String()}} {
		if p.value != "" && p.value != "none" {
			parts = append(parts, p.name+" "+p.value)
		}
	}
	return strings.Join(parts, ", ")
}
