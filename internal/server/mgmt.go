package server

import (
	"context"
	"fmt"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// mgmt answers /v1/rest/mgmt: a command, and perhaps a query over its result.
func (c *call) mgmt() {
	words, rest := splitCommand(c.text)
	if len(words) == 0 || !strings.HasPrefix(words[0], ".") {
		e := badRequest("a command starts with a dot; send queries to /v1/rest/query or /v2/rest/query")
		e.inner = &innerError{code: "SYN0002", kind: "Syntax", message: e.message, line: 1, column: 1}
		c.fail(e)
		return
	}
	ctx, done := c.context()
	defer done()
	cols, rows, e := c.s.command(c, words)
	if e != nil {
		c.fail(e)
		return
	}
	t, err := kqlio.NewTable(cols, rows)
	if err != nil {
		c.fail(badRequest(err.Error()))
		return
	}
	db := kql.NewMemDatabase()
	db.Add(commandTable, t)
	res, e := c.startOn(ctx, "['"+commandTable+"']"+rest, db.Schema(), db)
	if e != nil {
		c.fail(e)
		return
	}
	c.answerCommand(ctx, res)
}

// commandTable is the name under which a query after a command reads its result.
const commandTable = "$command"

func (c *call) answerCommand(ctx context.Context, res *kql.Result) {
	w := c.writer()
	out := []byte(`{"Tables":[`)
	l := c.limiter()
	for i, t := range res.Tables {
		if i > 0 {
			out = append(out, ',')
		}
		_, _ = w.Write(appendHead1(out, fmt.Sprintf("Table_%d", i), t.Columns))
		out = out[:0]
		first := true
		if _, e := c.rows(ctx, t, l, func(row []byte) error { return w.row(&first, row) }); e != nil && !w.begun {
			c.fail(e)
			return
		}
		_, _ = w.Write([]byte("]}"))
	}
	_, _ = w.Write([]byte("]}"))
	w.close()
}

// splitCommand returns the words of a command, names in quotes or brackets as
// one word each, and the query that follows after a bar, with the bar.
func splitCommand(text string) (words []string, rest string) {
	for i := 0; i < len(text); {
		switch ch := text[i]; {
		case ch == '|':
			return words, " " + text[i:]
		case ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r' || ch == ',' || ch == '(' || ch == ')' || ch == ';':
			i++
		case strings.HasPrefix(text[i:], "//"):
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				return words, ""
			}
			i += end
		case ch == '"' || ch == '\'' || strings.HasPrefix(text[i:], "['") || strings.HasPrefix(text[i:], `["`):
			open := i + 1
			quote := string(ch)
			if ch == '[' {
				open, quote = i+2, text[i+1:i+2]+"]"
			}
			end := strings.Index(text[open:], quote)
			if end < 0 {
				return append(words, text[open:]), ""
			}
			words = append(words, text[open:open+end])
			i = open + end + len(quote)
		default:
			end := strings.IndexAny(text[i:], " \t\r\n|,();\"'")
			if end < 0 {
				end = len(text) - i
			}
			words = append(words, text[i:i+end])
			i += end
		}
	}
	return words, ""
}

func equalNames(a, b string) bool { return strings.EqualFold(a, b) }

// command is a command that is understood: words in its pattern match
// themselves, * matches a name.
type command struct {
	pattern string
	columns string // name:type, ...
	rows    func(s *Server, c *call, names []string) ([][]string, *apiError)
}

