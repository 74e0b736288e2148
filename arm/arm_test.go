package arm

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/jsondoc"
)

// TestExamples runs every example of the function table in each of its dialects.
func TestExamples(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Functions() {
		if seen[strings.ToLower(f.Name)] {
			t.Errorf("%s stands twice in the table", f.Name)
		}
		seen[strings.ToLower(f.Name)] = true
		if f.Doc == "" || len(f.Sigs) == 0 {
			t.Errorf("%s lacks a doc or a signature", f.Name)
		}
		if !f.Host && (len(f.Examples) == 0 || f.eval == nil && f.lazy == nil) {
			t.Errorf("%s lacks an example or code", f.Name)
		}
		for _, ex := range f.Examples {
			for _, d := range []Dialect{Template, Policy} {
				if f.In&d == 0 {
					continue
				}
				p, diags := CompileText("["+ex.Expr+"]", Options{Dialect: d})
				if diags.HasErrors() {
					if d == Policy && strings.Contains(diags.Error(), "cannot be used in") {
						continue
					}
					t.Errorf("%s: %v", ex.Expr, diags)
					continue
				}
				v, err := p.Eval(NewEnv(nil))
				if err != nil {
					t.Errorf("%s: %v", ex.Expr, err)
				} else if v.String() != ex.Want {
					t.Errorf("%s = %s, want %s", ex.Expr, v, ex.Want)
				}
			}
		}
	}
}

type mapScope struct {
	params map[string]string
	calls  map[string]Value
}

func (s mapScope) Parameter(name string) (Value, error) {
	text, ok := s.params[strings.ToLower(name)]
	if !ok {
		return Null, errors.New("no parameter named " + name)
	}
	v, err := jsondoc.ParseString(text)
	return FromDoc(v), err
}

func (s mapScope) Variable(name string) (Value, error) { return s.Parameter(name) }

func (s mapScope) Call(name string, _ []Value) (Value, error) {
	if v, ok := s.calls[strings.ToLower(name)]; ok {
		return v, nil
	}
	return Null, ErrNoFunction
}

var testScope = mapScope{
	params: map[string]string{"list": `["a","b"]`, "obj": `{"Name": {"x": 1}, "n": null}`, "b": "true"},
	calls: map[string]Value{
		"resourcegroup": Of(jsondoc.NewObject(jsondoc.Member{Name: "location", Value: jsondoc.NewString("westeurope")})),
		"reference":     Unknown("reference() before deployment"),
		"contoso.name":  Text("user"),
	},
}

