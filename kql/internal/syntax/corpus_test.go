package syntax

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"

	"github.com/azward/azward/internal/testdata"
)

// TestConformanceFormat lays out all published and recorded queries: what they
// mean must not change, nor the text when it is laid out again.
func TestConformanceFormat(t *testing.T) {
	n, all := 0, 0
	for _, name := range []string{"hunting-queries", "kusto-fuzz-results", "kusto-docs-results"} {
		f, err := os.Open(testdata.File(t, "kql/"+name+".jsonl.gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		s := bufio.NewScanner(z)
		s.Buffer(nil, 1<<26)
		for s.Scan() {
			var q struct{ ID, KQL string }
			if err := json.Unmarshal(s.Bytes(), &q); err != nil {
				t.Fatal(err)
			}
			if _, errs := Parse(q.KQL); errs.HasErrors() {
				continue
			}
			all++
			if t.Run(q.ID, func(t *testing.T) { checkFormat(t, q.KQL) }) {
				n++
			}
		}
	}
	t.Logf("conformance: kql format %d of %d", n, all)
}
