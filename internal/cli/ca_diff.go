package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/jsondoc"
)

func newCADiffCommand(env *Env) *cobra.Command {
	var f caFlags
	var before, after string
	var fail bool
	cmd := &cobra.Command{
		Use:   "diff (--demo | --from PATH ...) --policies FILE",
		Short: "Say which sign-ins get weaker or stronger between two sets of policies",
		Long: `Diff compares two sets of policies over every possible sign-in, exactly: for each
question of azward ca gaps, where what it asks was guaranteed and no longer is,
where it is now and was not, and who is newly blocked or let in. The first set is
the inventory's, or the one in --before.`,
		Example: `  azward ca diff --demo --policies proposed.json
  azward ca diff --demo --policies proposed.json -o diff.html
  azward ca diff --from export/ --before old.json --policies new.json --fail-on-weaker`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if after == "" {
				return &usageError{message: "nothing to compare with", help: "give the proposed set with --policies FILE"}
			}
			c, err := f.load(cmd, env, args)
			if err != nil {
				return err
			}
			old := c.Policies
			if before != "" {
				if old, err = readPolicies(env, before); err != nil {
					return err
				}
			}
			proposed, err := readPolicies(env, after)
			if err != nil {
				return err
			}
			changes, set := condaccess.Diff(old, proposed, c.Tenant, condaccess.Questions())
			weaker := false
			for i := range changes {
				weaker = weaker || len(changes[i].Weaker) > 0 && changes[i].Question.ID != "blocked"
			}
			err = writeOutput(env, f.output, func(w io.Writer) error {
				if f.format == "json" {
					return writeValue(w, changesJSON(changes))
				}
				if f.format == "html" {
					return report.TablePageHTML(w, thisTool(), changesPage(set, changes))
				}
				p := &printer{Writer: w}
				writeChanges(p, set, changes)
				return p.err
			})
			if err == nil && fail && weaker {
				return errFindings
			}
			return err
		},
	}
	f.add(cmd, "table", "json", "html")
	cmd.Flags().StringVar(&after, "policies", "", "the proposed policies: a `FILE` in Graph's JSON")
	cmd.Flags().StringVar(&before, "before", "", "compare with the policies in `FILE` in place of the inventory's")
	cmd.Flags().BoolVar(&fail, "fail-on-weaker", false, "exit with 1 where a guarantee is lost for some sign-in")
	return cmd
}

// changesPage is a page with which sign-ins get weaker, and which stronger.
func changesPage(set *condaccess.Set, changes []condaccess.Change) *report.TablePage {
	page := &report.TablePage{Title: "Proposed policies", Subject: "Which sign-ins get weaker or stronger, over all that there can be"}
	for _, part := range []struct {
		title, state string
		tone         report.Tone
		of           func(*condaccess.Change) []condaccess.Region
	}{
		{"Weaker", "weaker", "critical", func(c *condaccess.Change) []condaccess.Region { return c.Weaker }},
		{"Stronger", "stronger", report.Good, func(c *condaccess.Change) []condaccess.Region { return c.Stronger }},
	} {
		table := report.TableSection{Title: part.title, Columns: []string{"Change", "Of what", "People", "Sign-ins", "Witness"}}
		for i := range changes {
			regions := part.of(&changes[i])
			for k := range regions {
				r := &regions[k]
				var where []string
				for _, x := range r.Conditions() {
					where = append(where, x.Axis+": "+x.Text)
				}
				people := fmt.Sprint(r.People) + map[bool]string{true: ", and some who may come"}[r.Comers]
				table.Rows = append(table.Rows, report.TableRow{State: part.state, Tone: part.tone, Cells: []string{changes[i].Question.Title, people, strings.Join(where, "; "), witnessText(set, &r.Witness)}})
			}
		}
		page.Figures = append(page.Figures, report.Figure{Value: len(table.Rows), Label: "regions " + part.state, Tone: part.tone})
		page.Sections = append(page.Sections, table)
	}
	return page
}

func writeChanges(w *printer, set *condaccess.Set, changes []condaccess.Change) {
	any := false
	for i := range changes {
		c := &changes[i]
		for _, part := range []struct {
			word    string
			regions []condaccess.Region
		}{{"weaker", c.Weaker}, {"stronger", c.Stronger}} {
			for k := range part.regions {
				r := &part.regions[k]
				any = true
				w.printf("%s: %s (%d people%s)\n", part.word, c.Question.Title, r.People, map[bool]string{true: ", and some who may come"}[r.Comers])
				for _, x := range r.Conditions() {
					w.printf("    %-13s %s\n", x.Axis, x.Text)
				}
				w.printf("    witness       %s\n", witnessText(set, &r.Witness))
			}
		}
	}
	if !any {
		w.printf("no sign-in gets weaker or stronger\n")
	}
}

func changesJSON(changes []condaccess.Change) jsondoc.Value {
	regions := func(rs []condaccess.Region) jsondoc.Value {
		var out []jsondoc.Value
		for i := range rs {
			where := jsondoc.NewObject()
			for _, x := range rs[i].Conditions() {
				where = where.With(x.Axis, jsondoc.NewString(x.Text))
			}
			out = append(out, jsondoc.NewObject(jsondoc.Member{Name: "where", Value: where}, jsondoc.Member{Name: "people", Value: jsondoc.NewInt(int64(rs[i].People))},
				jsondoc.Member{Name: "users", Value: jsondoc.FromAny(append([]string{}, rs[i].Users...))}, jsondoc.Member{Name: "witness", Value: rs[i].Witness.JSON()}))
		}
		return jsondoc.NewArray(out...)
	}
	var out []jsondoc.Value
	for i := range changes {
		c := &changes[i]
		out = append(out, jsondoc.NewObject(jsondoc.Member{Name: "question", Value: jsondoc.NewString(c.Question.ID)}, jsondoc.Member{Name: "title", Value: jsondoc.NewString(c.Question.Title)},
			jsondoc.Member{Name: "exact", Value: jsondoc.NewBool(c.Exact)}, jsondoc.Member{Name: "weaker", Value: regions(c.Weaker)}, jsondoc.Member{Name: "stronger", Value: regions(c.Stronger)}))
	}
	return jsondoc.NewObject(jsondoc.Member{Name: "changes", Value: jsondoc.NewArray(out...)})
}
