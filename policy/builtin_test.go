package policy

import (
	"archive/tar"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
)

type builtinFile struct {
	name string
	text []byte
	doc  jsondoc.Value
}

// builtins reads the built-in definitions and initiatives.
func builtins(tb testing.TB) (definitions, initiatives []builtinFile) {
	tb.Helper()
	z := testdata.Unzip(tb, "policy", "built-in-policies.tar.gz")
	in := tar.NewReader(z)
	keys := jsondoc.NewInterner()
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return definitions, initiatives
		}
		if err != nil {
			tb.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".json") {
			continue
		}
		text, err := io.ReadAll(in)
		if err != nil {
			tb.Fatal(err)
		}
		doc, err := jsondoc.ParseInterned(text, keys)
		if err != nil {
			tb.Errorf("%s: %v", h.Name, err)
			continue
		}
		one := builtinFile{strings.TrimPrefix(h.Name, "built-in-policies/"), text, doc}
		props := doc.Get("properties")
		switch {
		case props.Get("policyRule").Exists():
			definitions = append(definitions, one)
		case props.Get("policyDefinitions").Exists():
			initiatives = append(initiatives, one)
		}
	}
}

func TestConformanceBuiltinsCompile(t *testing.T) {
	known := knownFailures(t)
	definitions, _ := builtins(t)
	compiled, anyType := 0, 0
	for _, b := range definitions {
		def, diags := Compile(b.doc, CompileOptions{Source: diag.NewSource(b.name, string(b.text))})
		if _, listed := known["builtin/"+b.name]; (def == nil) != listed {
			t.Errorf("%v", diags)
		}
		if def == nil {
			continue
		}
		compiled++
		if def.Types() == nil {
			anyType++
		}
	}
	t.Logf("conformance: built-in definitions compile %d of %d", compiled, len(definitions))
	t.Logf("figure: built-in definitions that can match any type: %d", anyType)
	if len(definitions) != 5009 {
		t.Errorf("%d definitions were read, want 5009", len(definitions))
	}
}

func BenchmarkCompile(b *testing.B) {
	definitions, _ := builtins(b)
	b.ReportAllocs()
	for b.Loop() {
		for _, d := range definitions[:500] {
			Compile(d.doc, CompileOptions{})
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/500, "µs/definition")
}
