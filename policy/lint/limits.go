package lint

import (
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
)

// What Azure takes of a rule when it is created or assigned.
//
// Source: "Azure Policy definition structure policy rule", Limits enforced during authoring.
const (
	maxIf         = 4096  // conditions
	maxThen       = 128   // conditions of the existenceCondition
	maxFunctions  = 2048  // calls
	maxArguments  = 128   // of one call
	maxNested     = 64    // calls inside calls
	maxExpression = 81920 // characters of one expression
	maxFieldCount = 5     // counts of one array
	maxValueCount = 10    // counts of values
	maxIterations = 100   // of a count of values, with those around it
)

// limits remarks on a rule that Azure would refuse for its size.
func (l *linter) limits(rule jsondoc.Value) {
	over := func(at jsondoc.Value, what string, n, most int) {
		if n > most {
			l.add(remark(CodeLimit, spanOf(at), "", "%d %s, and Azure takes %d", n, what, most))
		}
	}
	ifs, then := rule.Get("if"), rule.Path("then", "details", "existenceCondition")
	c := counter{arrays: map[string]int{}}
	c.walk(ifs, 1, 0)
	over(ifs, "conditions stand in if", c.conditions, maxIf)
	for name, n := range c.arrays {
		over(ifs, "counts are of "+short(name), n, maxFieldCount)
	}
	inThen := counter{arrays: c.arrays}
	inThen.walk(then, 1, 0)
	over(then, "conditions stand in existenceCondition", inThen.conditions, maxThen)
	over(ifs, "counts are of values", c.values+inThen.values, maxValueCount)
	over(ifs, "rounds has a count of values, with those around it", max(c.rounds, inThen.rounds), maxIterations)

	calls := 0
	texts(jsondoc.NewObject(jsondoc.Member{Name: "if", Value: ifs}, jsondoc.Member{Name: "then", Value: then}), func(text jsondoc.Value, root arm.Node) {
		s, _ := text.Text()
		over(text, "characters has an expression", len(s), maxExpression)
		if root == nil {
			return
		}
		arm.Walk(root, func(n arm.Node) bool {
			if call, ok := n.(*arm.Call); ok {
				calls++
				over(text, "arguments has a function", len(call.Args), maxArguments)
			}
			return true
		})
		over(text, "functions stand inside each other", nesting(root), maxNested)
	})
	over(ifs, "functions are called", calls, maxFunctions)
}

// counter counts what stands in a condition.
type counter struct {
	conditions, values, rounds int
	arrays                     map[string]int // counts of an array's elements, by alias in lower case
}

// walk goes through a condition; around is how many rounds the counts of
// literal values around it make.
func (c *counter) walk(v jsondoc.Value, around, depth int) {
	if v.Kind() != jsondoc.Object || depth > 100 {
		return
	}
	for _, name := range []string{"allOf", "anyOf"} {
		for _, e := range v.Get(name).Elements() {
			c.walk(e, around, depth+1)
		}
	}
	c.walk(v.Get("not"), around, depth+1)
	count := v.Get("count")
	if v.Get("field").Exists() || v.Get("value").Exists() || count.Exists() {
		c.conditions++
	}
	if count.Kind() != jsondoc.Object {
		return
	}
	if field, ok := count.Get("field").Text(); ok {
		c.arrays[strings.ToLower(field)]++
	} else if value := count.Get("value"); value.Exists() {
		c.values++
		if value.Kind() == jsondoc.Array {
			around = min(around*max(value.Len(), 1), 1<<30)
			c.rounds = max(c.rounds, around)
		}
	}
	c.walk(count.Get("where"), around, depth+1)
}

// nesting is how deep calls stand in each other.
func nesting(n arm.Node) int {
	deepest := 0
	var walk func(n arm.Node, depth int)
	walk = func(n arm.Node, depth int) {
		deepest = max(deepest, depth)
		arm.Walk(n, func(k arm.Node) bool {
			call, ok := k.(*arm.Call)
			if !ok {
				return true
			}
			deepest = max(deepest, depth+1)
			for _, a := range call.Args {
				walk(a, depth+1)
			}
			return false
		})
	}
	walk(n, 0)
	return deepest
}
