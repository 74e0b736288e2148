package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/azward/azward/attackpath"
)

func TestPageShowsTheWorstPath(t *testing.T) {
	user, role := attackpath.Thing{Kind: attackpath.UserNode, ID: "u", Name: `<b>u@x`}, attackpath.Thing{Kind: attackpath.RoleNode, ID: "r", Name: "Global Administrator"}
	step := attackpath.Step{From: user, Says: "holds the directory role", To: role, Cost: 1, Note: "for good", Cut: "take the role from <b>u@x"}
	a := &Assessment{Subject: "x"}
	page := func() string {
		var b bytes.Buffer
		if err := HTML(&b, a); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if strings.Contains(page(), `id="paths"`) {
		t.Error("a page without a path has its section")
	}
	a.Path = &AttackPath{Accounts: 3, Reaching: 1, Target: "Global Administrator", Steps: []attackpath.Step{step}, Changes: []attackpath.Change{{Change: step.Cut, Step: step, Paths: 1, Freed: 1}}, Unknown: []string{"groups"}}
	got := page()
	for _, want := range []string{`<h2 id="paths">`, `<a href="#paths">`, "1 of 3 ordinary accounts reaches", "cut here: take the role from &lt;b&gt;u@x", "<b>One change cuts it:</b> take the role from &lt;b&gt;u@x.", "1 thing could not"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(got, "<b>u@x") {
		t.Error("a name is markup")
	}
}
