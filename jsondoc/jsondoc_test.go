package jsondoc

import (
	"errors"
	"strings"
	"testing"
)

func mustParse(t *testing.T, s string) Value {
	t.Helper()
	v, err := ParseString(s)
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return v
}

func TestGetIgnoresCaseAndKeepsOrder(t *testing.T) {
	v := mustParse(t, `{"Properties":{"httpsOnly":true,"ÄB":1},"b":[1,{"c":null}],"s":"x\u0041\n"}`)
	if b, ok := v.Path("properties", "HTTPSONLY").Bool(); !b || !ok {
		t.Error("lookup regards case")
	}
	if i, _ := v.Path("properties", "äb").Int(); i != 1 {
		t.Error("lookup regards the case of letters beyond ASCII")
	}
	if v.GetExact("properties").Exists() {
		t.Error("GetExact ignores case")
	}
	if s, _ := v.Get("s").Text(); s != "xA\n" {
		t.Errorf("escapes: %q", s)
	}
	if got := v.Get("b").At(1).Get("c"); !got.IsNull() || got.IsMissing() {
		t.Error("null is not missing")
	}
	if got := v.Get("nope").Get("deeper").At(3); got.Exists() {
		t.Error("lookups through missing do not stay missing")
	}
	if got, want := v.String(), `{"Properties":{"httpsOnly":true,"ÄB":1},"b":[1,{"c":null}],"s":"xA\n"}`; got != want {
		t.Errorf("String() = %s, want %s", got, want)
	}
	if off := v.Get("b").Offset(); off != strings.Index(`{"Properties":{"httpsOnly":true,"ÄB":1},"b":[1,{"c":null}],"s":"x\u0041\n"}`, "[1") {
		t.Errorf("offset %d", off)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		lit   string
		i     int64
		isInt bool
		f     float64
	}{{"1e3", 1000, true, 1000}, {"1.5", 0, false, 1.5}, {"9223372036854775807", 1<<63 - 1, true, 1 << 63}, {"9223372036854775808", 0, false, 1 << 63}, {"-2.0", -2, true, -2}} {
		v := mustParse(t, c.lit)
		i, ok := v.Int()
		f, _ := v.Float()
		if i != c.i || ok != c.isInt || f != c.f {
			t.Errorf("%s: Int %d %v Float %v", c.lit, i, ok, f)
		}
		if l, _ := v.Literal(); l != c.lit {
			t.Errorf("literal %q became %q", c.lit, l)
		}
	}
}

func TestParseErrorsNameThePlace(t *testing.T) {
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for _, c := range []struct{ in, want string }{
		{"{\n \"a\": 1,\n \"a\": 2}", `line 3 column 2: name "a" stands twice`},
		{`{"a":`, "text ends"},
		{"", "text ends"},
		{`[1] x`, "line 1 column 5: text after"},
		{"[\"\xff\"]", "UTF-8"},
		{deep, "nest"},
		{deep[:9000], "ends"},
	} {
		_, err := ParseString(c.in)
		var se *SyntaxError
		if !errors.As(err, &se) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Parse(%.20q): %v, want %q", c.in, err, c.want)
		}
	}
}

func TestWithReplacesWithoutRegardToCase(t *testing.T) {
	v := mustParse(t, `{"Tags":{"a":"1"},"x":2}`)
	w := v.With("tags", v.Get("tags").With("b", NewString("2"))).Without("X").With("n", NewInt(3))
	if got, want := w.String(), `{"Tags":{"a":"1","b":"2"},"n":3}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if v.Get("tags").Len() != 1 || v.Len() != 2 {
		t.Error("With changed the original")
	}
}

func TestEqual(t *testing.T) {
	a, b := mustParse(t, `{"a":[1,2.0],"b":null}`), mustParse(t, `{"b":null,"a":[1.0,2]}`)
	if !Equal(a, b) || Equal(a, mustParse(t, `{"b":null,"a":[1,3]}`)) || Equal(a, mustParse(t, `{"B":null,"a":[1,2]}`)) {
		t.Error("Equal")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,"x\u00e9",{"b":null}],"A":true}`, `[[[[]]]]`, `"\ud800"`, "\xef\xbb\xbf{}", `{"a":1e999}`, `-0.0`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		w, err := Parse(v.AppendJSON(nil))
		if err != nil {
			t.Fatalf("what we print we do not read: %v", err)
		}
		if !Equal(v, w) {
			t.Fatalf("%s is not %s", v, w)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := []byte(`{"id":"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a","name":"a","type":"Microsoft.Storage/storageAccounts","location":"westeurope","tags":{"env":"prod"},"sku":{"name":"Standard_LRS","tier":"Standard"},"properties":{"supportsHttpsTrafficOnly":true,"allowBlobPublicAccess":false,"minimumTlsVersion":"TLS1_2","networkAcls":{"bypass":"AzureServices","virtualNetworkRules":[],"ipRules":[{"value":"10.0.0.0/8","action":"Allow"}],"defaultAction":"Deny"}}}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	in := NewInterner()
	for b.Loop() {
		if _, err := ParseInterned(text, in); err != nil {
			b.Fatal(err)
		}
	}
}
