package app

import (
	"testing"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/testdata"
)

// Microsoft's initiatives against Microsoft's definitions: a member whose
// values its definition does not take would be an error of ours or of theirs.
func TestConformancePolicyLintInitiatives(t *testing.T) {
	lib, err := LoadPolicies([]string{testdata.File(t, "policy", "built-in-policies.tar.gz")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := LintPolicies(lib, nil, nil)
	wrong := map[string]bool{}
	for _, d := range l.Remarks {
		if d.Severity == diag.Error {
			wrong[d.Source] = true
			t.Errorf("%v", d)
		}
	}
	t.Logf("conformance: policy lint finds no error in built-in initiatives with their definitions %d of %d", l.Documents-len(wrong), l.Documents)
}
