package report

import "io"

// ServedDatabase is what a server answers from.
type ServedDatabase struct {
	URL      string // where it listens
	Database string
	Tables   []ServedTable
	Token    bool // tables are told only to who has the token
}

// ServedTable is a table with its columns, in order.
type ServedTable struct {
	Name    string
	Columns []ServedColumn
}

// ServedColumn is a column with the name of its KQL type.
type ServedColumn struct{ Name, Type string }

// TablesHTML writes what a server has to offer as one page: no other files.
func TablesHTML(w io.Writer, tool Tool, t *ServedDatabase) error {
	ask := "print now()"
	if len(t.Tables) > 0 {
		ask = t.Tables[0].Name + " | take 10"
	}
	return writePage(w, "tables.tmpl", t.Database+" · azward", func(f frame) any {
		return struct {
			*ServedDatabase
			Frame       frame
			Ask, Footer string
		}{t, f, ask, tool.String()}
	})
}
