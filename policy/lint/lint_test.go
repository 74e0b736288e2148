package lint

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
)

func aliases(t testing.TB) *policy.Aliases {
	t.Helper()
	z := testdata.Unzip(t, "policy", "aliases.csv.gz")
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	list, err := policy.ParseAliases(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestConformanceBuiltinsLint: Microsoft's own definitions are in use, so an
// error about one is wrong or worth a line in testdata/known_failures.txt.
func TestConformanceBuiltinsLint(t *testing.T) {
	list := aliases(t)
	z := testdata.Unzip(t, "policy", "built-in-policies.tar.gz")
	known := knownFailures(t)
	counts := map[string]int{}
	shown := map[string]int{}
	total, clean, unknown := 0, 0, 0
	in := tar.NewReader(z)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".json") {
			continue
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsondoc.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(h.Name, "built-in-policies/")
		src := diag.NewSource(name, string(text))
		check := Definition
		if doc.Path("properties", "policyDefinitions").Exists() {
			check = Initiative
		}
		total++
		remarks := check(doc, src, Options{Aliases: list})
		wrong := map[string]bool{}
		for _, d := range remarks {
			counts[fmt.Sprintf("%s %s", d.Code, d.Severity)]++
			if shown[d.Code]++; shown[d.Code] <= 3 && testing.Verbose() {
				t.Logf("%v", d)
			}
			if d.Code == CodeAlias {
				unknown++ // the archive is newer than the list
				continue
			}
			if d.Severity == diag.Error {
				wrong[d.Code] = true
				if known[name+" "+d.Code] == "" {
					t.Errorf("%v (hint: %s)", d, d.Hint)
				}
			}
		}
		for key := range known {
			if file, code, _ := strings.Cut(key, ".json "); file+".json" == name && !wrong[code] {
				t.Errorf("%s has no %s any more: take it off the list", name, code)
			}
		}
		if len(wrong) == 0 {
			clean++
		}
	}
	var lines []string
	for code, n := range counts {
		lines = append(lines, fmt.Sprintf("%s: %d", code, n))
	}
	sort.Strings(lines)
	t.Log(strings.Join(lines, "\n"))
	t.Logf("figure: policy lint: %d uses of aliases in the built-in definitions that are not in the recorded list", unknown)
	t.Logf("conformance: policy lint finds no error in built-in documents %d of %d", clean, total)
}

// knownFailures reads testdata/known_failures.txt: file and code, tab, reason.
func knownFailures(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/known_failures.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, reason, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(line, "#") {
			out[name] = reason
		}
	}
	return out
}
