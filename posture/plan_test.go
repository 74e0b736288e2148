package posture

import (
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
)

func TestFill(t *testing.T) {
	nasty := Target{ID: "/subscriptions/s/x", Name: `a'b"c$(touch /tmp/x)` + "`id`", ResourceGroup: "rg 1", Parent: "p", Subscription: "s", Location: "westeurope"}
	for _, c := range []struct {
		template string
		lang     Language
		want     string
	}{
		{"az x --ids {{id}} -g {{resourceGroup}}", Shell, "az x --ids /subscriptions/s/x -g 'rg 1'"},
		{"az x --n {{name}}", Shell, `az x --n 'a'\''b"c$(touch /tmp/x)` + "`id`'"},
		{`az x --n "{{name}}"`, Shell, `az x --n "a'b\"c\$(touch /tmp/x)` + "\\`id\\`\""},
		{`az x --n '{{ name }}/{{parent}}'`, Shell, `az x --n 'a'\''b"c$(touch /tmp/x)` + "`id`/p'"},
		{"name: '{{name}}'", Bicep, `name: 'a\'b"c$(touch /tmp/x)` + "`id`'"},
		{`name = "{{name}}"`, Terraform, `name = "a'b\"c$(touch /tmp/x)` + "`id`\""},
		{"keep {{other}} and {{", Shell, "keep {{other}} and {{"},
	} {
		if got := Fill(c.template, nasty, c.lang); got != c.want {
			t.Errorf("Fill(%q) = %q, want %q", c.template, got, c.want)
		}
	}
	if got := Fill("{{name}}", Target{Name: "a\nrm -rf /"}, Shell); got != "'arm -rf /'" {
		t.Errorf("a line feed came through: %q", got)
	}
}

// What a real shell makes of a filled-in command is the value, as one word.
func TestFillSurvivesAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh on this machine")
	}
	for _, name := range []string{"plain", "two words", `quo'te`, `dou"ble`, "$HOME", "`id`", `back\slash`, "*", "~", "#x", "a;b", "!x", ""} {
		for _, template := range []string{"printf %s {{name}}", `printf %s "{{name}}"`, "printf %s '{{name}}'"} {
			out, err := exec.Command(sh, "-c", Fill(template, Target{Name: name}, Shell)).Output()
			if err != nil || string(out) != name {
				t.Errorf("%s with %q printed %q, %v", template, name, out, err)
			}
		}
	}
}

func TestPlan(t *testing.T) {
	var b factsBuilder
	scope := b.scope("s")
	tls := b.recommendation(Recommendation{ID: "tls", Control: "Encrypt data in transit"})
	public := b.recommendation(Recommendation{ID: "public", Control: net})
	b.found(scope, tls, 1, finding.NonCompliant)
	b.found(scope, public, 1, finding.NonCompliant)
	b.found(scope, public, 3, finding.Compliant)
	a1 := Target{ID: "/a1", Name: "a1"}
	a2 := Target{ID: "/a 2", Name: "a 2"}
	plan := Plan([]Fix{
		{Recommendation: tls, ID: "tls", Title: "TLS", Severity: finding.Medium, Effort: "low", Owner: "data", Breaks: "old clients", AzCLI: "az storage account update --ids {{id}} --min-tls-version TLS1_2\n", Targets: []Target{a1}},
		{Recommendation: public, ID: "public", Title: "No public blobs", Severity: finding.High, Effort: "low", Owner: "data", AzCLI: "az storage account update --ids {{id}} --allow-blob-public-access false", Targets: []Target{a1, a2}},
		{Recommendation: -1, ID: "lock", Title: "Locks", Severity: finding.Low, Effort: "high", Owner: "platform", AzCLI: "az lock create -n {{name}}", Targets: []Target{a2}},
		{Recommendation: -1, ID: "none", Title: "Nothing open", AzCLI: "az x"},
	}, NewSimulator(b.Facts))
	if len(plan) != 2 {
		t.Fatalf("plan = %+v, want two actions", plan)
	}
	first := plan[0]
	if first.Title != "No public blobs" || first.Findings != 3 || first.Resources != 2 || strings.Join(first.Controls, " ") != "public tls" || first.Severity != finding.High {
		t.Errorf("first = %+v", first)
	}
	if want := "az storage account update --ids /a1 --allow-blob-public-access false --min-tls-version TLS1_2"; first.Commands[0].AzCLI != want {
		t.Errorf("command = %q, want %q", first.Commands[0].AzCLI, want)
	}
	if want := "az storage account update --ids '/a 2' --allow-blob-public-access false"; first.Commands[1].AzCLI != want {
		t.Errorf("command = %q, want %q", first.Commands[1].AzCLI, want)
	}
	if first.Gain != 0.625 || first.ScoreAfter != 1 {
		t.Errorf("gain %v, score after %v; want 0.625 to 1", first.Gain, first.ScoreAfter)
	}
	if plan[1].Commands[0].AzCLI != "az lock create -n 'a 2'" || plan[1].Gain != 0 {
		t.Errorf("second = %+v", plan[1])
	}
}

func FuzzFill(f *testing.F) {
	f.Add("az x '{{name}}' \"{{id}}\" {{resourceGroup}} \\", "a'b")
	f.Fuzz(func(_ *testing.T, template, name string) {
		for _, lang := range []Language{Shell, Bicep, Terraform} {
			_ = Fill(template, Target{ID: name, Name: name, ResourceGroup: name}, lang)
		}
	})
}

// A fix without a command counts as one with targets does.
func TestPlanCountsWhatItIsNotTold(t *testing.T) {
	targets := make([]Target, 3)
	for i := range targets {
		targets[i].ID = "/subscriptions/s/resourceGroups/g/providers/A.B/c/" + string(rune('a'+i))
	}
	fix := Fix{Recommendation: -1, ID: "mine", Title: "Mine", Severity: finding.Medium}
	told, untold := fix, fix
	told.Targets, untold.Untold = targets, len(targets)
	want := Plan([]Fix{told}, NewSimulator(Facts{}))
	got := Plan([]Fix{untold}, NewSimulator(Facts{}))
	if !reflect.DeepEqual(got, want) || len(got) != 1 || got[0].Findings != 3 || got[0].Resources != 3 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
