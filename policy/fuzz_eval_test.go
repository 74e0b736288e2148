package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// rules writes a definition by the choices that a fuzzer makes, so that what is
// tried gets past the compiler and is evaluated.
type rules struct {
	data  []byte
	at    int
	depth int
	count []string // prefixes of fields of the counts around, and names in quotes
}

func (g *rules) pick(n int) int {
	if g.at >= len(g.data) || n < 2 {
		return 0
	}
	g.at++
	return int(g.data[g.at-1]) % n
}

func (g *rules) of(list ...string) string { return list[g.pick(len(list))] }

const thing = "Microsoft.Test/things/"

func (g *rules) field() string {
	if n := len(g.count); n > 0 && g.pick(2) == 1 {
		if c := g.count[g.pick(n)]; c[0] != '\'' {
			return c + g.of("", ".port", ".names[*]", "[*]", ".deep.x")
		}
	}
	return g.of("type", "name", "kind", "fullName", "id", "location", "tags", "tags['env']", "tags.env", "tags[]", "tags['a''b']", "identity.type", "[*]", "properties", "sku.name",
		thing+"size", thing+"level", thing+"list[*]", thing+"list[*].port", thing+"list[*].names[*]", thing+"list[0].port", thing+"matrix[*][*]", thing+"deep.x",
		thing+"none", thing+"absent[*].x", thing+"versioned", thing+"versioned[*]", thing+"versioned.x[*].y", thing+"plain", thing, "Other.Type/x/y[*].z", "a.b/[*]", "x/y", "Microsoft.Test/things/child/x",
		"facts.network.exposed", "identity.userAssignedIdentities['/a.b/c[*]']", "properties.list[*].names[1]")
}

var callable = func() (out []*arm.Function) {
	for _, f := range arm.Functions() {
		if !f.Host && f.In&arm.Policy != 0 {
			out = append(out, f)
		}
	}
	return out
}()

// expr writes an expression without its brackets.
func (g *rules) expr() string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 6 {
		return "1"
	}
	switch g.pick(14) {
	case 0:
		return "'" + strings.ReplaceAll(g.text(), "'", "''") + "'"
	case 1:
		return g.of("0", "1", "-1", "2147483648", "1.5", "true()", "null()")
	case 2, 3:
		return "field('" + strings.ReplaceAll(g.field(), "'", "''") + "')"
	case 4:
		if n := len(g.count); n > 0 {
			c := g.count[g.pick(n)]
			if c[0] != '\'' {
				c = "'" + strings.ReplaceAll(c, "'", "''") + g.of("", ".port", ".names[*]") + "'"
			}
			return "current(" + c + ")"
		}
		return "field('name')"
	case 5:
		return "parameters('" + g.of("effect", "list", "text", "n", "o", "unset") + "')"
	case 6:
		return g.of("requestContext().apiVersion", "policy().definitionReferenceId", "resourceGroup().location", "subscription().tags.env", "utcNow()", "resourceGroup()", "requestContext().identity")
	case 7:
		return "if(" + g.expr() + "," + g.expr() + "," + g.expr() + ")"
	case 8:
		return "equals(" + g.expr() + "," + g.expr() + ")"
	case 9:
		return g.expr() + g.of("[0]", ".x", "['port']", "[add(0,1)]", ".?x", "[?0]")
	case 10:
		return "field(" + g.expr() + ")"
	default:
		f := callable[(g.pick(256)+256*g.pick(2))%len(callable)]
		n := f.Min
		if f.Max < 0 {
			n += g.pick(3)
		} else if f.Max > f.Min {
			n += g.pick(f.Max - f.Min + 1)
		}
		name := f.Name
		if strings.HasSuffix(name, "*") {
			name = "concat"
		}
		args := make([]string, n)
		for i := range args {
			args[i] = g.expr()
		}
		return name + "(" + strings.Join(args, ",") + ")"
	}
}

func (g *rules) text() string {
	return g.of("a", "", "Prod", "22", "true", "2024-01-01", "2024-01-01T00:00:00Z", "*", "a*b*", "*\u00df*", "##?.", "10.0.0.0/8", "::1/64", "[[x", "Microsoft.Test/things", "t", "east us", "P1D", "{0}{1:x}", "\x00", "9999-12-31", "%7e", "e30=")
}

