package cli

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql"
)

// queryCheckFlags are the flags of azward query check.
type queryCheckFlags struct {
	schemas string
	strict  bool
	format  string
	output  string
}

func newQueryCheckCommand(env *Env) *cobra.Command {
	var f queryCheckFlags
	cmd := &cobra.Command{
		Use:   "check [flags] PATH...",
		Short: "Check KQL queries in files against the tables' schemas",
		Long: `Check the queries in files and folders: .kql files, the queries of rules in YAML,
code blocks of Markdown (kql, kusto). Each message has file, line and column.

Tables that no schema knows are warnings, and names behind them are not checked;
--strict makes them errors. The command ends with code 1 where there is an error.`,
		Example: `  azward query check rules/
  azward query check --schemas tables.csv --strict rules/ README.md
  azward query check --format sarif -o kql.sarif rules/`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return runQueryCheck(env, &f, args)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.schemas, "schemas", "builtin", "a CSV `FILE` of table_name,column_name,column_type; \"builtin\" for the most used tables of Azure Monitor")
	fl.BoolVar(&f.strict, "strict", false, "unknown tables and functions are errors")
	addFormat(cmd, &f.format, "table", "json", "junit", "sarif")
	addOutput(cmd, &f.output)
	return cmd
}

// queryProblem is a message about a query in a file.
type queryProblem struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

// queryCheck is what a check found.
type queryCheck struct {
	Files    int            `json:"files"`
	Queries  int            `json:"queries"`
	Errors   int            `json:"errors"`
	Warnings int            `json:"warnings"`
	Problems []queryProblem `json:"problems"`
	checked  []string       // files with queries, in order
}

func runQueryCheck(env *Env, f *queryCheckFlags, paths []string) error {
	write := map[string]func(io.Writer, *queryCheck) error{"table": writeCheckTable, "json": writeCheckJSON, "junit": writeCheckJUnit, "sarif": writeCheckSARIF}[f.format]
	db := kql.NewMemDatabase()
	tables := tableFlags{schemas: f.schemas}
	if _, err := tables.addSchemas(db); err != nil {
		return err
	}
	files, err := queryFiles(paths)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return usagef("there is no file of queries in %s: their names end in .kql, .csl, .kusto, .md, .yaml or .yml", strings.Join(paths, ", "))
	}
	check := &queryCheck{Problems: []queryProblem{}}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return usagef("read %s: %v", path, reasonOf(err))
		}
		check.file(path, string(text), db.Schema(), f.strict)
	}
	if err := writeOutput(env, f.output, func(w io.Writer) error { return write(w, check) }); err != nil {
		return err
	}
	if check.Errors > 0 {
		return errFindings
	}
	return nil
}

// queryFiles lists the files that may hold queries, in order.
func queryFiles(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, usagef("read %s: %v", p, reasonOf(err))
		}
		if !info.IsDir() {
			out = append(out, p)
			continue
		}
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.Type().IsRegular() && isQueryFile(path) {
				out = append(out, path)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", p, reasonOf(err))
		}
	}
	return out, nil
}

// file checks the queries of one file.
func (c *queryCheck) file(path, text string, schema kql.Schema, strict bool) {
	c.Files++
	queries, err := extractQueries(path, text)
	if err != nil {
		c.add(queryProblem{File: path, Line: 1, Column: 1, Severity: "error", Code: "KQL0000", Message: err.Error()})
		return
	}
	if len(queries) > 0 {
		c.checked = append(c.checked, path)
	}
	for _, q := range queries {
		c.Queries++
		_, list := kql.Compile(q.text, schema)
		src := diag.NewSource(path, q.text)
		for _, d := range list {
			at := q.lines.Place(src.Position(d.Span.Start))
			if !strict && (d.Code == "KQL0102" || d.Code == "KQL0103") {
				d.Severity = diag.Warning
			}
			c.add(queryProblem{File: path, Line: at.Line, Column: at.Column, Severity: d.Severity.String(), Code: d.Code, Message: d.Message, Hint: d.Hint})
		}
	}
}

func (c *queryCheck) add(p queryProblem) {
	if p.Severity == "error" {
		c.Errors++
	} else {
		c.Warnings++
	}
	c.Problems = append(c.Problems, p)
}

func writeCheckTable(w io.Writer, c *queryCheck) error {
	for _, p := range c.Problems {
		word := ""
		if p.Severity != "error" {
			word = p.Severity + ": "
		}
		if _, err := fmt.Fprintf(w, "%s:%d:%d: %s%s: %s\n", p.File, p.Line, p.Column, word, p.Code, p.Message); err != nil {
			return err
		}
		if p.Hint != "" {
			if _, err := fmt.Fprintf(w, "  hint: %s\n", p.Hint); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(w, "%d queries in %d files: %d errors, %d warnings\n", c.Queries, c.Files, c.Errors, c.Warnings)
	return err
}

func writeCheckJSON(w io.Writer, c *queryCheck) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(c)
}

// The parts of JUnit's XML that a check fills: a case for each file.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func writeCheckJUnit(w io.Writer, c *queryCheck) error {
	s := junitSuite{Name: "azward query check", Tests: len(c.checked)}
	byFile := map[string][]string{}
	for _, p := range c.Problems {
		if p.Severity == "error" {
			byFile[p.File] = append(byFile[p.File], fmt.Sprintf("%d:%d: %s: %s", p.Line, p.Column, p.Code, p.Message))
		}
	}
	for _, f := range c.checked {
		k := junitCase{Name: f, Class: "kql"}
		if list := byFile[f]; len(list) > 0 {
			s.Failures++
			k.Failure = &junitFailure{Message: list[0], Text: strings.Join(list, "\n")}
		}
		s.Cases = append(s.Cases, k)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func writeCheckSARIF(w io.Writer, c *queryCheck) error {
	type object = map[string]any
	rules, seen := []object{}, map[string]bool{}
	results := []object{}
	for _, p := range c.Problems {
		if !seen[p.Code] {
			seen[p.Code] = true
			rules = append(rules, object{"id": p.Code})
		}
		level := p.Severity
		if level == "info" {
			level = "note"
		}
		text := p.Message
		if p.Hint != "" {
			text += " (" + p.Hint + ")"
		}
		results = append(results, object{"ruleId": p.Code, "level": level, "message": object{"text": text},
			"locations": []object{{"physicalLocation": object{
				"artifactLocation": object{"uri": filepath.ToSlash(p.File)},
				"region":           object{"startLine": p.Line, "startColumn": p.Column},
			}}}})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []object{{"tool": object{"driver": object{"name": "azward query check", "rules": rules}}, "results": results, "columnKind": "unicodeCodePoints"}},
	})
}
