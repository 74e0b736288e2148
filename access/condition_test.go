package access

import (
	"bufio"
	"encoding/json"
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

// Source: "Azure role assignment condition format and syntax", SubOperationMatches
// (a pattern), and the form in which older conditions name the suboperation.
func TestSubOperations(t *testing.T) {
	for _, c := range []struct {
		cond, sub string
		want      finding.Truth
	}{
		{"SubOperationMatches{'Blob.List'}", "blob.list", finding.True},
		{"SubOperationMatches{'Blob.*'}", "Blob.List", finding.True},
		{"SubOperationMatches{'Blob.*'}", "Queue.List", finding.False},
		{"SubOperationMatches{'Blob.List'}", "", finding.False},
		{"@Request[subOperation] ForAnyOfAnyValues:StringEqualsIgnoreCase {'blob.list', 'x'}", "Blob.List", finding.True},
		{"@Request[subOperation] ForAnyOfAnyValues:StringEqualsIgnoreCase {'blob.list'}", "", finding.False},
		{"!(ActionMatches{'a/read'} AND @Request[subOperation] ForAnyOfAnyValues:StringEqualsIgnoreCase {'blob.list'})", "Blob.Read", finding.True},
	} {
		if got, _ := mustCondition(t, c.cond).Eval("a/read", c.sub, nil); got != c.want {
			t.Errorf("%s for %q = %v, want %v", c.cond, c.sub, got, c.want)
		}
	}
}

// Source: the same page, the operators' own examples and descriptions.
func TestDocumentedOperators(t *testing.T) {
	at := attrs(map[string][]string{
		"@Resource[name1]": {"abcd"}, "@Resource[none]": {}, "@Resource[isHnsEnabled]": {"true"}, "@Environment[UtcNow]": {"2023-05-01T13:00:00.0Z"},
		"@Environment[isPrivateLink]": {"true"}, "@Request[versionId]": {"2022-06-01T00:00:00.0000000Z"}, "@Principal[Engineering_Project]": {"Baker", "Cascade"},
		"@Resource[tags:Project<$key_case_sensitive$>]": {"Cascade"}, "@Request[role]": {"B24988AC-6180-42A0-AB88-20F7382DD24C"}, "@Request[count]": {"2000"},
	})
	for cond, want := range map[string]finding.Truth{
		"ActionMatches{'Microsoft.Authorization/roleAssignments/*'}":                                                   finding.True,
		"ActionMatches{'Microsoft.Authorization/roleDefinitions/*'}":                                                   finding.False,
		"@Resource[name1] StringLike 'a*c?'":                                                                           finding.True,
		"@Resource[name1] StringLike 'A*C?'":                                                                           finding.False,
		"@Resource[name1] StringLikeIgnoreCase 'A*C?'":                                                                 finding.True,
		"@Resource[name1] StringLike 'a*c'":                                                                            finding.False,
		"@Resource[name1] StringNotLike 'a*c'":                                                                         finding.True,
		"@Resource[name1] StringStartsWith 'ab'":                                                                       finding.True,
		"@Resource[name1] StringStartsWithIgnoreCase 'AB'":                                                             finding.True,
		"@Resource[name1] StringNotStartsWithIgnoreCase 'AB'":                                                          finding.False,
		"@Resource[name1] StringNotEqualsIgnoreCase 'ABCD'":                                                            finding.False,
		"@Resource[name1] StringNotEquals 'ABCD'":                                                                      finding.True,
		"@Resource[isHnsEnabled] BoolEquals true":                                                                      finding.True,
		"@Environment[isPrivateLink] BoolNotEquals true":                                                               finding.False,
		"@Environment[UtcNow] DateTimeGreaterThan '2023-05-01T12:59:59.9999999Z'":                                      finding.True,
		"@Environment[UtcNow] DateTimeLessThanEquals '2023-05-01T13:00:00Z'":                                           finding.True,
		"@Request[versionId] DateTimeEquals '2022-06-01T00:00:00.0Z'":                                                  finding.True,
		"@Request[versionId] DateTimeEquals '2022-06-02T00:00:00.0Z' OR NOT Exists @Request[versionId]":                finding.False,
		"Exists @Resource[name1] AND NOT Exists @Resource[none]":                                                       finding.True,
		"@Request[role] GuidEquals b24988ac-6180-42a0-ab88-20f7382dd24c":                                               finding.True,
		"@Request[role] ForAnyOfAllValues:GuidNotEquals {b24988ac-6180-42a0-ab88-20f7382dd24c}":                        finding.False,
		"@Request[count] NumericLessThanEquals 2000 && @Request[count] NumericGreaterThan 1999":                        finding.True,
		"@Request[count] ForAnyOfAnyValues:NumericEquals {1, 2000}":                                                    finding.True,
		"@Principal[Engineering_Project] ForAnyOfAnyValues:StringEquals @Resource[tags:Project<$key_case_sensitive$>]": finding.True,
		"@Principal[Engineering_Project] ForAllOfAnyValues:StringEquals {'Baker', 'Cascade', 'Skagit'}":                finding.True,
		"@Principal[Engineering_Project] ForAllOfAllValues:StringEquals {'Baker', 'Cascade'}":                          finding.False,
		"{'red', 'blue'} ForAllOfAnyValues:StringEquals {'red', 'green'}":                                              finding.False,
	} {
		if got, missing := mustCondition(t, cond).Eval("Microsoft.Authorization/roleAssignments/write", "", at); got != want {
			t.Errorf("%s = %v, want %v; missing %q", cond, got, want, missing)
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
	z := testdata.Unzip(t, "entra", "abac-conditions.jsonl.gz")
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

// TestConditionsPrintAsWritten: escapes of StringLike ("Azure role assignment condition
// format and syntax", Special characters) stay as Azure reads them.
func TestConditionsPrintAsWritten(t *testing.T) {
	for _, s := range []string{`@Resource[a] StringLike 'x\*y\?z'`, `@Resource[a] StringEquals 'a\'b'`, `@Resource[a] StringEquals 'a\\'`, `@Resource[a] StringEquals 'c:\temp'`} {
		if got := mustCondition(t, s).String(); got != s {
			t.Errorf("%s prints as %s", s, got)
		}
	}
}

func FuzzParseCondition(f *testing.F) {
	f.Add("((!(ActionMatches{'a/b'})) OR (@Request[x:y] ForAnyOfAnyValues:GuidEquals{8b9dfcab4b774632a6df94bd07820648})) && Exists @Resource[z]")
	f.Add(`'a\'b\\' StringLike {'x', 1, true}`)
	f.Add(`NormalizeSet([ToLower('A'), 'b']) ListContains @Request[x] OR AddDays('2023-05-01', 2) DateTimeInRange ['2020-01-01', '2030-01-01']`)
	f.Add(`'10.0.0.5' IpInRange ['10.0.0.1', '10.0.0.9'] AND 'a/b' ActionMatches 'a/*' AND '12:00' TimeOfDayNotEquals @Environment[UtcNow]`)
	known := attrs(map[string][]string{"@Request[x]": {"b", "5", "2023-05-01T12:00:00Z"}, "@Resource[z]": {}})
	f.Fuzz(func(t *testing.T, s string) {
		azure, list := ParseCondition(s)
		if c, other := ParseDialect(s, Regorus); !list.HasErrors() && other.HasErrors() {
			t.Fatalf("%q is Azure's and not regorus': %v", s, other)
		} else if !other.HasErrors() {
			azure = c
		}
		if azure == nil {
			return
		}
		printed := azure.String()
		again, list := ParseDialect(printed, Regorus)
		if list.HasErrors() {
			t.Fatalf("%q prints as %q: %v", s, printed, list)
		}
		if again.String() != printed {
			t.Fatalf("%q, then %q", printed, again.String())
		}
		for _, on := range []Attributes{nil, known} {
			a, missing := azure.Eval("a/b", "Blob.List", on)
			if b, _ := again.Eval("a/b", "Blob.List", on); a != b {
				t.Fatalf("%q is %v, printed %v", s, a, b)
			}
			if (a == finding.Maybe) != (len(missing) > 0) {
				t.Fatalf("%q is %v, missing %v", s, a, missing)
			}
		}
	})
}
