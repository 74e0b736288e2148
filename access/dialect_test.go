package access

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// The recorded cases of regorus are of its dialect. The files hold no context: this
// is the one that their recorded answers agree on.
var regorusContext = map[string][]string{
	"@Request[owner]": {"alice"}, "@Request[text]": {"HelloWorld"}, "@Request[count]": {"10"}, "@Request[enabled]": {"true"},
	"@Request[guid]": {"a1b2c3d4-0000-0000-0000-000000000000"}, "@Request[date]": {"2023-05-01T12:00:00Z"}, "@Request[ip]": {"10.0.0.5"}, "@Request[time]": {"12:30:15"},
	"@Resource[enabled]": {"false"}, "@Resource[count]": {"5"},
}

func TestConformanceRegorusConditions(t *testing.T) {
	dir := testdata.File(t, "policy", "rbac-conditions")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", dir, err)
	}
	known := map[string]bool{}
	list, err := os.ReadFile("testdata/known_failures.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		name, reason, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		if !ok || reason == "" {
			t.Errorf("known_failures.txt: %q has no reason", line)
		}
		known[name] = true
	}
	passed, total := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := yamldoc.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range doc.Get("test_cases").Elements() {
			total++
			name := strings.TrimSuffix(filepath.Base(file), ".yaml") + "/" + c.Get("name").TextOr("")
			why := regorusCase(c)
			switch {
			case why == "" && known[name]:
				t.Errorf("%s passes, and stands in known_failures.txt", name)
			case why == "":
				passed++
			case !known[name]:
				t.Errorf("%s\t%s", name, why)
			}
			delete(known, name)
		}
	}
	for name := range known {
		t.Errorf("known_failures.txt: there is no case %s", name)
	}
	t.Logf("conformance: access conditions of regorus: %d of %d", passed, total)
}

// regorusCase runs one case and says why it fails, "" where it does not.
func regorusCase(c jsondoc.Value) string {
	cond, list := ParseDialect(c.Get("condition").TextOr(""), Regorus)
	if list.HasErrors() {
		return list[0].Message
	}
	got, _ := cond.Eval("Microsoft.Storage/storageAccounts/read", "sub/read", attrs(regorusContext))
	want, _ := c.Get("expected").Bool()
	if got != finding.Of(want) {
		return "answers " + got.String()
	}
	return ""
}

// TestDialect: each operator and function that regorus has besides Azure's, and that
// Azure refuses it. Source: the names of its operators; Azure's own are in "Azure role
// assignment condition format and syntax".
func TestDialect(t *testing.T) {
	for _, c := range []struct {
		cond string
		want finding.Truth
	}{
		{"ActionMatches('Microsoft.Storage/*/read')", finding.True}, {"ActionMatches('Microsoft.Storage/*')", finding.False},
		{"ActionMatches('x/y', 'microsoft.storage/storageaccounts/read')", finding.True}, {"'a/b/c' ActionMatches 'a/*/c'", finding.True},
		{"@Request[ip] IpMatch '10.0.0.0/24'", finding.True}, {"@Request[ip] IpMatch '10.0.1.5'", finding.False}, {"@Request[ip] IpInRange ['10.0.0.1', '10.0.0.9']", finding.True},
		{"@Request[ip] IpInRange ['::1', '::9']", finding.Maybe}, {"@Request[ip] IpMatch 'here'", finding.Maybe},
		{"{'a', 'b'} ListContains 'b'", finding.True}, {"['a', 'b'] ListNotContains 'b'", finding.False}, {"NormalizeList(['a', 'a']) ListContains 'a'", finding.True},
		{"@Request[text] StringContains 'oWo'", finding.True}, {"@Request[text] StringContainsIgnoreCase 'OWO'", finding.True}, {"@Request[text] StringEndsWith 'World'", finding.True},
		{"@Request[text] StringNotEndsWith 'World'", finding.False}, {"@Request[text] StringMatches '^Hello[A-Z]'", finding.True}, {"@Request[text] StringMatches '('", finding.Maybe},
		{"@Request[count] NumericInRange [10, 10]", finding.True}, {"@Request[count] NumericInRange [10]", finding.Maybe},
		{"@Request[time] TimeOfDayLessThan '12:31'", finding.True}, {"@Request[time] TimeOfDayLessThanEquals '12:30:15'", finding.True}, {"@Request[time] TimeOfDayGreaterThan '12:30:15'", finding.False},
		{"@Request[time] TimeOfDayNotEquals '12:30:15'", finding.False}, {"ToTime('2023-05-01T12:30:15Z') TimeOfDayEquals @Request[time]", finding.True},
		{"@Request[date] DateTimeInRange ['2023-05-01T00:00:00Z', '2023-05-02T00:00:00Z']", finding.True},
		{"ToLower('AbC') StringEquals 'abc'", finding.True}, {"ToUpper(Trim(' a ')) StringEquals 'A'", finding.True}, {"AddDays(@Request[date], -1) DateTimeLessThan @Request[date]", finding.True},
		{"AddDays('then', 1) DateTimeEquals 'now'", finding.Maybe}, {"ToLower(@Request[nothing]) StringEquals 'a'", finding.Maybe},
		{"['a', 'b'] ForAnyOfAnyValues ['b', 'c']", finding.True}, {"['a', 'b'] ForAllOfAnyValues ['b', 'c']", finding.False},
	} {
		cond, list := ParseDialect(c.cond, Regorus)
		if list.HasErrors() {
			t.Errorf("%s: %v", c.cond, list)
			continue
		}
		if got, missing := cond.Eval("Microsoft.Storage/storageAccounts/read", "sub/read", attrs(regorusContext)); got != c.want || (got == finding.Maybe) != (len(missing) > 0) {
			t.Errorf("%s: %s %v, want %s", c.cond, got, missing, c.want)
		}
		again, list := ParseDialect(cond.String(), Regorus)
		if list.HasErrors() || again.String() != cond.String() {
			t.Errorf("%s prints as %s: %v", c.cond, cond, list)
		}
		if _, list = ParseCondition(c.cond); !list.HasErrors() {
			t.Errorf("Azure's own language takes %s", c.cond)
		}
	}
}

