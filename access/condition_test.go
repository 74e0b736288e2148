package access

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/testdata"
)

func mustCondition(t *testing.T, s string) *Condition {
	t.Helper()
	c, list := ParseCondition(s)
	if list.HasErrors() {
		t.Fatalf("%s: %v", s, list)
	}
	return c
}

func attrs(m map[string][]string) Attributes {
	return func(source, name string) ([]string, bool) {
		v, ok := m["@"+source+"["+name+"]"]
		return v, ok
	}
}

// Source: "Azure role assignment condition format and syntax", the examples of
// the cross product operators.
func TestCrossProductOperators(t *testing.T) {
	for _, c := range []struct {
		cond string
		want finding.Truth
	}{
		{"{'red', 'blue'} ForAnyOfAnyValues:StringEquals {'blue', 'green'}", finding.True},
		{"{'red', 'blue'} ForAnyOfAnyValues:StringEquals {'orange', 'green'}", finding.False},
		{"{'red', 'blue'} ForAllOfAnyValues:StringEquals {'orange', 'red', 'blue'}", finding.True},
		{"{'red', 'blue'} ForAllOfAnyValues:StringEquals {'orange', 'red'}", finding.False},
		{"{10, 20} ForAnyOfAllValues:NumericLessThan {15, 18}", finding.True},
		{"{10, 20} ForAnyOfAllValues:NumericLessThan {15, 18, 5}", finding.False},
		{"{10, 20} ForAllOfAllValues:NumericLessThan {5, 15, 18}", finding.False},
		{"{10, 20} ForAllOfAllValues:NumericLessThan {25, 30}", finding.True},
		{"{10, 20} ForAllOfAllValues:NumericLessThan {15, 25, 30}", finding.False},
	} {
		if got, _ := mustCondition(t, c.cond).Eval("x", "", nil); got != c.want {
			t.Errorf("%s = %v, want %v", c.cond, got, c.want)
		}
	}
}

func TestConditionForAnActionAllowsTheOthers(t *testing.T) {
	c := mustCondition(t, `((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'} AND NOT SubOperationMatches{'Blob.List'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'pub'))`)
	read := "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
	name := "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name]"
	for _, k := range []struct {
		action, sub string
		attrs       map[string][]string
		want        finding.Truth
	}{
		{"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", "", nil, finding.True},
		{read, "Blob.List", nil, finding.True},
		{read, "", map[string][]string{name: {"pub"}}, finding.True},
		{read, "", map[string][]string{name: {"PUB"}}, finding.False},
		{read, "", map[string][]string{name: {}}, finding.False},
		{read, "", nil, finding.Maybe},
	} {
		got, missing := c.Eval(k.action, k.sub, attrs(k.attrs))
		if got != k.want {
			t.Errorf("%+v: %v", k, got)
		}
		if (got == finding.Maybe) != slices.Contains(missing, name) {
			t.Errorf("%+v: missing %v", k, missing)
		}
	}
}

func TestConditionOperators(t *testing.T) {
	for cond, want := range map[string]finding.Truth{
		`'a*b' StringLike 'a\*b'`:                                 finding.True,
		`'axb' StringLike 'a\*b'`:                                 finding.False,
		`'axb' StringLike 'a?b'`:                                  finding.True,
		`'AXB' StringLikeIgnoreCase 'a*'`:                         finding.True,
		`'abc' StringNotStartsWith 'b'`:                           finding.True,
		`'2024-01-02T00:00:00Z' DateTimeGreaterThan '2024-01-01'`: finding.True,
		`'x' NumericEquals 1`:                                     finding.Maybe,
		`8B9DFCAB-4b77-4632-a6df-94bd07820648 GuidEquals 8b9dfcab4b774632a6df94bd07820648`: finding.True,
		`true BoolNotEquals false`:                                     finding.True,
		`1 NumericEquals 1 OR 1 NumericEquals 2 AND 1 NumericEquals 3`: finding.True,
	} {
		if got, _ := mustCondition(t, cond).Eval("", "", nil); got != want {
			t.Errorf("%s = %v, want %v", cond, got, want)
		}
	}
}

func TestConditionDiagnosticsNameThePlace(t *testing.T) {
	for cond, want := range map[string]struct {
		code string
		at   int
	}{
		"(ActionMatches{'a'}":             {"RBAC0103", 19},
		"@Resource[x] StringEqual 'a'":    {"RBAC0104", 13},
		"@Nowhere[x] StringEquals 'a'":    {"RBAC0105", 0},
		"@Resource[x StringEquals 'a'":    {"RBAC0102", 0},
		"'a":                              {"RBAC0101", 0},
		"ActionMatches('a')":              {"RBAC0103", 13},
		"@Resource[x] StringEquals 'a' #": {"RBAC0103", 30},
		"":                                {"RBAC0103", 0},
	} {
		_, list := ParseCondition(cond)
		if len(list) != 1 || list[0].Code != want.code || list[0].Span.Start != want.at {
			t.Errorf("%q: %+v", cond, list)
		}
	}
	if _, list := ParseCondition("1 NumericEquals 1 OR 1 NumericEquals 2 AND 1 NumericEquals 3"); len(list) != 1 || list[0].Code != "RBAC0108" {
		t.Errorf("mixed AND and OR: %v", list)
	}
}

// Conditions of Azure's own built-in roles.
func TestConformanceBuiltInConditions(t *testing.T) {
	f, err := os.Open(testdata.File(t, "entra", "abac-conditions.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 1<<20)
	n := 0
	for sc.Scan() {
		var row struct{ RoleName, Condition string }
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		n++
		c, list := ParseCondition(row.Condition)
		if list.HasErrors() {
			t.Errorf("%s: %v", row.RoleName, list)
			continue
		}
		again, list := ParseCondition(c.String())
		if list.HasErrors() || again.String() != c.String() {
			t.Errorf("%s: what we print we do not read: %v", row.RoleName, list)
		}
	}
	t.Logf("conformance: access conditions of built-in roles: %d of %d", n, n)
	if n == 0 {
		t.Error("no conditions read")
	}
}

func FuzzParseCondition(f *testing.F) {
	f.Add("((!(ActionMatches{'a/b'})) OR (@Request[x:y] ForAnyOfAnyValues:GuidEquals{8b9dfcab4b774632a6df94bd07820648})) && Exists @Resource[z]")
	f.Add(`'a\'b\\' StringLike {'x', 1, true}`)
	f.Fuzz(func(t *testing.T, s string) {
		c, list := ParseCondition(s)
		if list.HasErrors() {
			return
		}
		printed := c.String()
		again, list := ParseCondition(printed)
		if list.HasErrors() {
			t.Fatalf("%q prints as %q: %v", s, printed, list)
		}
		if again.String() != printed {
			t.Fatalf("%q, then %q", printed, again.String())
		}
		a, _ := c.Eval("a/b", "", nil)
		if b, _ := again.Eval("a/b", "", nil); a != b {
			t.Fatalf("%q is %v, printed %v", s, a, b)
		}
	})
}
