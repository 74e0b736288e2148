package syntax

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/azward/azward/diag"
)

// dump prints a tree without its places, to compare what texts mean.
func dump(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil ")
			return
		}
		if v.Kind() == reflect.Interface {
			b.WriteString(v.Elem().Type().String())
		}
		dump(b, v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[diag.Span]() {
			return
		}
		b.WriteByte('{')
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if (name == "Text" || name == "At") && v.Type() != reflect.TypeFor[Name]() {
				continue
			}
			dump(b, v.Field(i))
		}
		b.WriteByte('}')
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			dump(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.String:
		fmt.Fprintf(b, "%q ", v.String())
	case reflect.Bool:
		fmt.Fprintf(b, "%t ", v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		fmt.Fprintf(b, "%d ", v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		fmt.Fprintf(b, "%d ", v.Uint())
	default:
		fmt.Fprintf(b, "%s ", v.Type())
	}
}

func meaning(text string) string {
	q, errs := Parse(text)
	if errs.HasErrors() {
		return "errors: " + errs.Err().Error()
	}
	var b strings.Builder
	for _, s := range q.Stmts {
		dump(&b, reflect.ValueOf(&s))
	}
	return b.String()
}

// checkFormat fails where laying a text out changes its meaning, or where
// doing so again changes the text.
func checkFormat(t *testing.T, text string) {
	t.Helper()
	out, errs := Format(text)
	if errs.HasErrors() {
		return
	}
	if a, b := meaning(text), meaning(out); a != b {
		t.Fatalf("the meaning changed:\n%s\n---\n%s\n%s\n%s", text, out, a, b)
	}
	again, _ := Format(out)
	if again != out {
		t.Fatalf("not stable:\n%s\n---\n%s\n---\n%s", text, out, again)
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"T|where a==1|take 5", "T\n| where a == 1\n| take 5\n"},
		{"let x=1;let y = T|where a>x; y | count", "let x=1;\nlet y = T\n    | where a>x;\ny\n| count\n"},
		{"// top\n\n// second\nT // the table\n| take 1 // few", "// top\n\n// second\nT // the table\n| take 1 // few\n"},
		{"T | join kind=inner (U | where b == 2 and cccccccccccccccccc == 3 | project a, b) on a",
			"T\n| join kind=inner (\n    U\n    | where b == 2 and cccccccccccccccccc == 3\n    | project a, b\n) on a\n"},
		{"print toscalar( T | count )", "print toscalar(T | count)\n"},
		{"T | project-away a*,b", "T\n| project-away a*, b\n"},
		{"let f = (a:long){T|where x==a}; f(1)", "let f = (a:long){T | where x == a};\nf(1)\n"},
		{"T | mv-apply x=d on (where x > 1 | summarize n = count() )", "T\n| mv-apply x=d on (where x > 1 | summarize n = count())\n"},
	} {
		got, errs := Format(c.in)
		if errs.HasErrors() {
			t.Errorf("%s: %v", c.in, errs.Err())
			continue
		}
		if got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.in, got, c.want)
		}
		checkFormat(t, c.in)
	}
}

func FuzzPrint(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(checkFormat)
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, errs := Parse(text)
		if q == nil {
			t.Fatal("no tree")
		}
		for _, d := range errs {
			if d.Span.Start < 0 || d.Span.End < d.Span.Start || d.Span.Start > len(text) {
				t.Fatalf("place %v of %q", d.Span, d.Message)
			}
		}
	})
}

func FuzzLex(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		toks, _ := Lex(text)
		at := 0
		for _, k := range toks {
			if k.Span.Start < at || k.Span.End < k.Span.Start || k.Span.End > len(text) {
				t.Fatalf("token %q at %v after %d", k.Text, k.Span, at)
			}
			at = k.Span.End
		}
		if len(toks) == 0 || toks[len(toks)-1].Kind != EOF {
			t.Fatal("no end")
		}
	})
}

var seeds = []string{
	"T | where a == 1 and b has 'x' // c\n| summarize count(), d = dcount(x) by bin(t, 1h), k",
	"let f = (T:(*), n:long = 3) { T | take n }; f(U) | join kind=leftouter (V) on $left.a == $right.b",
	"declare query_parameters(a:string = 'x'); set notruncation; print h@'secret', ```a\nb```, @\"c\\\", 1.5e3, 2d, datetime(2020-01-01), dynamic({'a':[1,null]})",
	"union withsource=s isfuzzy=true T*, database('d').U | project-reorder a* asc, b | project-away *c",
	"T | make-series n = count() default = 0 on t from a to b step 1d by k | render timechart with (title='x')",
	"T | parse kind=regex s with * 'a' b:long 'c' * | mv-expand x to typeof(long) limit 3 | evaluate pivot(x, sum(y))",
	"T | scan declare (n:long = 0) with (step s1 output=last: a > 1 => n = s1.n + 1; step s2: true;)",
	"E | make-graph a --> b with N on id | graph-match (x)-[e*1..3]->(y)<--(z) where all(e, w > 1) project x.id",
	"datatable(a:long, b:string)[1, 'x', 2, 'y'] | top-nested 2 of b by sum(a), top-nested 1 of a by count()",
}
