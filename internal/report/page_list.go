package report

import (
	"io"
	"strings"
	"unicode"
)

// TablePage is a page of tables: for answers that are lists of things with a state.
type TablePage struct {
	Title, Subject string
	Figures        []Figure
	Sections       []TableSection
}

// Figure is a number that stands above everything, in the color of its tone.
type Figure struct {
	Value int
	Label string
	Tone  Tone
}

// TableSection is a table under a heading.
type TableSection struct {
	Title, Note string
	Columns     []string // the state's first, where rows have one
	Rows        []TableRow
	Cut         int // rows left out
}

// TableRow is a row: a state, where it has one, and cells.
type TableRow struct {
	State string
	Tone  Tone
	Cells []string
}

// Label is the column that a cell of the row stands in, "" where there is none.
func (r TableRow) Label(columns []string, cell int) string {
	if r.State != "" {
		cell++
	}
	if cell >= len(columns) {
		return ""
	}
	return columns[cell]
}

// spaced writes a state's name, NoInfoAvailable, as words.
func spaced(state string) string {
	var b strings.Builder
	for i, r := range state {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Replace(b.String(), "non ", "non-", 1)
}

// Tone is what a state means to a reader: the name of a severity, or one of the
// tones below.
type Tone string

// The tones besides severities.
const (
	Good    Tone = "good"
	Neutral Tone = "informational"
)

// pageListRows are the rows of one table of a page.
const pageListRows = 5000

// TablePageHTML writes a list as one page: no network, no other files. Tables are cut
// to what a browser can hold, and say so.
func TablePageHTML(w io.Writer, tool Tool, l *TablePage) error {
	cut := *l
	cut.Sections = append([]TableSection(nil), l.Sections...)
	rows := 0
	for i := range cut.Sections {
		s := &cut.Sections[i]
		if n := len(s.Rows) - pageListRows; n > 0 {
			s.Rows, s.Cut = s.Rows[:pageListRows], n
		}
		rows += len(s.Rows)
	}
	return writePage(w, "list.tmpl", l.Title+" · "+l.Subject, func(f frame) any {
		return struct {
			*TablePage
			Frame  frame
			Rows   int
			Footer string
		}{&cut, f, rows, tool.String()}
	})
}