func commands() []command {
	none := func(*Server, *call, []string) ([][]string, *apiError) { return nil, nil }
	return []command{
		{".show version", "BuildVersion, BuildTime:datetime, ServiceType, ProductVersion, ServiceOffering", (*Server).showVersion},
		{".show cluster", "NodeId, Address, Name, StartTime:datetime, IsAdmin:bool, MachineTotalMemory:long, MachineAvailableMemory:long, ProcessorCount:int, EnvironmentDescription", (*Server).showCluster},
		{".show databases", databaseColumns, (*Server).showDatabases},
		{".show databases details", databaseColumns, (*Server).showDatabases},
		{".show databases identity", databaseColumns, (*Server).showDatabases},
		{".show database", databaseColumns, (*Server).showDatabases},
		{".show database * details", databaseColumns, (*Server).showDatabase},
		{".show database * identity", databaseColumns, (*Server).showDatabase},
		{".show databases entities", entityColumns, (*Server).showEntities},
		{".show databases * entities", entityColumns, (*Server).showEntities},
		{".show databases * schema as json", "DatabaseSchema", (*Server).showSchemaJSON},
		{".show databases schema as json", "DatabaseSchema", (*Server).showSchemaJSON},
		{".show database * schema as json", "DatabaseSchema", (*Server).showSchemaJSON},
		{".show database schema as json", "DatabaseSchema", (*Server).showSchemaJSON},
		{".show schema as json", "ClusterSchema", (*Server).showSchemaJSON},
		{".show databases schema", schemaColumns, (*Server).showSchema},
		{".show databases * schema", schemaColumns, (*Server).showSchema},
		{".show database * schema", schemaColumns, (*Server).showSchema},
		{".show database schema", schemaColumns, (*Server).showSchema},
		{".show schema", schemaColumns, (*Server).showSchema},
		{".show database * cslschema", "TableName, Schema, DatabaseName, Folder, DocString", (*Server).showTablesSchema},
		{".show database cslschema", "TableName, Schema, DatabaseName, Folder, DocString", (*Server).showTablesSchema},
		{".show tables", "TableName, DatabaseName, Folder, DocString", (*Server).showTables},
		{".show table *", "AttributeName, AttributeType, ExtentSize:long, CompressionRatio:real, IndexSize:long, IndexSizePercent:real, OriginalSize:long, AttributeId, SharedIndexSize:long, StorageEngineVersion", (*Server).showTable},
		{".show table * cslschema", "TableName, Schema, DatabaseName, Folder, DocString", (*Server).showTableSchema},
		{".show table * schema as json", "TableName, Schema, DatabaseName, Folder, DocString", (*Server).showTableJSON},
		{".show functions", functionColumns, none},
		{".show materialized-views", "Name, SourceTable, Query, MaterializedTo:datetime, LastRun:datetime, LastRunResult, IsHealthy:bool, IsEnabled:bool, Folder, DocString", none},
		{".show external tables", "TableName, TableType, Folder, DocString, Properties, ConnectionStrings:dynamic, Partitions:dynamic, PathFormat", none},
		{".show entity_groups", "Name, Entities", none},
		{".cancel query *", "ClientRequestId, ReasonPhrase, RunningQueryCanceled:bool", (*Server).cancelQuery},
	}
}

const (
	databaseColumns = "DatabaseName, PersistentStorage, Version, IsCurrent:bool, DatabaseAccessMode, PrettyName, ReservedSlot1:bool, DatabaseId:guid, InTransitionTo, SuspensionState"
	entityColumns   = "DatabaseName, EntityType, EntityName, DocString, Folder, CslInputSchema, Content, CslOutputSchema, Properties:dynamic"
	schemaColumns   = "DatabaseName, TableName, ColumnName, ColumnType, IsDefaultTable:bool, IsDefaultColumn:bool, PrettyName, Version, Folder, DocString"
	functionColumns = "Name, Parameters, Body, Folder, DocString"
)

// command finds and runs a command.
func (s *Server) command(c *call, words []string) ([]kql.Column, [][]string, *apiError) {
	all := commands()
	for _, cmd := range all {
		names, ok := matchWords(strings.Fields(cmd.pattern), words)
		if !ok {
			continue
		}
		rows, e := cmd.rows(s, c, names)
		return columns(cmd.columns), rows, e
	}
	known := make([]string, len(all))
	for i, cmd := range all {
		known[i] = cmd.pattern
	}
	e := badRequest(fmt.Sprintf("command %q is not supported; this server only shows: %s", strings.Join(words, " "), strings.Join(known, ", ")))
	e.inner = &innerError{code: "SYN0100", kind: "Syntax", message: e.message, line: 1, column: 1}
	return nil, nil, e
}

func matchWords(pattern, words []string) (names []string, ok bool) {
	if len(pattern) != len(words) {
		return nil, false
	}
	for i, p := range pattern {
		switch {
		case p == "*":
			names = append(names, words[i])
		case !strings.EqualFold(p, words[i]):
			return nil, false
		}
	}
	return names, true
}

func columns(text string) []kql.Column {
	var out []kql.Column
	for part := range strings.SplitSeq(text, ",") {
		name, typ, ok := strings.Cut(strings.TrimSpace(part), ":")
		t := kql.String
		if ok {
			t, _ = kql.ParseType(typ)
		}
		out = append(out, kql.Column{Name: name, Type: t})
	}
	return out
}

// databaseID stands for the one database.
const databaseID = "a2bd2ae6-5f2b-4a7e-8d49-8b5be7a64c4d"

func (s *Server) showVersion(*call, []string) ([][]string, *apiError) {
	return [][]string{{s.cfg.Version, "", "Engine", "azward " + s.cfg.Version, `{"Type":"azward"}`}}, nil
}

func (s *Server) showCluster(c *call, _ []string) ([][]string, *apiError) {
	return [][]string{{"azward", "net.tcp://" + c.r.Host, "azward", "", "false", "", "", "", ""}}, nil
}

func (s *Server) databaseRow() []string {
	return []string{s.cfg.Database, "", "v1.0", "true", "ReadOnly", s.cfg.Database, "", databaseID, "", ""}
}

func (s *Server) showDatabases(*call, []string) ([][]string, *apiError) {
	return [][]string{s.databaseRow()}, nil
}

func (s *Server) showDatabase(c *call, names []string) ([][]string, *apiError) {
	c.database = names[0]
	return [][]string{s.databaseRow()}, c.checkDatabase()
}

// tables calls f with each table and its columns.
func (s *Server) tables(f func(name string, cols []kql.Column)) {
	for _, name := range s.cfg.Schema.Names() {
		if cols, ok := s.cfg.Schema.Table(name); ok {
			f(name, cols)
		}
	}
}

