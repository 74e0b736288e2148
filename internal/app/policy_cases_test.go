package app

import "testing"

// The example that the help of policy test names runs and passes, and its
// definitions have nothing to remark.
func TestPolicyTestExamples(t *testing.T) {
	const folder = "../../docs/examples/policy-tests"
	lib, err := LoadPolicies([]string{folder}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := RunPolicyTests(&PolicyTestOptions{Paths: []string{folder}, Library: lib, Now: testNow})
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for i := range files {
		if len(files[i].Problems) > 0 || len(files[i].Results) == 0 {
			t.Errorf("%s: %v", files[i].Path, files[i].Problems)
		}
		for k := range files[i].Results {
			if r := &files[i].Results[k]; !r.Passed() {
				t.Errorf("%s: %s: %v", files[i].Path, r.Test.Name, r.Failures)
			}
		}
	}
	if l := LintPolicies(lib, nil, nil); len(l.Remarks) > 0 {
		t.Error(l.Remarks)
	}
}