// Which built-in roles grant what an attacker wants, by the engine and by
// regular expressions over the definitions as they are recorded.
func TestConformanceDangerousRoles(t *testing.T) {
	z := testdata.Unzip(t, "entra", "built-in-roles.jsonl.gz")
	type recorded struct {
		role *Role
		body jsondoc.Value
	}
	var roles []recorded
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 1<<22)
	for sc.Scan() {
		b := body(t, strings.Clone(sc.Text()))
		r, list := ParseRole(b)
		if list != nil {
			t.Fatal(list)
		}
		roles = append(roles, recorded{r, b})
	}
	compiled := map[string]*regexp.Regexp{}
	matches := func(list jsondoc.Value, action string) bool {
		for _, e := range list.Elements() {
			text := e.TextOr("")
			if compiled[text] == nil {
				compiled[text] = regexp.MustCompile("(?i)^" + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*") + "$")
			}
			if compiled[text].MatchString(action) {
				return true
			}
		}
		return false
	}
	agreed := 0
	dangerous := []struct {
		action string
		data   bool
		want   int
	}{
		{"Microsoft.Authorization/roleAssignments/write", false, 28}, {"Microsoft.Compute/virtualMachines/extensions/write", false, 11},
		{"Microsoft.Storage/storageAccounts/listKeys/action", false, 24}, {"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", true, 15},
		{"Microsoft.KeyVault/vaults/secrets/getSecret/action", true, 4}, {"Microsoft.KeyVault/vaults/accessPolicies/write", false, 7},
		{"Microsoft.Automation/automationAccounts/jobs/write", false, 5}, {"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write", false, 5},
		{"Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", false, 3}, {"Microsoft.Resources/deployments/write", false, 278},
		{"Microsoft.HybridCompute/machines/extensions/write", false, 20}, {"Microsoft.ContainerRegistry/registries/push/write", false, 5},
		{"Microsoft.DocumentDB/databaseAccounts/listKeys/action", false, 5},
	}
	for _, d := range dangerous {
		mine, brute := 0, 0
		for _, r := range roles {
			a := slices.ContainsFunc(r.role.Permissions, func(p Permission) bool { return p.Grants(strings.ToLower(d.action), d.data) })
			b := false
			for _, p := range r.body.Get("permissions").Elements() {
				yes, no := p.Get("actions"), p.Get("notActions")
				if d.data {
					yes, no = p.Get("dataActions"), p.Get("notDataActions")
				}
				b = b || matches(yes, d.action) && !matches(no, d.action)
			}
			if a != b {
				t.Errorf("%s on %s: %v, by regular expressions %v", r.role.Name, d.action, a, b)
			}
			if a {
				mine++
			}
			if b {
				brute++
			}
		}
		if mine != d.want || brute != d.want {
			t.Errorf("%d roles (%d by regular expressions) grant %s, want %d", mine, brute, d.action, d.want)
			continue
		}
		agreed++
	}
	t.Logf("conformance: access dangerous actions of built-in roles: %d of %d", agreed, len(dangerous))
}