func TestEval(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"plain", `"plain"`},
		{"", `""`},
		{"[[x]", `"[x]"`},
		{"[x] y", `"[x] y"`},
		{"[parameters('list')[1]]", `"b"`},
		{"[ parameters( 'obj' ) .name['X'] ]", "1"},
		{"[parameters('obj').?nope.?more]", "null"},
		{"[parameters('obj')[?'nope']]", "null"},
		{"[parameters('list')[?9]]", "null"},
		{"['it''s']", `"it's"`},
		{"[add(-1, +5)]", "4"},
		{"[resourceGroup().location]", `"westeurope"`},
		{"[contoso.name('x')]", `"user"`},
		{"[reference('x').y.z[0]]", "unknown"},
		{"[concat('a', reference('x').y)]", "unknown"},
		{"[if(equals(1, 2), reference('x'), 'no')]", `"no"`},
		{"[and(false, reference('x').b)]", "false"},
		{"[or(true, reference('x').b)]", "true"},
		{"[or(false, reference('x').b)]", "unknown"},
		{"[coalesce('a', reference('x'))]", `"a"`},
		{"[createObject('a', 1, 'b', reference('x')).a]", "1"},
		{"[createObject('a', 1, 'b', reference('x')).b]", "unknown"},
		{"[length(createArray(reference('x'), 1))]", "2"},
		{"[string(createArray(reference('x'), 1))]", "unknown"},
		{"[if(reference('x').b, 'same', 'same')]", `"same"`},
		{"[map(parameters('list'), lambda('x', concat(lambdaVariables('x'), parameters('list')[0])))]", `["aa","ba"]`},
		{"[format('{0:D3}|{1,-4}|{2:#,##0.0#}', 7, 'ab', 1234.5)]", `"007|ab  |1,234.5"`},
		{"[true()]", "true"},
		{"[union(parameters('list'), createArray('b', 'c'))]", `["a","b","c"]`},
		{"[LISTKEYS('a', 'b')]", "error"},
		{"[parameters('obj').nope]", "error"},
		{"[parameters('none')]", "error"},
		{"[int('x')]", "error"},
		{"[take(reduce(range(0, 60), 'x', lambda('a', 'b', concat(lambdaVariables('a'), lambdaVariables('a')))), 1)]", "error"},
	} {
		p, diags := CompileText(c.text, Options{})
		if diags.HasErrors() {
			t.Errorf("%s: %v", c.text, diags)
			continue
		}
		got := ""
		if v, err := p.Eval(NewEnv(testScope)); err != nil {
			got = "error"
			if _, ok := errors.AsType[*EvalError](err); !ok {
				t.Errorf("%s: error %T is no *EvalError", c.text, err)
			}
		} else {
			got = v.String()
		}
		if got != c.want {
			t.Errorf("%s = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestDiagnostics(t *testing.T) {
	for _, c := range []struct {
		text, code string
		start      int
	}{
		{"[concat('a]", "ARM0004", 8},
		{"[concat('a',]", "ARM0003", 12},
		{"[foo]", "ARM0006", 1},
		{"[concat('a') x]", "ARM0007", 13},
		{"[12x]", "ARM0005", 1},
		{"[lenngth('a')]", "ARM0101", 1},
		{"[length('a', 'b')]", "ARM0103", 1},
		{"[field('a')]", "ARM0102", 1},
		{"[map(createArray(1), lambda(1, 2))]", "ARM0104", 28},
		{"[" + strings.Repeat("a(", 500) + "]", "ARM0002", 401},
		{"[" + strings.Repeat("a", MaxLength) + "]", "ARM0001", 0},
	} {
		_, diags := CompileText(c.text, Options{})
		if len(diags) == 0 || diags[0].Code != c.code || diags[0].Span.Start != c.start {
			t.Errorf("%.40s: %v at %v, want %s at %d", c.text, diags, diags, c.code, c.start)
		}
	}
	_, diags := CompileText("[lenngth('a')]", Options{})
	if diags[0].Hint != `did you mean "length"?` {
		t.Errorf("hint %q", diags[0].Hint)
	}
}

func TestUtcNow(t *testing.T) {
	env := NewEnv(nil)
	env.Now = time.Date(2026, 3, 4, 5, 6, 7, 890000000, time.UTC)
	for text, want := range map[string]string{
		"[utcNow()]":                   `"20260304T050607Z"`,
		"[utcNow('d')]":                `"03/04/2026"`,
		"[utcNow('M d')]":              `"3 4"`,
		"[utcNow('yyyy-MM-ddTHH:mm')]": `"2026-03-04T05:06"`,
		"[utcNow('o')]":                `"2026-03-04T05:06:07.8900000Z"`,
	} {
		p, diags := CompileText(text, Options{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if v, err := p.Eval(env); err != nil || v.String() != want {
			t.Errorf("%s = %s, %v; want %s", text, v, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"[concat('a', parameters('b').c[0])]", "[[x]", "[add(-1,2.5)]", "[map(range(0,3), lambda('x', lambdaVariables('x')))]", "[format('{0:N}', 1)]", "['it''s']", "[a.b(1).?c[?2]]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range []Dialect{Template, Policy} {
			p, diags := CompileText(text, Options{Dialect: d})
			if diags.HasErrors() {
				continue
			}
			if _, err := p.Eval(NewEnv(testScope)); err != nil {
				if _, ok := errors.AsType[*EvalError](err); !ok {
					t.Fatalf("%T is no *EvalError", err)
				}
			}
		}
	})
}
