package yamldoc

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", `null`},
		{"comment only", "# nothing\n", `null`},
		{"block", "a: 1\nb:\n  - x\n  - y: true\n    z: ~\nc: |\n  one\n  two\n", `{"a":1,"b":["x",{"y":true,"z":null}],"c":"one\ntwo\n"}`},
		{"one name", "a: b", `{"a":"b"}`},
		{"flow", `{a: [1, 2.50, "x", 'it''s'], "b": {}, c: []}`, `{"a":[1,2.50,"x","it's"],"b":{},"c":[]}`},
		{"strings that look otherwise", "a: yes\nb: 2024-01-01\nc: 1.0.0\nd: \"true\"\ne: '5'", `{"a":"yes","b":"2024-01-01","c":"1.0.0","d":"true","e":"5"}`},
		{"names that are no strings", "1: a\ntrue: b", `{"1":"a","true":"b"}`},
		{"folded", "a: >-\n  one\n  two\n\n  three\n", `{"a":"one two\nthree"}`},
		{"anchor", "a: &x {p: 1}\nb: *x\nc: [*x, *x]", `{"a":{"p":1},"b":{"p":1},"c":[{"p":1},{"p":1}]}`},
		{"merge", "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3", `{"a":{"p":1,"q":2},"b":{"q":3,"p":1}}`},
		{"tag", "a: !!str 5", `{"a":"5"}`},
		{"empty value", "a:\nb: 1", `{"a":null,"b":1}`},
		{"hex", "a: 0x10", `{"a":16}`},
		{"expression", `effect: "[parameters('effect')]"`, `{"effect":"[parameters('effect')]"}`},
		{"json", `{"if": {"field": "type", "equals": "x"}}`, `{"if":{"field":"type","equals":"x"}}`},
		{"windows line ends", "a: 1\r\nb: |\r\n  x\r\n  y\r\n", `{"a":1,"b":"x\ny\n"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := Parse([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := v.String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestOffsetsPointAtTheValue(t *testing.T) {
	text := "id: größe-ü\nwhy: |\n  zwei\n  drei\nlist:\n  - {name: \"ä\", n: 12}\n  - plain\nmap:\n  inner: [x, yy]\n"
	v, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		v    jsondoc.Value
		want string
	}{
		{v, "id:"},
		{v.Get("id"), "größe"},
		{v.Get("why"), "|"},
		{v.Get("list").At(0).Get("name"), `"ä"`},
		{v.Get("list").At(0).Get("n"), "12"},
		{v.Get("list").At(0), "{name"},
		{v.Get("list").At(1), "plain"},
		{v.Get("map"), "inner"},
		{v.Path("map", "inner"), "[x"},
		{v.Path("map", "inner").At(1), "yy"},
	} {
		if !strings.HasPrefix(text[c.v.Offset():], c.want) {
			t.Errorf("%s is at %.12q, want %q", c.v, text[c.v.Offset():], c.want)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 10; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	indented := ""
	for i := range 300 {
		indented += strings.Repeat(" ", i) + "a:\n"
	}
	for _, c := range []struct{ name, in, want string }{
		{"twice", "a: 1\nb: 2\na: 3\n", `line 3 column 1: name "a" stands twice`},
		{"twice, flow", "x: {a: 1, a: 2}", `line 1 column 11: name "a" stands twice`},
		{"tab", "a:\n\t- b\n", "line 2"},
		{"open", "a: [1, 2\nb: 3", "line "},
		{"two documents", "a: 1\n---\nb: 2\n", "line 3 column 1: a second document"},
		{"infinity", "a: .inf", "line 1 column 4: \".inf\" has no place"},
		{"unknown alias", "a: *nope", `no anchor named "nope"`},
		{"itself", "a: &a [*a]", `no anchor named "a"`},
		{"bomb", bomb, "aliases stand for more than"},
		{"deep flow", strings.Repeat("[", 10_000), "nested deeper"},
		{"deep dashes", strings.Repeat("- ", 10_000), "nested deeper"},
		{"deep indentation", indented, "nested deeper"},
		{"utf-8", "a: 1\nb: \"\xff\"", "line 2 column 5: invalid UTF-8"},
		{"long", strings.Repeat("#", MaxSize+1), "longer than"},
		{"name", "? [a]\n: b", "line 2 column 1: "},
		{"custom tag", "a: !evil x", "not supported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := Parse([]byte(c.in))
			var se *SyntaxError
			if !errors.As(err, &se) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want %q", v, err, c.want)
			}
		})
	}
}

func TestParseAll(t *testing.T) {
	docs, err := ParseAll([]byte("---\na: 1\n---\n# nothing\n---\n- b\n...\n"))
	if err != nil || len(docs) != 2 || docs[0].String() != `{"a":1}` || docs[1].String() != `["b"]` {
		t.Errorf("got %v, %v", docs, err)
	}
	docs, err = ParseAll([]byte("%YAML 1.2\n---\na: 1\n---\n---\nb\n---\n"))
	if err != nil || len(docs) != 2 || docs[0].String() != `{"a":1}` || docs[1].String() != `"b"` {
		t.Errorf("got %v, %v", docs, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1\nb: [x, {y: z}]", "- - - a", "? a\n: b", "a: &x {p: *x}\n<<: *x", "a: |2-\n  x\n", "%YAML 1.2\n---\n!!map {a: !!int \"3\"}", "\"a\": 'b''c'", "a: >+\n\n x\r\n", "[[{", "&a &b *c"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		docs, err := ParseAll(text)
		var se *SyntaxError
		if err != nil && !errors.As(err, &se) {
			t.Fatalf("error of type %T", err)
		}
		for _, v := range docs {
			if _, err := jsondoc.Parse(v.AppendJSON(nil)); err != nil && !strings.Contains(err.Error(), "twice") {
				t.Fatalf("%v is no JSON: %v", v, err)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := []byte(strings.Repeat("- id: storage-public-blob-access\n  why: \"a sentence\"\n  if: {allOf: [{field: type, equals: Microsoft.Storage/storageAccounts}, {field: x, notEquals: false}]}\n", 100))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

// A text's lines stand where the file has them, whatever way it is written.
func TestLinesOf(t *testing.T) {
	for _, c := range []struct{ text, first, second string }{
		{"query: |\n  a\n  b\n", "2:3", "3:3"},
		{"query: abc\n", "1:8", "2:1"},
		{"query: 'abc'\n", "1:9", "2:1"},
		{"query: |", "2:1", "3:1"}, // a block without lines, at the end of the file
	} {
		doc, err := Parse([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		v := doc.Get("query")
		l := LinesOf(c.text, v.Offset(), v.TextOr(""))
		first, second := l.Place(diag.Position{Line: 1, Column: 1}), l.Place(diag.Position{Line: 2, Column: 1})
		if got := fmt.Sprintf("%d:%d", first.Line, first.Column); got != c.first {
			t.Errorf("%q: the first line is at %s, want %s", c.text, got, c.first)
		}
		if got := fmt.Sprintf("%d:%d", second.Line, second.Column); got != c.second {
			t.Errorf("%q: the second line is at %s, want %s", c.text, got, c.second)
		}
	}
}
