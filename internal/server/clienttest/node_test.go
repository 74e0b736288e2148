package clienttest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestNodeClient runs client.mjs, which needs node and, once, npm ci.
func TestNodeClient(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat("node_modules"); err != nil {
		npm, err := exec.LookPath("npm")
		if err != nil {
			t.Skip("npm is not installed")
		}
		if out, err := exec.Command(npm, "ci", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
			t.Skipf("npm ci: %v\n%s", err, out)
		}
	}
	cmd := exec.Command(node, "--test", "client.mjs")
	cmd.Env = append(os.Environ(), "AZWARD_URL="+serve(t))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "pass 7") {
		t.Errorf("%v\n%s", err, out)
	}
}