func (g *rules) value() string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 8 {
		return "{}"
	}
	switch g.pick(9) {
	case 0, 1:
		return quoteJSON(g.text())
	case 2:
		return g.of("0", "1", "22", "1e400", "-0.0", "9223372036854775808", "1.50")
	case 3:
		return g.of("true", "false", "null", "{}", "[]", `{"x": 1}`, `[1, "a", null, [2], {"x": "A"}, true]`)
	case 4:
		return "[" + g.value() + ", " + g.value() + "]"
	case 5:
		return `{"x": ` + g.value() + `, "value": ` + g.value() + `}`
	default:
		return quoteJSON("[" + g.expr() + "]")
	}
}

func quoted(s string) string { q := quoteJSON(s); return q[1 : len(q)-1] }

func quoteJSON(s string) string { return jsondoc.NewString(s).String() }

func (g *rules) comparison() string {
	return quoteJSON(operatorRows[g.pick(len(operatorRows))].Name) + ": " + g.value()
}

func (g *rules) condition() string {
	g.depth++
	defer func() { g.depth-- }()
	kind := g.pick(9)
	if g.depth > 5 {
		kind %= 5
	}
	switch kind {
	case 0, 1:
		return `{"field": ` + quoteJSON(g.field()) + `, ` + g.comparison() + `}`
	case 2:
		return `{"value": ` + g.value() + `, ` + g.comparison() + `}`
	case 3:
		return `{"field": ` + quoteJSON("["+g.expr()+"]") + `, ` + g.comparison() + `}`
	case 4:
		return `{"value": ` + quoteJSON("["+g.expr()+"]") + `, ` + g.comparison() + `}`
	case 5:
		return `{"not": ` + g.condition() + `}`
	case 6:
		var kids []string
		for range g.pick(4) {
			kids = append(kids, g.condition())
		}
		return `{"` + g.of("allOf", "anyOf") + `": [` + strings.Join(kids, ", ") + `]}`
	case 7:
		name := g.of("", "n", "m")
		inner := `{"value": ` + g.value()
		if name != "" {
			inner += `, "name": "` + name + `"`
		}
		return g.counted(inner, "'"+name+"'")
	default:
		f := g.field()
		if !strings.HasSuffix(f, "[*]") {
			f += "[*]"
		}
		return g.counted(`{"field": `+quoteJSON(f), f)
	}
}

func (g *rules) counted(inner, prefix string) string {
	if prefix == "''" {
		prefix = "'default'"
	}
	g.count = append(g.count, prefix)
	if g.pick(4) > 0 {
		inner += `, "where": ` + g.condition()
	}
	g.count = g.count[:len(g.count)-1]
	return `{"count": ` + inner + `}, ` + g.comparison() + `}`
}

func (g *rules) operations() string {
	var ops []string
	for range 1 + g.pick(3) {
		op := `{"operation": "` + g.of("add", "addOrReplace", "remove") + `", "field": ` + quoteJSON(g.of(g.field(), "["+g.expr()+"]")) + `, "value": ` + g.value()
		if g.pick(3) == 2 {
			op += `, "condition": ` + quoteJSON("["+g.expr()+"]")
		}
		ops = append(ops, op+"}")
	}
	return "[" + strings.Join(ops, ", ") + "]"
}

