package cli

import (
	"path/filepath"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// foundQuery is a query in a file, with the way back to the file's lines.
type foundQuery struct {
	text string
	line int // of the file, at which the query's first line stands
	cols int // columns that its first line stands further in
	all  int // columns that all its lines stand further in
}

// place turns a place in the query into one in the file.
func (q foundQuery) place(p diag.Position) diag.Position {
	p.Column += q.all
	if p.Line == 1 {
		p.Column += q.cols
	}
	p.Line += q.line - 1
	return p
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
	return []foundQuery{{text: text, line: 1}}, nil
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
				out = append(out, foundQuery{text: body, line: from + 1})
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
				out = append(out, locateScalar(text, v.Offset(), s))
				break
			}
		}
	}
	return out, nil
}

// locateScalar finds where the lines of a YAML text stand in the file.
func locateScalar(text string, offset int, value string) foundQuery {
	offset = min(max(offset, 0), len(text))
	line := 1 + strings.Count(text[:offset], "\n")
	rest := text[offset:]
	if rest != "" && (rest[0] == '|' || rest[0] == '>') {
		// A block: its lines follow, all further in by the same blanks.
		q := foundQuery{text: value, line: line + 1}
		for l := range strings.SplitSeq(rest[strings.IndexByte(rest+"\n", '\n')+1:]+"\n", "\n") {
			if strings.TrimSpace(l) != "" {
				q.all = len(l) - len(strings.TrimLeft(l, " "))
				break
			}
		}
		return q
	}
	q := foundQuery{text: value, line: line, cols: offset - strings.LastIndexByte(text[:offset], '\n') - 1}
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		q.cols++
	} else if rest != "" {
		// Plain texts and block texts whose place is that of their first word.
		if before := strings.TrimSpace(text[strings.LastIndexByte(text[:offset], '\n')+1 : offset]); before == "" && strings.Contains(value, "\n") {
			q.all, q.cols = q.cols, 0
		}
	}
	return q
}
