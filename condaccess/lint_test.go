package condaccess_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/directory"
)

const ga = "62e90394-69f5-4237-9190-012177145e10"

// lintTenant has two emergency accounts (in group eg), one administrator, two members.
func lintTenant(t *testing.T) condaccess.Tenant {
	t.Helper()
	var b directory.Builder
	for _, u := range []string{"e1", "e2", "adm", "m1", "m2"} {
		b.Add(directory.Users, parse(t, fmt.Sprintf(`{"id":%q,"userPrincipalName":"%s@x.example","userType":"Member"}`, u, u)))
	}
	b.Add(directory.Groups, parse(t, `{"id":"eg","displayName":"emergency","members":["e1","e2"]}`))
	b.Add(directory.Groups, parse(t, `{"id":"most","displayName":"most","members":["m1","m2","adm"]}`))
	for _, u := range []string{"e1", "e2", "adm"} {
		b.Add(directory.RoleAssignments, parse(t, fmt.Sprintf(`{"principalId":%q,"roleDefinitionId":%q,"directoryScopeId":"/"}`, u, ga)))
	}
	b.DeclareRead(directory.Applications)
	b.Add(directory.ServicePrincipals, parse(t, `{"id":"sp1","appId":"a-1"}`))
	return condaccess.Tenant{Directory: b.Build()}
}

func lintPolicy(id, users, more, grant string) string {
	return fmt.Sprintf(`{"id":%q,"displayName":%q,"state":"enabled","conditions":{"users":{%s},"applications":{"includeApplications":["All"]}%s},"grantControls":%s}`, id, id, users, more, grant)
}

func TestLint(t *testing.T) {
	const all, allBut = `"includeUsers":["All"]`, `"includeUsers":["All"],"excludeGroups":["eg"]`
	const mfa, block = `{"operator":"OR","builtInControls":["mfa"]}`, `{"operator":"OR","builtInControls":["block"]}`
	sound := []string{lintPolicy("base", allBut, "", mfa), lintPolicy("legacy", allBut, `,"clientAppTypes":["other","exchangeActiveSync"]`, block)}
	for _, c := range []struct {
		name     string
		policies []string
		want     string // code and a part of the message; "" for none
	}{
		{"sound", sound, ""},
		{"everyone blocked", append(slices.Clone(sound), lintPolicy("oops", all, "", block)), "lock-out: every Global Administrator is blocked"},
		{"blocked but for a place", append(slices.Clone(sound), lintPolicy("oops", all, `,"clientAppTypes":["browser"]`, block)), "emergency-access: does not leave out e1@x.example, e2@x.example"},
		{"no emergency account", []string{lintPolicy("p", all, "", mfa)}, "emergency-access: no account"},
		{"nobody left", append(slices.Clone(sound), lintPolicy("p", `"includeUsers":["m1"],"excludeUsers":["m1"]`, "", mfa)), "contradiction: both includes and leaves out m1@x.example"},
		{"a filter that is never true", append(slices.Clone(sound), lintPolicy("p", allBut, `,"devices":{"deviceFilter":{"mode":"include","rule":"device.isCompliant -eq True -and device.isCompliant -eq False"}}`, `{"operator":"OR","builtInControls":["compliantDevice"]}`)), `contradiction: can never apply: no value of "device"`},
		{"most are left out", append(slices.Clone(sound), lintPolicy("p", `"includeUsers":["All"],"excludeGroups":["eg","most"]`, `,"signInRiskLevels":["high"]`, `{"operator":"OR","builtInControls":["compliantDevice"]}`)), "exclusion-undoes: leaves out all 3 people"},
		{"a group that is gone", append(slices.Clone(sound), lintPolicy("p", `"includeUsers":["All"],"excludeGroups":["eg","gone"]`, `,"signInRiskLevels":["high"]`, `{"operator":"OR","builtInControls":["compliantDevice"]}`)), "dead-reference: names the group gone"},
		{"nothing new", append(slices.Clone(sound), lintPolicy("again", `"includeGroups":["most"],"excludeGroups":["eg"]`, `,"signInRiskLevels":["high"]`, mfa)), "redundant: changes nothing"},
		{"something new", append(slices.Clone(sound), lintPolicy("more", `"includeGroups":["most"],"excludeGroups":["eg"]`, `,"signInRiskLevels":["high"]`, `{"operator":"AND","builtInControls":["mfa","compliantDevice"]}`)), ""},
		{"password without mfa", append(slices.Clone(sound), lintPolicy("p", allBut, `,"userRiskLevels":["high"]`, `{"operator":"OR","builtInControls":["passwordChange"]}`)), "contradiction: passwordChange holds only together"},
		{"unknown condition", append(slices.Clone(sound), lintPolicy("p", allBut, `,"tide":"high"`, `{"operator":"OR","builtInControls":["compliantDevice"]}`)), "not-understood: conditions.tide"},
		{"retired control", append(slices.Clone(sound), lintPolicy("p", allBut, "", `{"operator":"OR","builtInControls":["approvedApplication"]}`)), "retired: approvedApplication"},
	} {
		policies, _ := condaccess.ParsePolicies(parse(t, "["+strings.Join(c.policies, ",")+"]"))
		var got []string
		for _, r := range condaccess.Compile(policies, lintTenant(t)).Lint() {
			got = append(got, r.Code+": "+r.Text)
		}
		if c.want == "" && len(got) > 0 || c.want != "" && !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, c.want) }) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestConformanceDiff compares the diff of two sets with brute force over a grid.
