package lint

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
)

// conditionOf writes a condition of a few fields and values, so that many of
// them contradict each other.
func conditionOf(r *rand.Rand, depth int) string {
	value := func() string { return []string{`"a"`, `"B"`, `"b"`, `""`, `true`, `1`}[r.IntN(6)] }
	if depth > 2 || r.IntN(3) == 0 {
		field := []string{"type", "kind", "location", "tags['t']", "A.B/c/p"}[r.IntN(5)]
		switch r.IntN(8) {
		case 0:
			return fmt.Sprintf(`{"field": "%s", "exists": %s}`, field, []string{"true", "false", `"true"`}[r.IntN(3)])
		case 1:
			return fmt.Sprintf(`{"field": "%s", "in": [%s, %s]}`, field, value(), value())
		case 2:
			return fmt.Sprintf(`{"field": "%s", "notIn": [%s, %s]}`, field, value(), value())
		case 3:
			return fmt.Sprintf(`{"field": "%s", "notEquals": %s}`, field, value())
		case 4:
			return fmt.Sprintf(`{"field": "%s", "like": "%s"}`, field, []string{"a", "b*", "*"}[r.IntN(3)])
		case 5:
			return fmt.Sprintf(`{"value": %s, "equals": %s}`, value(), value())
		default:
			return fmt.Sprintf(`{"field": "%s", "equals": %s}`, field, value())
		}
	}
	if r.IntN(4) == 0 {
		return `{"not": ` + conditionOf(r, depth+1) + `}`
	}
	kids := make([]string, 1+r.IntN(3))
	for i := range kids {
		kids[i] = conditionOf(r, depth+1)
	}
	return `{"` + []string{"allOf", "anyOf"}[r.IntN(2)] + `": [` + strings.Join(kids, ", ") + `]}`
}

// A rule that is said never to match matches none of the resources that its
// fields can make, and one that is said to match everything all of them.
func TestRemarksAreTrue(t *testing.T) {
	var all []jsondoc.Value
	values := []string{"", `"a"`, `"B"`, `""`, `true`, `1`, `null`, `"x"`}
	for _, typ := range values {
		for _, kind := range values {
			for _, other := range values {
				body := `{"name": "n"`
				for _, m := range [][2]string{{`"type"`, typ}, {`"kind"`, kind}, {`"location"`, other}} {
					if m[1] != "" {
						body += ", " + m[0] + ": " + m[1]
					}
				}
				if other != "" {
					body += `, "tags": {"t": ` + other + `}, "properties": {"p": ` + other + `}`
				}
				doc, err := jsondoc.ParseString(body + "}")
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, doc)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	said := map[string]int{}
	for range 3000 {
		text := `{"policyRule": {"if": ` + conditionOf(r, 0) + `, "then": {"effect": "audit"}}}`
		doc, err := jsondoc.ParseString(text)
		if err != nil {
			t.Fatal(err)
		}
		codes := map[string]bool{}
		for _, d := range Definition(doc, nil, Options{}) {
			codes[d.Code] = true
		}
		if !codes[CodeNever] && !codes[CodeAlways] {
			continue
		}
		def, _ := policy.Compile(doc, policy.CompileOptions{})
		if def == nil {
			continue
		}
		ev := policy.NewEvaluator(policy.Options{})
		for _, body := range all {
			truth := ev.Explain(def, policy.Bare(body)).Truth
			if codes[CodeNever] && truth == finding.True || codes[CodeAlways] && truth == finding.False {
				t.Fatalf("never %t, always %t, and on %s it is %s: %s", codes[CodeNever], codes[CodeAlways], body, truth, text)
			}
		}
		for c := range codes {
			said[c]++
		}
	}
	if said[CodeNever] < 20 || said[CodeAlways] < 20 {
		t.Errorf("too few remarks to say anything: %v", said)
	}
}