func (s *Server) showTables(*call, []string) (rows [][]string, _ *apiError) {
	s.tables(func(name string, _ []kql.Column) { rows = append(rows, []string{name, s.cfg.Database, "", ""}) })
	return rows, nil
}

func cslSchema(cols []kql.Column) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = c.Name + ":" + c.Type.String()
	}
	return strings.Join(parts, ",")
}

func (s *Server) showTablesSchema(c *call, names []string) (rows [][]string, _ *apiError) {
	if e := c.namedDatabase(names); e != nil {
		return nil, e
	}
	s.tables(func(name string, cols []kql.Column) {
		rows = append(rows, []string{name, cslSchema(cols), s.cfg.Database, "", ""})
	})
	return rows, nil
}

func (c *call) namedDatabase(names []string) *apiError {
	if len(names) > 0 {
		c.database = names[0]
	}
	return c.checkDatabase()
}

func (s *Server) findTable(name string) ([]kql.Column, *apiError) {
	cols, ok := s.cfg.Schema.Table(name)
	if !ok {
		return nil, compileError(diag.List{{Code: "KQL0102", Message: fmt.Sprintf("no table named %q", name), Pos: diag.Position{Line: 1, Column: 1}}})
	}
	return cols, nil
}

func (s *Server) showTable(_ *call, names []string) (rows [][]string, _ *apiError) {
	cols, e := s.findTable(names[0])
	for _, col := range cols {
		rows = append(rows, []string{col.Name, netType(col.Type), "", "", "", "", "", "", "", ""})
	}
	return rows, e
}

func (s *Server) showTableSchema(_ *call, names []string) ([][]string, *apiError) {
	cols, e := s.findTable(names[0])
	return [][]string{{names[0], cslSchema(cols), s.cfg.Database, "", ""}}, e
}

// orderedColumn is a column in the JSON form of a schema.
type orderedColumn struct {
	Name    string `json:"Name"`
	Type    string `json:"Type"`
	CslType string `json:"CslType"`
}

func orderedColumns(cols []kql.Column) []orderedColumn {
	out := make([]orderedColumn, len(cols))
	for i, c := range cols {
		net := "System." + netType(c.Type)
		if c.Type == kql.Decimal {
			net = "System.Data.SqlTypes.SqlDecimal"
		}
		out[i] = orderedColumn{c.Name, net, c.Type.String()}
	}
	return out
}

func (s *Server) showTableJSON(_ *call, names []string) ([][]string, *apiError) {
	cols, e := s.findTable(names[0])
	text := marshal(map[string]any{"Name": names[0], "OrderedColumns": orderedColumns(cols)})
	return [][]string{{names[0], string(text), s.cfg.Database, "", ""}}, e
}

func (s *Server) showSchemaJSON(c *call, names []string) ([][]string, *apiError) {
	if e := c.namedDatabase(names); e != nil {
		return nil, e
	}
	tables := map[string]any{}
	s.tables(func(name string, cols []kql.Column) {
		tables[name] = map[string]any{"Name": name, "OrderedColumns": orderedColumns(cols)}
	})
	db := map[string]any{"Name": s.cfg.Database, "Tables": tables, "ExternalTables": struct{}{}, "MaterializedViews": struct{}{}, "EntityGroups": struct{}{},
		"MajorVersion": 1, "MinorVersion": 0, "Functions": struct{}{}, "DatabaseAccessMode": "ReadOnly"}
	text := marshal(map[string]any{"Plugins": []any{}, "Databases": map[string]any{s.cfg.Database: db}})
	return [][]string{{string(text)}}, nil
}

func (s *Server) showSchema(c *call, names []string) (rows [][]string, _ *apiError) {
	if e := c.namedDatabase(names); e != nil {
		return nil, e
	}
	rows = append(rows, []string{s.cfg.Database, "", "", "", "false", "false", s.cfg.Database, "v1.0", "", ""})
	s.tables(func(name string, cols []kql.Column) {
		rows = append(rows, []string{s.cfg.Database, name, "", "", "false", "false", "", "", "", ""})
		for _, col := range cols {
			net := "System." + netType(col.Type)
			rows = append(rows, []string{s.cfg.Database, name, col.Name, net, "false", "false", "", "", "", ""})
		}
	})
	return rows, nil
}

func (s *Server) showEntities(c *call, names []string) (rows [][]string, _ *apiError) {
	if e := c.namedDatabase(names); e != nil {
		return nil, e
	}
	s.tables(func(name string, cols []kql.Column) {
		rows = append(rows, []string{s.cfg.Database, "Table", name, "", "", "", "", cslSchema(cols), ""})
	})
	return rows, nil
}

func (s *Server) cancelQuery(_ *call, names []string) ([][]string, *apiError) {
	if s.cancel(names[0]) {
		return [][]string{{names[0], "", "true"}}, nil
	}
	return [][]string{{names[0], "no running query has this client request id", "false"}}, nil
}
