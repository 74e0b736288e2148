package arm

import (
	"github.com/azward/azward/diag"
	"strings"
	"sync"
)

// Dialect says where an expression stands; some functions are offered in one place only.
type Dialect uint8

// The dialects, and both at once for rows of the table.
const (
	Template Dialect = 1 << iota
	Policy
	everywhere = Template | Policy
)

// String names the dialect in a sentence.
func (d Dialect) String() string {
	switch d {
	case Template:
		return "a template"
	case Policy:
		return "a policy rule"
	default:
		return "templates and policy rules"
	}
}

// Example is an expression and the JSON that it gives; a test runs every one.
type Example struct{ Expr, Want string }

// Function is one row of the function table: all there is to know of a function.
type Function struct {
	Name     string
	Doc      string   // one sentence
	Sigs     []string // "(inputString: string, delimiter: string | array) array"
	Min, Max int      // number of arguments; Max below 0 means any number
	In       Dialect
	Host     bool // answered by [Scope.Call]: depends on where the expression stands
	Impure   bool // not folded: depends on time or chance
	Examples []Example

	eval  func(c *call) (Value, error)
	lazy  func(env *Env, args []evalFunc) (Value, error) // takes its arguments unevaluated
	holes bool                                           // keeps holes of its arguments in place
	deep  bool                                           // looks into what its arguments hold, holes or not
}

// Signature returns the signatures with the name before each, joined by " or ".
func (f *Function) Signature() string {
	out := make([]string, len(f.Sigs))
	for i, s := range f.Sigs {
		out[i] = f.Name + s
	}
	return strings.Join(out, " or ")
}

// Functions returns the whole table, sorted by topic as written. The rows must not be changed.
func Functions() []*Function { return table().rows }

// Lookup finds a function by name without regard to case; list* functions
// (listKeys, listCallbackUrl, ...) share one row.
func Lookup(name string) (*Function, bool) { return table().lookup(name) }

type functionTable struct {
	rows   []*Function
	byName map[string]*Function
	list   *Function
}

func (t *functionTable) lookup(name string) (*Function, bool) {
	if f, ok := t.byName[name]; ok {
		return f, true
	}
	low := strings.ToLower(name)
	if f, ok := t.byName[low]; ok {
		return f, true
	}
	if strings.HasPrefix(low, "list") && len(low) > 4 {
		return t.list, true
	}
	return nil, false
}

var table = sync.OnceValue(func() *functionTable {
	t := &functionTable{byName: map[string]*Function{}}
	for _, group := range [][]Function{
		stringFunctions(), encodingFunctions(), arrayFunctions(), objectFunctions(), numberFunctions(),
		logicFunctions(), dateFunctions(), lambdaFunctions(), cidrFunctions(), hostFunctions(),
	} {
		for i := range group {
			f := &group[i]
			if f.In == 0 {
				f.In = everywhere
			}
			t.rows = append(t.rows, f)
			t.byName[strings.ToLower(f.Name)] = f
			t.byName[f.Name] = f
			if f.Name == "list*" {
				t.list = f
			}
		}
	}
	return t
})

// nearest returns the function name closest to a misspelled one, or "".
func nearest(name string) string {
	names := make([]string, 0, len(table().rows))
	for _, f := range table().rows {
		names = append(names, f.Name)
	}
	return diag.Nearest(name, names)
}
