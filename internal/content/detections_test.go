package content

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

func TestDetectionsAreRight(t *testing.T) {
	rules, list := Detections()
	if err := list.Err(); err != nil || len(list) > 0 {
		t.Fatal(list)
	}
	schema := schemaOf(t, "detection.schema.json")
	names := map[string]string{}
	for _, r := range rules {
		text, err := Detection(r.File)
		if err != nil {
			t.Fatal(err)
		}
		v, err := yamldoc.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := jsonschema.UnmarshalJSON(strings.NewReader(v.String()))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(plain); err != nil {
			t.Errorf("%s: %v", r.File, err)
		}
		if other := names[r.Name]; other != "" {
			t.Errorf("%s has the name of %s", r.File, other)
		}
		names[r.Name] = r.File
		fields(t, r.File, v)
		if _, err := Detection(strings.TrimSuffix(r.File, ".yaml") + testEnding); err != nil {
			t.Errorf("%s has no tests beside it: %v", r.File, err)
		}
	}
	tests, err := DetectionTests()
	if err != nil || len(tests) != len(rules) {
		t.Errorf("%d files of tests for %d detections, %v", len(tests), len(rules), err)
	}
}

// fields checks that every column that is named outside the query is in it: as
// a word, which is not all there is to it, but names the misspelled.
func fields(t *testing.T, file string, v jsondoc.Value) {
	t.Helper()
	query := v.Get("query").TextOr("")
	check := func(column string) {
		if !strings.Contains(query, column) {
			t.Errorf("%s: the query has no column %s", file, column)
		}
	}
	for _, m := range v.Get("entityMappings").Elements() {
		for _, f := range m.Get("fieldMappings").Elements() {
			check(f.Get("columnName").TextOr(""))
		}
	}
	for _, d := range v.Get("customDetails").Members() {
		check(d.TextOr(""))
	}
	rest := v.Path("alertDetailsOverride", "alertDisplayNameFormat").TextOr("")
	for n := 0; ; n++ {
		_, after, ok := strings.Cut(rest, "{{")
		if !ok {
			break
		}
		name, more, _ := strings.Cut(after, "}}")
		check(name)
		if rest = more; n == 3 {
			t.Errorf("%s: a name of alerts holds at most three columns", file)
		}
	}
}

func TestWrongDetectionsAreNamed(t *testing.T) {
	good, err := Detection("detections/entra/password-spray.yaml")
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, repl string) string { return strings.Replace(string(good), old, repl, 1) }
	texts := map[string]string{
		"a.yaml": string(good), "b.yaml": string(good), "id.yaml": edit("id: ", "id: x"), "none.yaml": "a: b\n", "period.yaml": edit("queryPeriod: 1h", "queryPeriod: long"),
		"technique.yaml": edit("T1110.003", "T11"), "silent.yaml": edit("description: |", "other: |"), "about.yaml": edit("entityMappings:", "mappings:"),
	}
	_, list := detections([]string{"a.yaml", "about.yaml", "b.yaml", "id.yaml", "none.yaml", "period.yaml", "silent.yaml", "technique.yaml", "gone.yaml"}, func(name string) ([]byte, error) {
		if text, ok := texts[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	})
	var all strings.Builder
	for _, d := range list {
		all.WriteString(d.Error() + "\n")
	}
	for _, want := range []string{
		"b.yaml: CTL0007", "id.yaml: CTL0005: id", "none.yaml: CTL0003: 0 rules", "period.yaml:", "technique.yaml: CTL0005: tactics", "silent.yaml: CTL0003: the description", "about.yaml: CTL0003: no entity", "gone.yaml: CTL0008",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %q in\n%s", want, all.String())
		}
	}
	if _, err := Detection("detections/../controls.index.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is no detection is read: %v", err)
	}
}
