package compliance

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/azward/azward/internal/testdata"
)

// TestConformanceMicrosoftsSplit compares the split of NIST 800-53 revision 5
// with Microsoft's own for revision 4. Where Microsoft lists customer policies
// the requirement must not be inherited, where it lists controls of its own
// the requirement must not be the customer's alone, and each requirement must
// say which of these it rests on. "Microsoft only" in the source means that no
// customer policy is listed, not that no duty exists: azward may then say both.
func TestConformanceMicrosoftsSplit(t *testing.T) {
	raw, err := os.ReadFile(testdata.File(t, "posture", "nist80053r4-shared-responsibility.json"))
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]struct {
		Microsoft []string
		Automated int `json:"customer_automated"`
		Manual    int `json:"customer_manual"`
	}
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	var nist *Framework
	for _, f := range shipped(t) {
		if f.ID == "nist-800-53-r5" {
			nist = f
		}
	}
	if nist == nil {
		t.Fatal("the framework is not shipped")
	}
	same, compared, withdrawn := 0, 0, 0
	for key, r := range recorded {
		id := strings.TrimPrefix(key, "NIST_SP_800-53_R4_")
		q := nist.Requirement(id)
		if q == nil {
			withdrawn++
			continue
		}
		compared++
		theirs, ours := len(r.Microsoft) > 0, r.Automated+r.Manual > 0
		good := strings.HasPrefix(q.Basis, "r4: ")
		switch {
		case theirs && ours:
			good = good && q.Owner == Both
		case theirs:
			good = good && (q.Owner == Both || q.Owner == Microsoft)
		case ours:
			good = good && q.Owner == Customer
		}
		if good {
			same++
		} else {
			t.Errorf("%s is %s (%s); Microsoft has %d controls of its own and lists %d policies for the customer", id, q.Owner, q.Basis, len(r.Microsoft), r.Automated+r.Manual)
		}
	}
	if compared < 250 {
		t.Errorf("only %d requirements are in both revisions", compared)
	}
	t.Logf("%d of revision 4 are not in the list for revision 5: withdrawn, or an enhancement that no cloud control speaks of", withdrawn)
	t.Logf("conformance: nist-800-53-split %d of %d", same, compared)
}
