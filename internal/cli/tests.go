package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/report"
)

// testFile is a file of tests that people wrote, of whatever kind, and how they
// ended.
type testFile struct {
	path     string
	subject  string // what it tests
	problems diag.List
	results  []testResult
}

// testResult is how a test ended.
type testResult struct {
	name     string
	line     int
	skipped  bool
	skip     string // why
	failures []string
	more     []any // names and values that JSON has as well
}

func (r *testResult) outcome() string {
	switch {
	case r.skipped:
		return "skipped"
	case len(r.failures) == 0:
		return "passed"
	}
	return "failed"
}

// testOutput says how tests are shown.
type testOutput struct {
	tool, subject  string // names of the command, and in JSON of what is tested
	format, output string
	run            string
	verbose        bool
	started        time.Time
}

// write shows how tests ended; the error is errFindings where one failed.
func (o *testOutput) write(env *Env, files []testFile) error {
	sum := sumTests(files)
	err := writeOutput(env, o.output, func(w io.Writer) error {
		switch o.format {
		case "json":
			return writeIndented(w, o.json(files, sum))
		case "junit":
			r := testsReport(o.tool, files)
			r.At, r.Took = o.started, env.Now().Sub(o.started)
			return report.WriteTestsJUnit(w, r)
		}
		return writeTests(w, files, sum, o.verbose)
	})
	if err != nil {
		return err
	}
	switch {
	case sum.failed > 0:
		return errFindings
	case sum.passed+sum.skipped == 0:
		return usagef("no test has %q in its name", o.run)
	}
	return nil
}

// testSum counts tests; files that are wrong count as failed.
type testSum struct{ passed, failed, skipped int }

func sumTests(files []testFile) testSum {
	var s testSum
	for i := range files {
		s.failed += len(files[i].problems)
		for k := range files[i].results {
			switch files[i].results[k].outcome() {
			case "skipped":
				s.skipped++
			case "passed":
				s.passed++
			default:
				s.failed++
			}
		}
	}
	return s
}

func (o *testOutput) json(files []testFile, sum testSum) any {
	out := []map[string]any{}
	for i := range files {
		tests := []map[string]any{}
		for k := range files[i].results {
			r := &files[i].results[k]
			one := map[string]any{"name": r.name, "line": r.line, "outcome": r.outcome()}
			if len(r.failures) > 0 {
				one["failures"] = r.failures
			}
			if r.skip != "" {
				one["skip"] = r.skip
			}
			for m := 0; m+1 < len(r.more); m += 2 {
				one[fmt.Sprint(r.more[m])] = r.more[m+1]
			}
			tests = append(tests, one)
		}
		f := map[string]any{"path": files[i].path, "tests": tests}
		if files[i].subject != "" {
			f[o.subject] = files[i].subject
		}
		if len(files[i].problems) > 0 {
			var problems []string
			for _, d := range files[i].problems {
				problems = append(problems, d.Error())
			}
			f["problems"] = problems
		}
		out = append(out, f)
	}
	return map[string]any{"passed": sum.passed, "failed": sum.failed, "skipped": sum.skipped, "files": out}
}

func testsReport(tool string, files []testFile) *report.TestReport {
	doc := &report.TestReport{Name: tool}
	for i := range files {
		s := report.TestSuite{Name: files[i].path}
		class := cmp.Or(files[i].subject, files[i].path)
		for _, d := range files[i].problems {
			s.Cases = append(s.Cases, report.TestCase{Class: class, Name: fmt.Sprintf("%s at %d:%d", d.Code, d.Pos.Line, d.Pos.Column), Outcome: report.TestFailed, Kind: d.Code, Message: d.Message, Text: d.Hint})
		}
		for k := range files[i].results {
			r := &files[i].results[k]
			c := report.TestCase{Class: class, Name: r.name}
			switch r.outcome() {
			case "skipped":
				c.Outcome, c.Message = report.TestSkipped, r.skip
			case "failed":
				c.Outcome, c.Kind, c.Message, c.Text = report.TestFailed, "expectation", r.failures[0], strings.Join(r.failures, "\n")
			}
			s.Cases = append(s.Cases, c)
		}
		doc.Suites = append(doc.Suites, s)
	}
	return doc
}

func writeTests(out io.Writer, files []testFile, sum testSum, verbose bool) error {
	w := &printer{Writer: out}
	for i := range files {
		for _, d := range files[i].problems {
			w.printf("FAIL  %s\n", d.Error())
			if d.Hint != "" {
				w.printf("        hint: %s\n", d.Hint)
			}
		}
		for k := range files[i].results {
			r := &files[i].results[k]
			place := fmt.Sprintf("%s:%d", files[i].path, r.line)
			switch r.outcome() {
			case "skipped":
				w.printf("skip  %s: %s (%s)\n", place, r.name, r.skip)
			case "failed":
				w.printf("FAIL  %s: %s\n", place, r.name)
				for _, why := range r.failures {
					w.printf("        %s\n", why)
				}
			default:
				if verbose {
					w.printf("ok    %s: %s\n", place, r.name)
				}
			}
		}
	}
	w.printf("%d passed, %d failed, %d skipped in %d files\n", sum.passed, sum.failed, sum.skipped, len(files))
	return w.err
}
