package app

import (
	"strings"
	"testing"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/testdata"
)

// knownMembers are remarks on Microsoft's own initiatives that stand. Those of
// the government cloud pin version 7 of a definition whose 7.0.0 the archive
// has for the public cloud only, with other parameters.
var knownMembers = map[string]string{
	`the definition "Kubernetes cluster pods should only use approved host network and port list" has no parameter "minPort"`:            "Azure Government",
	`the definition "Kubernetes cluster pods should only use approved host network and port list" has no parameter "maxPort"`:            "Azure Government",
	`the definition "Kubernetes cluster pods should only use approved host network and port list" has no parameter "excludedContainers"`: "Azure Government",
}

// Microsoft's initiatives against Microsoft's definitions: a member whose
// values its definition does not take would be an error of ours or of theirs.
func TestConformancePolicyLintInitiatives(t *testing.T) {
	lib, err := LoadPolicies([]string{testdata.File(t, "policy", "built-in-policies.tar.gz")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := LintPolicies(lib, nil, nil)
	wrong, seen := map[string]bool{}, map[string]bool{}
	for _, d := range l.Remarks {
		if d.Severity != diag.Error {
			continue
		}
		wrong[d.Source] = true
		if where := knownMembers[d.Message]; where == "" || !strings.Contains(d.Source, where) {
			t.Errorf("%v", d)
		}
		seen[d.Message] = true
	}
	for message := range knownMembers {
		if !seen[message] {
			t.Errorf("take it off the list: %s", message)
		}
	}
	t.Logf("conformance: policy lint finds no error in built-in initiatives with their definitions %d of %d", l.Documents-len(wrong), l.Documents)
}
