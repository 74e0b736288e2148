package kql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/syntax"
)

// operatorDocs says what each tabular operator does.
var operatorDocs = map[string]string{
	"as":                    "Names the rows for use further on in the query.",
	"assert-schema":         "Fails where the columns are not those written.",
	"consume":               "Swallows the rows.",
	"count":                 "Counts the rows.",
	"distinct":              "Keeps one of equal rows.",
	"evaluate":              "Calls a plugin; the plugins are listed below.",
	"extend":                "Adds or replaces columns.",
	"facet":                 "Gives a table of counts for each of some columns.",
	"filter":                "The same as where.",
	"find":                  "Looks for rows in several tables.",
	"fork":                  "Gives several results from one input.",
	"getschema":             "Gives the columns of the input as rows.",
	"graph-mark-components": "Marks the nodes of a graph with the number of their component, weak or strong.",
	"graph-match":           "Finds patterns in a graph: several sequences, edges of variable length, three ways to treat cycles.",
	"graph-shortest-paths":  "Finds the shortest paths between nodes of a graph, one or all.",
	"graph-to-table":        "Gives the nodes or edges of a graph as tables.",
	"graph-where-edges":     "Keeps edges of a graph.",
	"graph-where-nodes":     "Keeps nodes of a graph and the edges between them.",
	"invoke":                "Calls a function with the rows as its first argument.",
	"join":                  "Joins with another table: innerunique, inner, leftouter, rightouter, fullouter, leftsemi, leftanti, rightsemi, rightanti.",
	"limit":                 "The same as take.",
	"lookup":                "Adds columns of a table of dimensions.",
	"macro-expand":          "Runs a query for each database of an entity group.",
	"make-graph":            "Makes a graph of rows as edges, with tables of nodes.",
	"make-series":           "Makes arrays of aggregates over an axis.",
	"mv-apply":              "Runs a subquery over the elements of each row's arrays.",
	"mv-expand":             "Spreads arrays and bags over rows.",
	"order":                 "The same as sort.",
	"parse":                 "Reads columns from a text by a pattern: simple, relaxed or regex.",
	"parse-kv":              "Reads columns from pairs of keys and values in a text.",
	"parse-where":           "As parse, and drops the rows that do not match.",
	"partition":             "Runs a subquery over the rows of each value of a column.",
	"print":                 "Makes one row.",
	"project":               "Chooses and computes columns.",
	"project-away":          "Drops columns.",
	"project-by-names":      "Chooses columns by names that are computed.",
	"project-keep":          "Keeps columns, in their order.",
	"project-rename":        "Renames columns.",
	"project-reorder":       "Puts columns first.",
	"range":                 "Makes rows of evenly spaced values.",
	"reduce":                "Groups texts by patterns that they have in common.",
	"render":                "Kept as a hint beside the result.",
	"sample":                "Draws rows at random.",
	"sample-distinct":       "Takes some distinct values.",
	"scan":                  "Walks over ordered rows with a state, step by step.",
	"search":                "Looks for a text in all columns of tables.",
	"serialize":             "Marks the rows as ordered.",
	"sort":                  "Orders rows.",
	"summarize":             "Groups rows and aggregates them.",
	"take":                  "Keeps some rows.",
	"top":                   "Keeps the first rows of an order.",
	"top-hitters":           "Finds the most frequent values, exactly.",
	"top-nested":            "Finds the top values within the top values.",
	"union":                 "Joins the rows of tables, by wildcards too.",
	"where":                 "Keeps the rows that meet a condition.",
}

// missingPlugins call services, run other languages or read Kusto's storage.
var missingPlugins = []string{"ai_chat_completion", "ai_chat_completion_prompt", "ai_embed_text", "ai_embeddings", "azure_digital_twins_query_request", "cosmosdb_sql_request",
	"execute_query", "execute_show_command", "http_request", "http_request_post", "identity", "infer_storage_schema_with_suggestions", "mysql_request",
	"postgresql_request", "python", "r", "sql_request"}

// Reference is the list of all that the engine knows, as Markdown, written
// from the tables that the engine itself works with.
func Reference() string {
	var b strings.Builder
	t := fn.Builtin()
	ops := syntax.OperatorNames()
	fmt.Fprintf(&b, `# KQL in azward

<!-- Written by the engine's own tables: go test ./kql -run TestReference -rewrite -->

%d operators, %d functions, %d aggregates and %d plugins run, with the answers of Microsoft's engine as far as
recorded answers and its documentation tell. Examples of functions, aggregates and plugins are run by the tests.

Statements: let (values, tables, functions with defaults and tables as parameters, views), set, declare
query_parameters, declare pattern, alias database, restrict access. Calls that name another cluster, database or
workspace find their tables here.

## Operators

| Operator | What it does |
|---|---|
`, len(ops), len(t.Funcs), len(t.Aggs), len(t.Plugins))
	for _, n := range slices.Sorted(slices.Values(ops)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", n, operatorDocs[n])
	}
	b.WriteString("\n`externaldata` and `datatable` stand where a table does. `externaldata` reads files in folders that are allowed, and no address.\n")
	b.WriteString("\n## Functions\n\n| Function | What it does | Example |\n|---|---|---|\n")
	for _, f := range slices.SortedFunc(slices.Values(t.Funcs), func(x, y *fn.Func) int { return strings.Compare(x.Name, y.Name) }) {
		ex := ""
		if len(f.Ex) > 0 {
			ex = code(f.Ex[0].Expr) + " is " + code(clip(f.Ex[0].Want))
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", namesOf(f.Name, f.Aliases), cell(f.Doc), ex)
	}
	b.WriteString("\nBinders' own: `toscalar`, `materialize`, `table`, `column_ifexists`, `pack_all`, `column_names_of`.\n")
	b.WriteString("\n## Aggregates\n\n| Aggregate | With a condition | What it does |\n|---|---|---|\n")
	for _, a := range slices.SortedFunc(slices.Values(t.Aggs), func(x, y *fn.Agg) int { return strings.Compare(x.Name, y.Name) }) {
		cond := ""
		if a.If != "" {
			cond = namesOf(a.If, a.IfAliases)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", namesOf(a.Name, a.Aliases), cond, cell(a.Doc))
	}
	b.WriteString("\n## Plugins\n\n| Plugin | Arguments | What it does |\n|---|---|---|\n")
	for _, p := range slices.SortedFunc(slices.Values(t.Plugins), func(x, y *fn.Plugin) int { return strings.Compare(x.Name, y.Name) }) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.Name, cell(p.Args), cell(p.Doc))
	}
	fmt.Fprintf(&b, "\nNot here, for they call services, run other languages or read Kusto's own storage: %s.\n", strings.Join(missingPlugins, ", "))
	return b.String()
}

func namesOf(name string, aliases []string) string {
	var out strings.Builder
	out.WriteString("`" + name + "`")
	for _, a := range aliases {
		out.WriteString(", `" + a + "`")
	}
	return out.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func code(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "|", "\\|"), "\n", " ")
	if strings.Contains(s, "`") {
		return "`` " + s + " ``"
	}
	return "`" + s + "`"
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}
