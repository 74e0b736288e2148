package app

import (
	"context"
	"reflect"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/policy"
)

// What decided is worked out from the state that the sweep found; it must be
// what an evaluation from the start says.
func TestConformanceWhyIsWhatEvaluateSays(t *testing.T) {
	s := &session{o: &Options{Demo: true, Policies: []string{testdata.File(t, "policy", "built-in-policies.tar.gz")}, Now: testNow}}
	if err := s.gather(context.Background()); err != nil {
		t.Fatal(err)
	}
	o := policy.Options{Inventory: s.inv, Now: s.o.Now}
	afresh, known := policy.NewEvaluator(o), policy.NewEvaluator(o)
	n, same := 0, 0
	for _, r := range s.results {
		if r.state != finding.NonCompliant && r.state != finding.Unknown {
			continue
		}
		n++
		want := afresh.Evaluate(s.rules[r.rule].def, s.resources[r.resource]).Verdict
		got := known.Why(s.rules[r.rule].def, s.resources[r.resource], r.state).Verdict
		if want.State == r.state && reflect.DeepEqual(got, want) {
			same++
		} else if n-same < 10 {
			t.Errorf("%s of %s:\n got %+v\nwant %+v", s.rules[r.rule].id, s.resources[r.resource].ID, got, want)
		}
	}
	t.Logf("conformance: reasons from a known state %d of %d", same, n)
}

// Stated leaves reasons out, never a state.
func TestStatedIsCoverageWithoutWords(t *testing.T) {
	inv, err := Load(context.Background(), &Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	types := []string{"Microsoft.GuestConfiguration/guestConfigurationAssignments", "Microsoft.Nobody/asked", "Microsoft.Storage/storageAccounts/blobServices/containers"}
	for _, typ := range inv.Types() {
		types = append(types, typ.Type)
	}
	n := 0
	for r := range inv.All() {
		if n++; n%7 != 0 {
			continue
		}
		for _, typ := range types {
			want, got := inv.Coverage(typ, r.ID), inv.Stated(typ, r.ID)
			if got.State != want.State || got.Reason != "" && got.Reason != want.Reason {
				t.Fatalf("%s under %s: %+v, want %+v", typ, r.ID, got, want)
			}
		}
	}
}