func (g *rules) definition() string {
	ifs := g.condition()
	effect := g.of("audit", "modify", "append", "deployIfNotExists", "auditIfNotExists", "deny", "manual", "denyAction", "[parameters('effect')]", "[if(equals(parameters('text'), 'a'), 'audit', 'deny')]", "disabled", "addToNetworkGroup", "mutate", quoted("["+g.expr()+"]"))
	details, kind := "", g.pick(5)
	switch effect {
	case "modify":
		kind = 0
	case "append":
		kind = 1
	case "deployIfNotExists", "auditIfNotExists":
		kind = 2
	}
	switch kind {
	case 0:
		details = `{"roleDefinitionIds": ["r"], "conflictEffect": ` + g.value() + `, "operations": ` + g.operations() + `}`
	case 1:
		details = `[{"field": ` + quoteJSON(g.field()) + `, "value": ` + g.value() + `}, {"field": ` + quoteJSON("["+g.expr()+"]") + `, "value": ` + g.value() + `}]`
	case 2, 3:
		details = `{"type": ` + quoteJSON(g.of("Microsoft.Test/others", "Microsoft.Test/things", "Microsoft.Test/things/child", "Microsoft.Insights/diagnosticSettings", "["+g.expr()+"]"))
		for _, name := range []string{"name", "kind", "resourceGroupName", "existenceScope", "evaluationDelay", "roleDefinitionIds", "deploymentScope"} {
			if g.pick(4) == 3 {
				details += `, "` + name + `": ` + g.value()
			}
		}
		if g.pick(2) == 1 {
			details += `, "existenceCondition": ` + g.condition()
		}
		if g.pick(2) == 1 {
			details += `, "deployment": {"location": "westeurope", "properties": {"mode": "incremental", "parameters": {"p": {"value": ` + g.value() + `}}, "template": {}}}`
		}
		details += `}`
	default:
		details = g.value()
	}
	return `{"name": "d", "properties": {"mode": "` + g.of("All", "Indexed", "Microsoft.Kubernetes.Data", "Microsoft.Test.Data") + `",
		"parameters": {"effect": {"type": "String", "defaultValue": "audit"}, "list": {"type": "Array", "defaultValue": [1, "a", {"x": null}]}, "text": {"type": "String", "defaultValue": "a"},
			"n": {"type": "Integer", "defaultValue": 22}, "o": {"type": "Object", "defaultValue": {"x": {"y": [1]}}}, "unset": {"type": "String"}},
		"policyRule": {"if": ` + ifs + `, "then": {"effect": "` + effect + `", "details": ` + details + `}}}}`
}

const versionedAliases = `[{"namespace": "Microsoft.Test", "resourceTypes": [{"resourceType": "things", "aliases": [
	{"name": "Microsoft.Test/things/versioned", "defaultPath": "properties.level", "paths": [{"path": "properties.list[*].port", "apiVersions": ["1"]}, {"path": "properties.none.x", "apiVersions": ["2"]}]},
	{"name": "Microsoft.Test/things/versioned[*]", "defaultPath": "properties.list[*]", "paths": [{"path": "properties.level", "apiVersions": ["1"]}, {"path": "properties.matrix[*][*]", "apiVersions": ["2"]}]},
	{"name": "Microsoft.Test/things/versioned.x[*].y", "defaultPath": "properties.list[0].names[*]", "paths": [{"path": "sku", "apiVersions": ["1"]}]},
	{"name": "Microsoft.Test/things/plain", "defaultPath": "[*].", "defaultMetadata": {"type": "Array", "attributes": "Modifiable"}}]}]}]`

const fuzzedThing = `{"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/things/t", "name": "t", "type": "Microsoft.Test/things", "kind": "v2", "location": "West Europe",
	"tags": {"env": "prod", "a'b": ""}, "identity": {"type": "SystemAssigned"}, "sku": {"name": "S1"},
	"properties": {"size": 5, "level": "High", "on": true, "none": null, "list": [{"port": 22, "names": ["a", "b"]}, {"port": "443", "names": []}, null, "x"],
	"matrix": [[1, 2], [], ["a"]], "deep": {"properties": {"x": "y"}}, "when": "2024-05-05T00:00:00Z", "address": "10.1.2.3"}}`

func fuzzedResources(t testing.TB) []*resource.Resource {
	t.Helper()
	var out []*resource.Resource
	for _, text := range []string{fuzzedThing,
		`{"type": "Microsoft.Test/things", "name": "flat", "size": 5, "list": [{"port": 22}], "level": ["a"], "tags": null}`,
		`{"id": "/subscriptions/s/resourceGroups/g", "name": "g", "type": "Microsoft.Resources/subscriptions/resourceGroups", "location": "eastus"}`,
		`{"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/things/t/child/c", "name": "t/c", "type": "Microsoft.Test/things/child", "properties": {"x": "y", "list": "no array"}}`,
		`{"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/others/o", "name": "o", "type": "Microsoft.Test/others", "properties": {"list": [[], {}]}}`,
		`{}`,
	} {
		body, err := jsondoc.ParseString(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Bare(body))
	}
	return out
}

