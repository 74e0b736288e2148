package jsondoc

import "testing"

// source: RFC 7396, JSON Merge Patch, appendix A.
func TestMergePatch(t *testing.T) {
	parse := func(text string) Value {
		v, err := ParseString(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`}, {`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`}, {`{"a":"b"}`, `{"a":null}`, `{}`}, {`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`}, {`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`}, {`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`}, {`["a","b"]`, `["c","d"]`, `["c","d"]`}, {`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`}, {`{"a":"foo"}`, `null`, `null`},
	} {
		if got := parse(c[0]).MergePatch(parse(c[1])); !Equal(got, parse(c[2])) {
			t.Errorf("%s with %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}
