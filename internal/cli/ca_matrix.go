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

func newCAMatrixCommand(env *Env) *cobra.Command {
	var f caFlags
	var policies string
	cmd := &cobra.Command{
		Use:   "matrix (--demo | --from PATH ...)",
		Short: "Draw what the policies ask: people by applications by circumstances",
		Long: `Matrix draws what the policies in force guarantee: a row for each group of people
to whom the same happens, a column for each such group of applications, and for
each circumstance what holds in every sign-in of it.`,
		Example: `  azward ca matrix --demo
  azward ca matrix --demo -o matrix.html
  azward ca matrix --from export/ --format svg -o matrix.svg`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.load(cmd, env, args)
			if err != nil {
				return err
			}
			if policies != "" {
				list, err := readPolicies(env, policies)
				if err != nil {
					return err
				}
				c = c.With(list)
			}
			m := c.Set.Matrix()
			return writeOutput(env, f.output, func(w io.Writer) error {
				switch f.format {
				case "html":
					return report.AccessMatrixHTML(w, thisTool(), fmt.Sprintf("%d policies", len(c.Policies)), m)
				case "svg":
					_, err := io.WriteString(w, report.AccessMatrixSVG(m)+"\n")
					return err
				case "json":
					return writeValue(w, matrixJSON(m))
				}
				return writeMatrix(w, m, env.lineWidth())
			})
		},
	}
	f.add(cmd, "table", "json", "html", "svg")
	cmd.Flags().StringVar(&policies, "policies", "", "draw the policies in `FILE` (Graph's JSON) in place of the inventory's")
	return cmd
}

// writeMatrix writes the matrix with a letter for what holds in each
// circumstance: a block for each group of people, a line for each application.
func writeMatrix(out io.Writer, m *condaccess.Matrix, width int) error {
	w := &printer{Writer: out}
	most := 0
	for _, c := range m.Columns {
		most = max(most, len([]rune(c)))
	}
	if width == 0 {
		width = DefaultWidth
	}
	most = min(most, max(20, width-4-2*len(m.Circumstances)))
	used := map[condaccess.Status]bool{}
	for i, r := range m.Rows {
		w.printf("%s (%d people%s)\n", r.Label, r.People, map[bool]string{true: ", and some who may come"}[r.Comers])
		for c, name := range m.Columns {
			w.printf("  %s%s ", cut(name, most), strings.Repeat(" ", max(0, most-len([]rune(name)))))
			for _, s := range m.Cells[i][c] {
				used[s] = true
				w.printf(" %s", report.StatusSign(s))
			}
			w.printf("\n")
		}
		w.printf("\n")
	}
	for s := condaccess.StatusBlocked; s <= condaccess.StatusNone; s++ {
		if used[s] {
			w.printf("  %s  %s\n", report.StatusSign(s), s)
		}
	}
	w.printf("\n")
	for i, c := range m.Circumstances {
		w.printf("  %d  %s\n", i+1, c.Title)
	}
	return w.err
}

func matrixJSON(m *condaccess.Matrix) jsondoc.Value {
	str := jsondoc.NewString
	var rows, circumstances []jsondoc.Value
	for _, c := range m.Circumstances {
		circumstances = append(circumstances, jsondoc.NewObject(jsondoc.Member{Name: "id", Value: str(c.ID)}, jsondoc.Member{Name: "title", Value: str(c.Title)}))
	}
	for i, r := range m.Rows {
		var cells []jsondoc.Value
		for _, cell := range m.Cells[i] {
			var names []string
			for _, s := range cell {
				names = append(names, s.String())
			}
			cells = append(cells, jsondoc.FromAny(names))
		}
		rows = append(rows, jsondoc.NewObject(jsondoc.Member{Name: "who", Value: str(r.Label)}, jsondoc.Member{Name: "people", Value: jsondoc.NewInt(int64(r.People))},
			jsondoc.Member{Name: "includesNewcomers", Value: jsondoc.NewBool(r.Comers)}, jsondoc.Member{Name: "cells", Value: jsondoc.NewArray(cells...)}))
	}
	return jsondoc.NewObject(jsondoc.Member{Name: "circumstances", Value: jsondoc.NewArray(circumstances...)}, jsondoc.Member{Name: "applications", Value: jsondoc.FromAny(append([]string{}, m.Columns...))},
		jsondoc.Member{Name: "rows", Value: jsondoc.NewArray(rows...)})
}
