package cases

import (
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/jsondoc"
)

func value(t *testing.T, text string) jsondoc.Value {
	t.Helper()
	v, err := jsondoc.ParseString(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"tests: [":  "POL0601",
		"- a":       "POL0604: a file of tests is expected to be a mapping with tests",
		"{}":        `POL0603: the file needs "tests"`,
		"tests: []": "POL0603: there is no test in tests",
		"test: []\ntests:\n - {name: a, resource: {}, expect: {state: Unknown}}":                               `x:1:7: POL0602: the file has no member "test"`,
		"tests:\n - {resource: {}, expect: {state: Unknown}}":                                                  "x:2:4: POL0603: test 1 needs a name",
		"tests:\n - {name: a, expect: {state: Unknown}}":                                                       `POL0603: the test "a" needs a resource`,
		"tests:\n - {name: a, resource: {}}":                                                                   `POL0603: the test "a" needs expect`,
		"tests:\n - {name: a, resource: {}, expect: {state: Fine}}":                                            `x:2:44: POL0604: no state is called "Fine"`,
		"tests:\n - {name: a, resource: [], expect: {state: Unknown}}":                                         "POL0604: resource of the test \"a\" is expected to be a mapping, not array",
		"tests:\n - {name: a, resource: {}, expect: {reason: [x]}}":                                            `POL0602: expect of the test "a" has no member "reason"`,
		"tests:\n - {name: a, resource: {}, context: {now: soon}, expect: {state: Unknown}}":                   "POL0604: now is no date",
		"tests:\n - {name: a, resource: {}, expect: {changes: [x]}}":                                           "POL0604: changes of the test",
		"resource: {}\ntests:\n - {name: a, expect: {state: Unknown}}\n - {name: a, expect: {state: Unknown}}": `POL0604: two tests have the name "a"`,
	} {
		_, diags := Parse("x", []byte(text))
		if got := diags.Error(); !strings.Contains(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

const (
	tagRule   = `{"parameters": {"v": {"type": "String", "defaultValue": "x"}}, "policyRule": {"if": {"field": "tags['env']", "exists": false}, "then": {"effect": "modify", "details": {"roleDefinitionIds": ["r"], "operations": [{"operation": "add", "field": "tags['env']", "value": "[parameters('v')]"}]}}}}`
	vaultRule = `{"policyRule": {"if": {"field": "type", "equals": "a.b/c"}, "then": {"effect": "deployIfNotExists", "details": {"type": "a.b/d", "roleDefinitionIds": ["r"], "existenceCondition": {"field": "kind", "equals": "k"},
		"deployment": {"properties": {"mode": "incremental", "parameters": {"name": {"value": "[field('name')]"}}, "template": {"resources": []}}}}}}}`
	timeRule = `{"policyRule": {"if": {"allOf": [{"value": "[utcNow()]", "less": "2026-01-01"}, {"value": "[requestContext().apiVersion]", "equals": "2023-01-01"}, {"value": "[resourceGroup().name]", "equals": "g"}]}, "then": {"effect": "audit"}}}`
)

// Each test with what is not as expected: the first failure, or "".
func TestRun(t *testing.T) {
	for name, c := range map[string]struct{ rule, test, want string }{
		"passes":                   {tagRule, "resource: {tags: {}}, expect: {state: NonCompliant, effect: Modify, matched: true}", ""},
		"state":                    {tagRule, "resource: {tags: {env: a}}, expect: {state: NonCompliant}", "state: expected NonCompliant, got Compliant"},
		"effect":                   {tagRule, "resource: {}, expect: {effect: deny}", "effect: expected deny, got modify"},
		"matched":                  {tagRule, "resource: {}, expect: {matched: false}", "matched: expected false, got true"},
		"reasons":                  {tagRule, "resource: {}, expect: {reasons: [\"tags['env'] exists\"]}", ""},
		"no such reason":           {tagRule, "resource: {}, expect: {reasons: [location]}", `reasons: expected one with "location"`},
		"parameters and changes":   {tagRule, "resource: {}, parameters: {v: {value: y}}, expect: {changes: [{path: \"tags['env']\", after: y, before: null}], resource: {tags: {env: y}}}", ""},
		"another change":           {tagRule, "resource: {}, expect: {changes: [{path: \"tags['env']\", after: y}]}", `changes[0].after: expected "y", got "x"`},
		"no change":                {tagRule, "resource: {tags: {env: a}}, expect: {changes: [{path: tags}]}", "changes: expected 1, got 0"},
		"related is there":         {vaultRule, "resource: {type: a.b/c}, related: [{type: a.b/d, kind: k}], expect: {state: Compliant}", ""},
		"related is otherwise":     {vaultRule, "resource: {type: a.b/c}, related: [{type: a.b/d, kind: l}], expect: {state: NonCompliant}", ""},
		"nothing known of related": {vaultRule, "resource: {type: a.b/c}, expect: {state: Unknown, missing: [a.b/d]}", ""},
		"deployment":               {vaultRule, "resource: {type: a.b/c, name: n}, related: [], expect: {deployment: {parameters: {name: {value: n}}}, details: {type: a.b/d}}", ""},
		"another deployment":       {vaultRule, "resource: {type: a.b/c, name: n}, related: [], expect: {deployment: {parameters: {name: {value: m}}}}", `deployment.parameters.name.value: expected "m", got "n"`},
		"context":                  {timeRule, "resource: {}, context: {now: 2025-06-01T00:00:00Z, apiVersion: \"2023-01-01\", resourceGroup: {name: g}}, expect: {matched: true}", ""},
		"a test's context over":    {timeRule, "resource: {}, context: {now: 2026-06-01T00:00:00Z, apiVersion: \"2023-01-01\"}, expect: {matched: false}", ""},
		"error":                    {tagRule, "resource: {}, parameters: {v: []}, expect: {error: pol0102}", ""},
		"no error":                 {tagRule, "resource: {}, expect: {error: POL0102}", `error: expected "POL0102", but the definition compiles`},
		"an error nobody expected": {`{"policyRule": {}}`, "resource: {}, expect: {state: Compliant}", "the definition does not compile"},
	} {
		f, diags := Parse("x", []byte("tests:\n - {name: a, "+c.test+"}"))
		if len(diags) > 0 {
			t.Errorf("%s: %v", name, diags)
			continue
		}
		got := ""
		results := Run(f, value(t, c.rule), Options{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		if len(results) == 1 && len(results[0].Failures) > 0 {
			got = results[0].Failures[0]
		}
		if (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("resource: {type: a.b/c}\ntests:\n - name: a\n   parameters: {v: 1}\n   expect: {state: Compliant, changes: [{path: x}], details: [1]}\n")
	def, err := jsondoc.ParseString(tagRule)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		file, _ := Parse("x", []byte(text))
		Run(file, def, Options{})
	})
}
