package kqlio_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

func schemaText(cols []kql.Column) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = c.Name + ":" + c.Type.String()
	}
	return strings.Join(parts, " ")
}

func textInput(text string, comma rune) kqlio.Input {
	return kqlio.Input{Comma: comma, Open: func() (io.Reader, func(), error) { return strings.NewReader(text), func() {}, nil }}
}

// TestInference: the columns of files taken together.
func TestInference(t *testing.T) {
	for _, c := range []struct {
		name   string
		comma  rune
		header bool
		files  []string
		want   string
	}{
		{"header", ',', true, []string{"a,b,c\n1,x,2024-01-02T03:04:05Z\n2,y,\n"}, "a:long b:string c:datetime"},
		{"no header", ',', false, []string{"1,x\n2.5,y\n"}, "Column1:real Column2:string"},
		{"the first line counts", '\t', false, []string{"x\t1\n2\t1\n"}, "Column1:string Column2:long"},
		{"a byte order mark", ',', false, []string{"\ufeff1,2\n"}, "Column1:long Column2:long"},
		{"files narrow each other's types", ',', true, []string{"a,b\n1,true\n", "a,b\n2.5,\n", "a,b\n,false\n"}, "a:real b:bool"},
		{"columns in another order", ',', true, []string{"a,b\n1,x\n", "b,c,a\ny,true,z\n"}, "a:string b:string c:bool"},
		{"names that come twice", ';', true, []string{"a;a;\n1;x;2\n"}, "a:long a1:string Column3:long"},
		{"no rows", ',', true, []string{"a,b\n"}, "a:string b:string"},
		{"nothing", ',', true, []string{""}, ""},
		{"JSON", 0, false, []string{`{"a":1,"b":{"c":1}}` + "\n" + `{"a":1.5,"d":"2024-01-02T03:04:05Z"}`, `[{"b":1,"e":null,"d":"x"}]`}, "a:real b:dynamic d:string e:dynamic"},
	} {
		x := kqlio.NewInference()
		for _, f := range c.files {
			if err := x.Add(textInput(f, c.comma), c.header); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if got := schemaText(x.Columns()); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	x := kqlio.NewInference()
	x.Merge([]kql.Column{{Name: "a", Type: kql.Int}, {Name: "b", Type: kql.Long}, {Name: "c", Type: kql.Dynamic}, {Name: "d", Type: kql.Dynamic}})
	x.Merge([]kql.Column{{Name: "b", Type: kql.Bool}, {Name: "a", Type: kql.Real}, {Name: "d", Type: kql.Dynamic}, {Name: "c", Type: kql.Long}, {Name: "e", Type: kql.GUID}})
	if got, want := schemaText(x.Columns()), "a:real b:string c:string d:dynamic e:guid"; got != want {
		t.Errorf("merged: got %s, want %s", got, want)
	}
}

// TestInferenceRefuses: a file of which nothing can be read has no columns, and
// no file has more columns than a table may.
func TestInferenceRefuses(t *testing.T) {
	if err := kqlio.NewInference().Add(textInput("no JSON\n", 0), false); err == nil || !strings.Contains(err.Error(), "no line could be read") {
		t.Errorf("no JSON: %v", err)
	}
	var keys strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&keys, "{\"k%d\":1}\n", i)
	}
	if err := kqlio.NewInference().Add(textInput(keys.String(), 0), false); err == nil || !strings.Contains(err.Error(), "10000 columns") {
		t.Errorf("many keys: %v", err)
	}
}
