package app

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/policy/cases"
)

// PolicyTestOptions say which tests are run.
type PolicyTestOptions struct {
	Paths   []string // files of tests, definitions that have one beside them, and folders
	Library *PolicyLibrary
	Aliases *policy.Aliases
	Run     string // only tests whose name has this in it
	Now     time.Time
}

// PolicyTestFile is a file of tests and how they ended.
type PolicyTestFile struct {
	Path       string
	Definition string    // where it came from
	Problems   diag.List // of the file and its definition; its tests may not have run
	Results    []cases.Result
}

// testSuffixes end the names of files of tests.
var testSuffixes = []string{".test.yaml", ".test.yml"}

// maxTestFiles bounds how many files of tests are run.
const maxTestFiles = 100_000

// RunPolicyTests runs the tests of definitions. What is wrong with a file is
// one of its problems; the error is for paths that hold no tests.
func RunPolicyTests(o *PolicyTestOptions) ([]PolicyTestFile, error) {
	names, err := testFiles(o.Paths, ".json")
	if err != nil {
		return nil, err
	}
	var out []PolicyTestFile
	for _, name := range names {
		out = append(out, o.file(name))
	}
	return out, nil
}

// testFiles lists the files of tests that paths name; tested are the endings of
// what tests stand beside.
func testFiles(paths []string, tested ...string) ([]string, error) {
	var out []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, usagef("read the tests: %v", err)
		}
		before := len(out)
		switch {
		case info.IsDir():
			err = filepath.WalkDir(p, func(name string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() || !isTestFile(name) {
					return err
				}
				if len(out) >= maxTestFiles {
					return fmt.Errorf("more than %d files of tests", maxTestFiles)
				}
				out = append(out, name)
				return nil
			})
		case !isTestFile(p) && slices.Contains(tested, lower(filepath.Ext(p))):
			for _, suffix := range testSuffixes {
				if beside := strings.TrimSuffix(p, filepath.Ext(p)) + suffix; exists(beside) {
					out = append(out, beside)
				}
			}
			if len(out) == before {
				return nil, usagef("no tests stand beside %s: expected %s", p, strings.TrimSuffix(filepath.Base(p), filepath.Ext(p))+testSuffixes[0])
			}
		default:
			out = append(out, p)
		}
		if err != nil {
			return nil, fmt.Errorf("read the tests of %s: %w", p, err)
		}
		if len(out) == before {
			return nil, usagef("no file of tests (NAME%s) is in %s", testSuffixes[0], p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func isTestFile(name string) bool {
	return slices.ContainsFunc(testSuffixes, func(s string) bool { return strings.HasSuffix(strings.ToLower(name), s) })
}

// tested is the path of what a file of tests stands beside, without its ending.
func tested(name string) string {
	for _, suffix := range testSuffixes {
		if strings.HasSuffix(lower(name), suffix) {
			return name[:len(name)-len(suffix)]
		}
	}
	return name
}

func exists(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

func (o *PolicyTestOptions) file(name string) PolicyTestFile {
	out := PolicyTestFile{Path: name}
	fail := func(format string, args ...any) {
		out.Problems.Add(diag.Diagnostic{Code: "POL0605", Source: name, Message: fmt.Sprintf(format, args...)})
	}
	text, err := readSmall(name, maxDefinitionFile)
	if err != nil {
		fail("%v", err)
		return out
	}
	f, diags := cases.Parse(name, text)
	out.Problems = diags
	if len(f.Tests) == 0 {
		return out
	}
	if o.Run != "" {
		f.Tests = slices.DeleteFunc(f.Tests, func(t cases.Test) bool { return !strings.Contains(lower(t.Name), lower(o.Run)) })
	}
	doc, src, where, err := o.definition(f)
	if err != nil {
		fail("%v", err)
		return out
	}
	out.Definition = where
	out.Results = cases.Run(f, doc, cases.Options{Aliases: o.Aliases, Source: src, Now: o.Now})
	return out
}

// definition finds what a file tests: written in it, in a file beside it, or
// in the library.
func (o *PolicyTestOptions) definition(f *cases.File) (doc jsondoc.Value, src *diag.Source, where string, err error) {
	if f.Definition.Kind() == jsondoc.Object {
		return f.Definition, nil, f.Name, nil
	}
	want := f.Definition.TextOr("")
	path := filepath.Join(filepath.Dir(f.Name), want)
	if want == "" {
		path = tested(f.Name) + ".json"
	}
	if exists(path) {
		text, err := readSmall(path, maxDefinitionFile)
		if err != nil {
			return doc, nil, path, err
		}
		if doc, err = jsondoc.Parse(text); err != nil {
			return doc, nil, path, fmt.Errorf("%s: %w", path, err)
		}
		return doc, diag.NewSource(path, string(text)), path, nil
	}
	if want == "" {
		return doc, nil, path, fmt.Errorf("the definition %s is not there; name it with definition", path)
	}
	if d := o.Library.Named(want, false); d != nil {
		return d.Doc, d.Source, cmp.Or(d.ID, d.Name), nil
	}
	return doc, nil, want, fmt.Errorf("no file beside it and no definition of --policies, --builtin or a tenant is called %q", want)
}
