package report

import (
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/azward/azward/condaccess"
)

// accessView is the matrix as a table of a page.
type accessView struct {
	Circumstances []condaccess.Circumstance
	Columns       []string
	Rows          []accessRow
	Legend        []template.HTML
	Cut           string // what is left out
}

type accessRow struct {
	Label, People string
	Cells         []template.HTML // one a column, with a square for each circumstance
}

// newAccessView cuts the matrix to what a page can hold; nil gives an empty one.
func newAccessView(m *condaccess.Matrix) accessView {
	if m == nil {
		return accessView{}
	}
	v := accessView{Circumstances: m.Circumstances, Columns: m.Columns[:min(len(m.Columns), matrixMostColumns)], Cut: matrixNote(m)}
	rows := m.Rows[:min(len(m.Rows), matrixMostRows)]
	titled := len(rows)*len(v.Columns)*len(m.Circumstances) <= matrixTitles
	for i, r := range rows {
		row := accessRow{Label: r.Label, People: peopleOf(r)}
		for c := range v.Columns {
			var b strings.Builder
			for n, s := range m.Cells[i][c] {
				title := ""
				if titled {
					title = fmt.Sprintf(` title="%s: %s"`, template.HTMLEscapeString(m.Circumstances[n].Title), s)
				}
				first := ""
				if n == 0 {
					first = ` class="f"`
				}
				fmt.Fprintf(&b, `<td%s><span class="q q%d"%s>%s</span></td>`, first, s, title, matrixLook[s][2])
			}
			row.Cells = append(row.Cells, template.HTML(b.String())) //nolint:gosec // escaped above
		}
		v.Rows = append(v.Rows, row)
	}
	for _, s := range matrixOrder {
		v.Legend = append(v.Legend, template.HTML(fmt.Sprintf(`<span class="q q%d">%s</span>%s`, s, matrixLook[s][2], s))) //nolint:gosec // every part is ours
	}
	return v
}

func peopleOf(r condaccess.MatrixRow) string {
	people := thousands(r.People) + " people"
	if r.People == 1 {
		people = "1 person"
	}
	if r.Comers {
		people += ", and some who may come"
	}
	return people
}

// matrixNote says what a picture of the matrix leaves out.
func matrixNote(m *condaccess.Matrix) string {
	if len(m.Rows) <= matrixMostRows && len(m.Columns) <= matrixMostColumns {
		return ""
	}
	return fmt.Sprintf(" Of %d groups of people and %d of applications, %d and %d are drawn; azward ca matrix --format json has all.",
		len(m.Rows), len(m.Columns), min(len(m.Rows), matrixMostRows), min(len(m.Columns), matrixMostColumns))
}

// AccessMatrixHTML writes the matrix as one page: no network, no other files.
func AccessMatrixHTML(w io.Writer, tool Tool, subject string, m *condaccess.Matrix) error {
	return writePage(w, "access.tmpl", "Conditional Access · "+subject, func(f frame) any {
		return struct {
			Frame           frame
			Subject, Footer string
			Picture         accessView
		}{f, subject, tool.String(), newAccessView(m)}
	})
}