// FuzzEvaluate evaluates rules that a fuzzer puts together on resources of
// several forms: no panic, an answer from every door, and the same from each.
func FuzzEvaluate(f *testing.F) {
	for i := range 32 { // many beginnings, so that every branch is near one
		seed := make([]byte, 96)
		x := uint32(i*7919 + 1)
		for j := range seed {
			x = x*1664525 + 1013904223
			seed[j] = byte(x >> 24)
		}
		f.Add(seed, uint8(i))
	}
	list, err := ParseAliases([]byte(versionedAliases))
	if err != nil {
		f.Fatal(err)
	}
	all := fuzzedResources(f)
	b := inventory.NewBuilder()
	for _, r := range all {
		if !r.ID.IsZero() {
			b.Add(r)
		}
	}
	b.Cover(inventory.Entry{Type: inventory.AnyType, Scope: "/subscriptions/s", State: inventory.Partial, Unread: []string{"size"}})
	inv := b.Build()
	hole, err := jsondoc.ParseString(fuzzedThing)
	if err != nil {
		f.Fatal(err)
	}
	unknown := Bare(hole.With("properties", hole.Get("properties").With("level", arm.Hole("not known")).With("list", jsondoc.NewArray(arm.Hole("x"), jsondoc.NewInt(1)))))
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	version := [...]string{"", "1", "2", "3"}
	f.Fuzz(func(t *testing.T, data []byte, how uint8) {
		g := &rules{data: data}
		text := g.definition()
		doc, err := jsondoc.ParseString(text)
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		o := CompileOptions{Source: diag.NewSource("x", text)}
		if how&1 != 0 {
			o.Aliases = list
		}
		d, diags := Compile(doc, o)
		if d == nil {
			if !diags.HasErrors() {
				t.Fatalf("no definition and no error: %s", text)
			}
			return
		}
		for name, eo := range map[string]Options{
			"alone": {}, "inventory": {Inventory: inv, Now: now, APIVersion: version[how>>2&3]},
			"related": {Related: all, Now: now, APIVersion: version[how>>4&3], Subscription: jsondoc.NewObject(), ResourceGroup: all[2].Body}, "holes": {Holes: true},
		} {
			resources := all
			if name == "holes" {
				resources = []*resource.Resource{unknown}
			}
			ev := NewEvaluator(eo)
			set := NewSet([]*Definition{d}).Evaluator(eo)
			for i, r := range resources {
				out := ev.Decide(d, r)
				if out.State == finding.Unknown && len(out.Missing) == 0 && out.Effect != Manual {
					t.Fatalf("%s: unknown of resource %d, and nobody knows why: %s", name, i, text)
				}
				if again := NewEvaluator(eo).Decide(d, r); again.State != out.State || again.Fires != out.Fires || !jsondoc.Equal(again.Details, out.Details) {
					t.Fatalf("%s: %s of resource %d, and alone %s: %s", name, out.State, i, again.State, text)
				}
				x := ev.Explain(d, r)
				if out.Match != finding.Maybe && out.State != finding.NotApplicable && x.Truth != out.Match && out.Match != finding.False && !usesBudget(&out) {
					t.Fatalf("%s: resource %d matches %s and is explained as %s: %s", name, i, out.Match, x.Truth, text)
				}
				ev.ExplainExistence(d, r, all[0])
				if d.passesOver(r) || d.Effect == Disabled || d.Effect == None {
					continue
				}
				state := finding.NotApplicable
				if d.Types() == nil || containsType(d.Types(), r.Type) {
					set.States(r, func(_ int, s finding.State) { state = s })
					if state != out.State {
						t.Fatalf("%s: resource %d is %s in a sweep and %s by itself: %s", name, i, state, out.State, text)
					}
				}
				if why := ev.Why(d, r, out.State); why.State != out.State {
					t.Fatalf("%s: resource %d is %s, and why says %s: %s", name, i, out.State, why.State, text)
				}
			}
		}
	})
}

func usesBudget(o *Outcome) bool { return o.Err != nil && o.Err.Code == codeBudget }

func containsType(list []string, typ string) bool {
	for _, t := range list {
		if strings.EqualFold(t, typ) {
			return true
		}
	}
	return false
}

// The rules that the fuzzer begins with get past the compiler often enough.
func TestGeneratedRulesCompile(t *testing.T) {
	compiled, codes := 0, map[string]int{}
	const n = 2000
	x := uint32(1)
	for range n {
		data := make([]byte, 128)
		for j := range data {
			x = x*1664525 + 1013904223
			data[j] = byte(x >> 24)
		}
		g := &rules{data: data}
		text := g.definition()
		doc, err := jsondoc.ParseString(text)
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		d, diags := Compile(doc, CompileOptions{})
		if d != nil {
			compiled++
			continue
		}
		codes[diags[0].Code]++
	}
	if compiled < n/5 {
		t.Errorf("only %d of %d compile", compiled, n)
	}
	t.Logf("%d of %d compile; the others: %v", compiled, n, codes)
}
