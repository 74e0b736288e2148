package access

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

func body(t testing.TB, s string) jsondoc.Value {
	t.Helper()
	v, err := jsondoc.ParseString(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func scope(t testing.TB, s string) resource.ID {
	t.Helper()
	id, err := resource.ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestNotActionsSubtractFromTheirOwnEntryOnly(t *testing.T) {
	r, list := ParseRole(body(t, `{"name":"R1","properties":{"roleName":"two entries","type":"CustomRole","permissions":[
		{"actions":["*"],"notActions":["Microsoft.Authorization/*/write"],"dataActions":[],"notDataActions":[]},
		{"actions":["Microsoft.Authorization/locks/write"],"notActions":[]}]}}`))
	if list != nil {
		t.Fatal(list)
	}
	sub := scope(t, "/subscriptions/s")
	sys := NewSystem(Config{Roles: []*Role{r}, Assignments: []*Assignment{{ID: "a", Principal: "u", Role: "r1", Scope: sub}}})
	for action, want := range map[string]finding.Truth{
		"Microsoft.Authorization/locks/write":           finding.True,
		"microsoft.authorization/roleAssignments/WRITE": finding.False,
		"Microsoft.Compute/virtualMachines/delete":      finding.True,
	} {
		if got := sys.Check(Question{Principal: "U", Action: action, Scope: scope(t, "/subscriptions/S/resourceGroups/rg")}); got.Allowed != want {
			t.Errorf("%s: %v", action, got.Allowed)
		}
	}
	if got := sys.Check(Question{Principal: "u", Action: "Microsoft.Storage/x/read", Data: true, Scope: sub}); got.Allowed != finding.False {
		t.Error("`*` in actions gives data access")
	}
	if got := sys.Check(Question{Principal: "u", Action: "x/read", Scope: scope(t, "/")}); got.Allowed != finding.False {
		t.Error("an assignment reaches above its scope")
	}
}

func TestDenyWinsAndUnknownRolesAreUnknown(t *testing.T) {
	sub := scope(t, "/subscriptions/s")
	deny, list := ParseDeny(body(t, `{"id":"/subscriptions/s/providers/Microsoft.Authorization/denyAssignments/d","properties":{"permissions":[{"actions":["*/delete"],"notActions":["a/delete"]}],
		"principals":[{"id":"00000000-0000-0000-0000-000000000000","type":"SystemDefined"}],"excludePrincipals":[{"id":"G2"}]}}`))
	if list != nil {
		t.Fatal(list)
	}
	sys := NewSystem(Config{
		Roles:       FundamentalRoles(),
		Assignments: []*Assignment{{ID: "a", Principal: "g", PrincipalType: "Group", Role: RoleOwner, Scope: sub}, {ID: "b", Principal: "x", Role: "no-such", Scope: sub}},
		Denies:      []*Deny{deny},
		GroupsOf: func(p string) []string {
			return map[string][]string{"u": {"g"}, "v": {"g", "g2"}}[p]
		},
		MembersOf: func(g string) ([]string, bool) { return []string{"u", "v"}, g == "g" },
	})
	for _, c := range []struct {
		who, action string
		want        finding.Truth
	}{{"u", "b/delete", finding.False}, {"u", "a/delete", finding.True}, {"v", "b/delete", finding.True}, {"x", "b/read", finding.Maybe}, {"nobody", "b/read", finding.False}} {
		d := sys.Check(Question{Principal: c.who, Action: c.action, Scope: sub})
		if d.Allowed != c.want {
			t.Errorf("%s %s: %v", c.who, c.action, d.Allowed)
		}
		if (d.Allowed == finding.Maybe) != (len(d.Missing) > 0) {
			t.Errorf("%s %s: missing %v", c.who, c.action, d.Missing)
		}
	}
	who := sys.WhoCan("b/delete", false, sub)
	if len(who) != 1 || who[0].Principal != "v" || who[0].Grants[0].Via != "g" {
		t.Errorf("WhoCan: %+v", who)
	}
}

// oracle decides by going through every assignment anew, with regular
// expressions for patterns and recursion for groups. It shares no code with
// the engine but the records.
func oracle(cfg Config, direct map[string][]string, q Question) bool {
	ids := map[string]bool{}
	var walk func(string)
	walk = func(p string) {
		if ids[p] {
			return
		}
		ids[p] = true
		for g, members := range direct {
			if slices.Contains(members, p) {
				walk(g)
			}
		}
	}
	walk(q.Principal)
	matches := func(ps []Pattern) bool {
		return slices.ContainsFunc(ps, func(p Pattern) bool {
			re := "(?i)^" + strings.ReplaceAll(regexp.QuoteMeta(p.String()), `\*`, ".*") + "$"
			return regexp.MustCompile(re).MatchString(q.Action)
		})
	}
	grants := func(ps []Permission) bool {
		return slices.ContainsFunc(ps, func(p Permission) bool {
			if q.Data {
				return matches(p.DataActions) && !matches(p.NotDataActions)
			}
			return matches(p.Actions) && !matches(p.NotActions)
		})
	}
	covers := func(s resource.ID) bool {
		return s.String() == "/" || strings.HasPrefix(strings.ToLower(q.Scope.String())+"/", strings.ToLower(s.String())+"/")
	}
	cond := func(c *Condition) bool {
		if c == nil {
			return true
		}
		t, _ := c.Eval(q.Action, "", q.Attributes)
		return t == finding.True
	}
	for _, d := range cfg.Denies {
		if !covers(d.Scope) || d.OnlyScope && !strings.EqualFold(d.Scope.String(), q.Scope.String()) || !grants(d.Permissions) || !cond(d.Condition) {
			continue
		}
		hit, out := d.Principals[Everyone], false
		for id := range ids {
			hit, out = hit || d.Principals[id], out || d.Excluded[id]
		}
		if hit && !out {
			return false
		}
	}
	for _, a := range cfg.Assignments {
		if !ids[a.Principal] || !covers(a.Scope) || !cond(a.Condition) {
			continue
		}
		for _, r := range cfg.Roles {
			if r.Key == a.Role && grants(r.Permissions) {
				return true
			}
		}
	}
	return false
}

func TestAgreesWithBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(xs ...string) string { return xs[rng.IntN(len(xs))] }
	actions := []string{"A/x/read", "A/x/write", "A/x/y/write", "A/z/listKeys/action", "B/x/read", "B/auth/write"}
	pats := append([]string{"*", "*/read", "A/*", "a/*/write", "*/auth/*", "A/x*", "*x*"}, actions...)
	scopes := []string{"/", "/subscriptions/s1", "/subscriptions/s2", "/subscriptions/s1/resourceGroups/r1", "/subscriptions/S1/resourceGroups/R1/providers/A/x/n", "/subscriptions/s1/resourceGroups/r2", "/subscriptions/s1/resourceGroups/r"}
	conds := []string{"", "", "", "!(ActionMatches{'A/x/*'}) OR @Resource[t] StringEquals 'yes'", "@Request[n] NumericLessThan 5", "@Request[n] ForAnyOfAnyValues:NumericEquals {1, 7}"}
	people := []string{"u0", "u1", "u2", "u3", "g0", "g1", "g2"}
	some := func() []Pattern {
		var out []Pattern
		for range rng.IntN(3) {
			out = append(out, CompilePattern(pats[rng.IntN(len(pats))]))
		}
		return out
	}
	perms := func() []Permission {
		var out []Permission
		for range 1 + rng.IntN(2) {
			out = append(out, Permission{Actions: some(), NotActions: some(), DataActions: some(), NotDataActions: some()})
		}
		return out
	}
	cond := func() *Condition {
		s := conds[rng.IntN(len(conds))]
		if s == "" {
			return nil
		}
		return mustCondition(t, s)
	}
	questions, allowed := 0, 0
	for round := range 500 {
		var cfg Config
		for i := range 4 {
			cfg.Roles = append(cfg.Roles, &Role{Key: fmt.Sprint("r", i), Permissions: perms()})
		}
		direct := map[string][]string{}
		for _, g := range []string{"g0", "g1", "g2"} {
			for _, p := range people {
				if rng.IntN(4) == 0 && p != g {
					direct[g] = append(direct[g], p) // cycles included
				}
			}
		}
		for i := range rng.IntN(6) {
			cfg.Assignments = append(cfg.Assignments, &Assignment{ID: fmt.Sprint(i), Principal: pick(people...), Role: fmt.Sprint("r", rng.IntN(4)), Scope: scope(t, pick(scopes...)), Condition: cond()})
		}
		for range rng.IntN(3) {
			d := &Deny{Scope: scope(t, pick(scopes...)), OnlyScope: rng.IntN(2) == 0, Principals: map[string]bool{pick(append(people, Everyone)...): true}, Excluded: map[string]bool{pick(people...): rng.IntN(2) == 0}, Permissions: perms(), Condition: cond()}
			cfg.Denies = append(cfg.Denies, d)
		}
		cfg.GroupsOf = func(p string) []string {
			seen := map[string]bool{p: true}
			var out []string
			for queue := []string{p}; len(queue) > 0; queue = queue[1:] {
				for g, ms := range direct {
					if !seen[g] && slices.Contains(ms, queue[0]) {
						seen[g] = true
						out, queue = append(out, g), append(queue, g)
					}
				}
			}
			return out
		}
		sys := NewSystem(cfg)
		for range 200 {
			q := Question{Principal: pick("u0", "u1", "u2", "u3"), Action: pick(actions...), Data: rng.IntN(3) == 0, Scope: scope(t, pick(scopes...)),
				Attributes: attrs(map[string][]string{"@Resource[t]": {pick("yes", "no")}, "@Request[n]": {pick("1", "4", "7")}})}
			got, want := sys.Check(q).Allowed, oracle(cfg, direct, q)
			if got != finding.Of(want) {
				t.Fatalf("round %d: %+v: engine %v, brute force %v", round, q, got, want)
			}
			questions++
			if want {
				allowed++
			}
		}
	}
	t.Logf("conformance: access against brute force: %d of %d (%d allowed)", questions, questions, allowed)
	if allowed == 0 || allowed == questions {
		t.Error("the questions do not try both answers")
	}
}

func TestConformanceBuiltInRoles(t *testing.T) {
	z := testdata.Unzip(t, "entra", "built-in-roles.jsonl.gz")
	var roles []*Role
	named := map[string]bool{}
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 1<<22)
	for sc.Scan() {
		b := body(t, strings.Clone(sc.Text()))
		r, list := ParseRole(b)
		if list != nil {
			t.Fatalf("%s: %v", b.Get("roleName"), list)
		}
		roles = append(roles, r)
		for _, p := range r.Permissions {
			for _, pat := range p.Actions {
				if !strings.Contains(pat.String(), "*") {
					named[pat.String()] = true
				}
			}
		}
	}
	if len(roles) != 928 {
		t.Errorf("%d roles, want 928", len(roles))
	}
	// Wildcards against regular expressions, over every action the roles name.
	checked := 0
	for _, r := range roles {
		for _, p := range r.Permissions {
			for _, pat := range append(slices.Clone(p.Actions), p.NotActions...) {
				if !strings.Contains(pat.String(), "*") {
					continue
				}
				re := regexp.MustCompile("(?i)^" + strings.ReplaceAll(regexp.QuoteMeta(pat.String()), `\*`, ".*") + "$")
				i := 0
				for a := range named {
					if i++; i > 150 {
						break
					}
					checked++
					if pat.Match(strings.ToLower(a)) != re.MatchString(a) {
						t.Fatalf("%s against %s", pat, a)
					}
				}
			}
		}
	}
	writers := 0
	for _, r := range roles {
		if slices.ContainsFunc(r.Permissions, func(p Permission) bool {
			return p.Grants("microsoft.authorization/roleassignments/write", false) && p.Condition == nil
		}) {
			writers++
		}
	}
	// Owner, User Access Administrator and Role Based Access Control Administrator.
	if writers != 3 {
		t.Errorf("%d roles write role assignments without a condition, want 3", writers)
	}
	for _, mine := range FundamentalRoles() {
		i := slices.IndexFunc(roles, func(r *Role) bool { return r.Key == mine.Key })
		if i < 0 {
			t.Errorf("no role %s", mine.Key)
			continue
		}
		for a := range named {
			l := strings.ToLower(a)
			got := slices.ContainsFunc(mine.Permissions, func(p Permission) bool { return p.Grants(l, false) })
			want := slices.ContainsFunc(roles[i].Permissions, func(p Permission) bool { return p.Grants(l, false) })
			if got != want {
				t.Errorf("%s on %s: %v, the recorded definition %v", mine.Name, a, got, want)
			}
		}
	}
	t.Logf("conformance: access built-in roles: %d of 928, %d wildcard checks", len(roles), checked)
}

func BenchmarkWhoCan(b *testing.B) {
	const people, groups, scopes = 100_000, 2_000, 5_000
	members := map[string][]string{}
	for i := range people {
		g := fmt.Sprint("g", i%groups)
		members[g] = append(members[g], fmt.Sprint("u", i))
	}
	cfg := Config{Roles: FundamentalRoles(), MembersOf: func(g string) ([]string, bool) { m, ok := members[g]; return m, ok }}
	ids := make([]resource.ID, scopes)
	for i := range ids {
		ids[i] = scope(b, fmt.Sprintf("/subscriptions/s%d/resourceGroups/r%d", i%50, i))
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 20_000 {
		a := &Assignment{ID: fmt.Sprint(i), Principal: fmt.Sprint("u", rng.IntN(people)), PrincipalType: "User", Role: cfg.Roles[rng.IntN(5)].Key, Scope: ids[rng.IntN(scopes)]}
		if i%10 == 0 {
			a.Principal, a.PrincipalType = fmt.Sprint("g", rng.IntN(groups)), "Group"
			a.Scope, _ = a.Scope.Parent()
		}
		cfg.Assignments = append(cfg.Assignments, a)
	}
	sys := NewSystem(cfg)
	b.ReportAllocs()
	for b.Loop() {
		if len(sys.WhoCan("Microsoft.Compute/virtualMachines/write", false, ids[7])) == 0 {
			b.Fatal("nobody")
		}
	}
}

// TestAskingForManyActions: an action with wildcards asks for everything that it stands
// for ("Understand Azure role definitions"): a Contributor may not do all of
// Microsoft.Authorization, and a deny of one action denies the whole.
func TestAskingForManyActions(t *testing.T) {
	const sub = "/subscriptions/s1"
	assign := func(who, role, condition string) *Assignment {
		a, list := ParseAssignment(body(t, `{"id":"`+sub+`/providers/Microsoft.Authorization/roleAssignments/`+who+`","properties":{"principalId":"`+who+`","roleDefinitionId":"x/`+role+`","scope":"`+sub+`","condition":"`+condition+`"}}`))
		if list.Err() != nil {
			t.Fatal(list.Err())
		}
		return a
	}
	deny, list := ParseDeny(body(t, `{"id":"`+sub+`/providers/Microsoft.Authorization/denyAssignments/d","properties":{"denyAssignmentName":"d","permissions":[{"actions":["Microsoft.Web/sites/delete"]}],"principals":[{"id":"`+Everyone+`"}]}}`))
	if list.Err() != nil {
		t.Fatal(list.Err())
	}
	s := NewSystem(Config{Roles: FundamentalRoles(), Denies: []*Deny{deny}, Assignments: []*Assignment{assign("o", RoleOwner, ""), assign("c", RoleContributor, ""), assign("r", RoleReader, ""),
		assign("k", RoleOwner, "!(ActionMatches{'Microsoft.Compute/disks/write'}) OR @Request[x] StringEquals 'y'")}})
	scope, err := resource.ParseID(sub)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who, action string
		want        finding.Truth
	}{
		{"o", "Microsoft.Authorization/*", finding.True}, {"c", "Microsoft.Authorization/*", finding.False}, {"c", "Microsoft.Authorization/*/read", finding.True},
		{"c", "Microsoft.Storage/*", finding.True}, {"c", "Microsoft.Compute/*", finding.False}, {"c", "*", finding.False}, {"r", "Microsoft.Compute/*/read", finding.True}, {"r", "Microsoft.Compute/*", finding.False},
		{"o", "*", finding.False}, {"o", "Microsoft.Web/*", finding.False}, {"o", "Microsoft.Web/sites/write", finding.True},
		{"k", "Microsoft.Compute/*", finding.Maybe}, {"k", "Microsoft.Storage/*", finding.True}, {"k", "Microsoft.Compute/disks/w*", finding.Maybe},
	} {
		if d := s.Check(Question{Principal: c.who, Action: c.action, Scope: scope}); d.Allowed != c.want {
			t.Errorf("%s %s: %s, want %s (%v)", c.who, c.action, d.Allowed, c.want, d.Missing)
		}
	}
}
