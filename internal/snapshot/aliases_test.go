package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/azward/azward/jsondoc"
)

func aliasesIn(text []byte) (out []string, err error) {
	err = ScanAliases(bytes.NewReader(text), func(l AliasList) error {
		for _, a := range l.List {
			out = append(out, l.Type+" "+a.Get("name").TextOr(""))
		}
		return nil
	})
	return out, err
}

func TestAliasesAreWrittenAndFound(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, Header{})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 3 {
		name := fmt.Sprintf("A.B/c/d%d", i)
		want = append(want, "A.B/c "+name)
		if err := w.Aliases(AliasList{Type: "A.B/c", List: []jsondoc.Value{jsondoc.NewObject(jsondoc.Member{Name: "name", Value: jsondoc.NewString(name)})}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Source(Source{Name: "behind"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	// A copy, line by line, holds the same.
	var again bytes.Buffer
	w, err = NewWriter(&again, Header{})
	if err != nil {
		t.Fatal(err)
	}
	if err := Scan(bytes.NewReader(file.Bytes()), w.Line); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{file.Bytes(), again.Bytes()} {
		got, err := aliasesIn(text)
		if err != nil || strings.Join(got, ",") != strings.Join(want, ",") {
			t.Errorf("%v, %v", got, err)
		}
	}
}

func TestAliasesOfBrokenSnapshots(t *testing.T) {
	const head, one = `{"azward":"snapshot","version":1}` + "\n", `{"aliases":{"type":"A.B/c","list":[{"name":"n"}]}}` + "\n"
	for _, c := range []struct {
		name, text, want string
		is               error
		fails            bool
	}{
		{"cut off behind the list", head + one + `{"end":{`, "A.B/c n", ErrTruncated, true},
		{"cut off in the list", head + one + `{"aliases":{"ty`, "A.B/c n", ErrTruncated, true},
		{"a broken line of the list", head + one + `{"aliases":{"ty` + "\n" + one, "A.B/c n", nil, true},
		{"a broken line elsewhere", head + "{]\n" + one + "{}\n", "A.B/c n", nil, false},
		{"what is behind the list is not looked at", head + one + "{}\n" + one, "A.B/c n", nil, false},
		{"of other shapes", head + `{"aliases":7}` + "\n" + `{"aliases":{"list":[1,{}]}}` + "\n", " , ", nil, false},
		{"none", head, "", nil, false},
		{"no snapshot", `{"value":[]}` + "\n" + one, "", ErrNotSnapshot, true},
		{"nothing", "", "", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := aliasesIn([]byte(c.text))
			if strings.Join(got, ",") != c.want || (err != nil) != c.fails || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	if err := ScanAliases(strings.NewReader(head+one), func(AliasList) error { return errFinished }); !errors.Is(err, errFinished) {
		t.Error(err)
	}
}
