package cli

import (
	"path/filepath"
	"strings"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// foundQuery is a query in a file, with the way back to the file's lines.
type foundQuery struct {
	text  string
	lines yamldoc.Lines
}

// isQueryFile tells whether a file may hold queries, by its name.
func isQueryFile(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".kql", ".csl", ".kusto", ".md", ".yaml", ".yml":
		return true
	}
	return false
}

// extractQueries finds the queries in a file: the whole of a .kql file, the
// query of a rule in YAML, the code blocks of Markdown.
func extractQueries(path, text string) ([]foundQuery, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".md":
		return markdownQueries(text), nil
	case ".yaml", ".yml":
		return yamlQueries(text)
	}
	return []foundQuery{{text: text}}, nil
}

// markdownQueries finds fenced blocks of kql or kusto.
func markdownQueries(text string) []foundQuery {
	var out []foundQuery
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines); i++ {
		l := strings.TrimSpace(lines[i])
		fence := l[:len(l)-len(strings.TrimLeft(l, "`~"))]
		if len(fence) < 3 {
			continue
		}
		word := strings.ToLower(strings.TrimSpace(l[len(fence):]))
		word, _, _ = strings.Cut(word, " ")
		from := i + 1
		for i++; i < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[i]), fence); i++ {
		}
		switch word {
		case "kql", "kusto", "csl":
			if body := strings.Join(lines[from:min(i, len(lines))], ""); strings.TrimSpace(body) != "" {
				out = append(out, foundQuery{text: body, lines: yamldoc.Lines{Line: from + 1}})
			}
		}
	}
	return out
}

// queryKeys are the members of a rule, a hunting query or a parser that hold KQL.
var queryKeys = []string{"query", "ParserQuery", "FunctionQuery"}

func yamlQueries(text string) ([]foundQuery, error) {
	docs, err := yamldoc.ParseAll([]byte(text))
	if err != nil {
		return nil, err
	}
	var out []foundQuery
	for _, doc := range docs {
		if doc.Kind() != jsondoc.Object {
			continue
		}
		for _, key := range queryKeys {
			v := doc.Get(key)
			if s, ok := v.Text(); ok {
				out = append(out, foundQuery{s, yamldoc.LinesOf(text, v.Offset(), s)})
				break
			}
		}
	}
	return out, nil
}
