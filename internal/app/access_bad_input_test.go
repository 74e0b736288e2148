package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/resource"
)

// inventoryOf reads a text as one exported file.
func inventoryOf(t testing.TB, text string) *inventory.Inventory {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, err := Load(context.Background(), &Options{From: []string{path}, Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func scopeID(t testing.TB, s string) resource.ID {
	t.Helper()
	id, err := resource.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

const badSub = "/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333"

// A tenant in which what people get wrong is there once: a cycle of groups, a
// principal that is gone, a role and a condition that cannot be read.
const badTenant = `[
{"id":"` + badSub + `","type":"Microsoft.Resources/subscriptions","name":"0b1f6471-1bf0-4dda-aec3-111122223333"},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleAssignments/a1","type":"Microsoft.Authorization/roleAssignments","name":"a1","properties":{"principalId":"GA","principalType":"Group","roleDefinitionId":"/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635","scope":"` + badSub + `"}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleAssignments/a2","type":"Microsoft.Authorization/roleAssignments","name":"a2","properties":{"principalId":"gone","roleDefinitionId":"/x/acdd72a7-3385-48ef-bd42-f606fba81ae7","scope":"` + badSub + `"}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleAssignments/a3","type":"Microsoft.Authorization/roleAssignments","name":"a3","properties":{"principalId":"u2","principalType":"User","roleDefinitionId":"/x/nobodyreadit","scope":"` + badSub + `"}},
{"id":"` + badSub + `/providers/Microsoft.Authorization/roleAssignments/a4","type":"Microsoft.Authorization/roleAssignments","name":"a4","properties":{"principalId":"u3","principalType":"User","roleDefinitionId":"/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635","condition":"@Resource[x","scope":"` + badSub + `"}},
{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[{"id":"u1","userPrincipalName":"u1@x"},{"id":"u2","userPrincipalName":"u2@x"},{"id":"u3","userPrincipalName":"u3@x"}]},
{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#groups","value":[{"id":"ga","displayName":"A","members":[{"id":"gb"}]},{"id":"gb","displayName":"B","members":[{"id":"ga"},{"id":"u1"}]}]},
{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#servicePrincipals","value":[]}
]`

func TestBadAssignmentsAreNamedAndUnknown(t *testing.T) {
	a := NewAccess(inventoryOf(t, badTenant))
	var said []string
	for _, d := range a.Problems() {
		said = append(said, d.Code+" "+d.Message)
	}
	text := strings.Join(said, "\n")
	for _, want := range []string{`group "ga" is nested in itself`, "roleAssignments/a2: no user, group or service principal has the id gone", "roleAssignments/a3: the definition of the role nobodyreadit", "roleAssignments/a4: condition"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q:\n%s", want, text)
		}
	}
	sub := scopeID(t, badSub)
	for who, want := range map[string]finding.Truth{"u1": finding.True, "u2": finding.Maybe, "u3": finding.Maybe} {
		e := a.Explain(a.Named(who), "Microsoft.Compute/virtualMachines/write", false, sub)
		// Nobody read deny assignments either: a yes says so.
		if e.Allowed != want || len(e.Missing) == 0 || want == finding.True && !strings.Contains(e.Missing[0], "denyAssignments") {
			t.Errorf("%s: %v, missing %v", who, e.Allowed, e.Missing)
		}
	}
	if e := a.Explain(a.Named("u1"), "x/y", false, sub); len(e.Ways) != 1 || len(e.Ways[0].Via) != 2 {
		t.Errorf("the chain through the cycle: %+v", e.Ways)
	}
	if who := a.WhoCan("Microsoft.Authorization/roleAssignments/write", false, sub, true); len(who.Holders) != 3 {
		t.Errorf("%+v", who.Holders)
	}
}

func TestNestedGroupWhoseMembersWereNotRead(t *testing.T) {
	text := strings.Replace(badTenant, `{"id":"gb","displayName":"B","members":[{"id":"ga"},{"id":"u1"}]}`, `{"id":"gb","displayName":"B"}`, 1)
	a := NewAccess(inventoryOf(t, text))
	sub := scopeID(t, badSub)
	who := a.WhoCan("x/y", false, sub, false)
	if len(who.Holders) != 3 || who.Holders[0].Principal.ID != "ga" || who.Holders[0].Allowed != finding.Maybe {
		t.Errorf("%+v", who.Holders)
	}
	if e := a.Explain(a.Named("u1"), "x/y", false, sub); e.Allowed != finding.Maybe || !strings.Contains(strings.Join(e.Missing, ";"), "members of group B") {
		t.Errorf("%v %v", e.Allowed, e.Missing)
	}
}