func TestConformanceDiff(t *testing.T) {
	mfa, _ := condaccess.QuestionByID("mfa")
	sets, agreed := 200, 0
	for seed := range sets {
		m := maker{rand.New(rand.NewPCG(uint64(seed), 21))}
		w := m.world()
		for g := range w.unread { // who is in doubt is on neither side: leave doubt out here
			w.unread[g] = false
		}
		for _, g := range allGroups {
			if w.members[g] == nil {
				w.members[g] = []string{}
			}
		}
		w.locations["l4"] = place{countries: []string{"FR"}}
		before, oldDocs := m.policies(t, 1+m.IntN(4))
		after, newDocs := m.policies(t, 1+m.IntN(4))
		changes, _ := condaccess.Diff(before, after, w.tenant(t), []condaccess.Question{mfa})
		n, bad := 0, ""
		grid(func(x *condaccess.SignIn, dev map[string]string) {
			if n++; bad != "" || (n+seed)%41 != 0 {
				return
			}
			was, is := w.guarantees(oldDocs, x, dev) == condaccess.True, w.guarantees(newDocs, x, dev) == condaccess.True
			in := func(rs []condaccess.Region) bool {
				return slices.ContainsFunc(rs, func(r condaccess.Region) bool { return r.Holds(x) })
			}
			if in(changes[0].Weaker) != (was && !is) || in(changes[0].Stronger) != (!was && is) {
				bad = fmt.Sprintf("%+v: was %v, is %v; weaker %v, stronger %v", x, was, is, in(changes[0].Weaker), in(changes[0].Stronger))
			}
		})
		if bad != "" {
			t.Errorf("seed %d: %s", seed, bad)
			continue
		}
		agreed++
	}
	t.Logf("conformance: conditional-access-diff-brute-force %d of %d", agreed, sets)
}

// TestMatrixAgrees: what a square of the matrix says of a whole circumstance holds
// for each sign-in of a grid.
func TestMatrixAgrees(t *testing.T) {
	checked := 0
	for seed := range 60 {
		m := maker{rand.New(rand.NewPCG(uint64(seed), 77))}
		w := m.world()
		ps, docs := m.policies(t, 1+m.IntN(5))
		set := condaccess.Compile(ps, w.tenant(t))
		mx := set.Matrix()
		n := 0
		grid(func(x *condaccess.SignIn, dev map[string]string) {
			if n++; (n+seed)%53 != 0 || x.SignInRisk < condaccess.RiskMedium || x.Client > condaccess.MobileDesktop || x.Flow != condaccess.FlowNone {
				return
			}
			status, ok := mx.Find(set, x, "risk")
			if !ok {
				t.Fatalf("seed %d: %+v is in no square", seed, x)
			}
			checked++
			got := w.guarantees(docs, x, dev)
			if status <= condaccess.StatusMFA && got != condaccess.True || status == condaccess.StatusOpen && got == condaccess.True {
				t.Errorf("seed %d: the square says %s, brute force %s of %+v", seed, status, got, x)
			}
		})
	}
	if checked < 1000 {
		t.Errorf("only %d sign-ins checked", checked)
	}
}
