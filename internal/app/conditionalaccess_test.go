package app

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/azward/azward/jsondoc"
)

func parseFile(t *testing.T, path string) jsondoc.Value {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsondoc.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// TestGraphEvaluateExamples answers the four documented requests of Graph's What
// If API with the documented policies.
func TestGraphEvaluateExamples(t *testing.T) {
	spec := filepath.Join("..", "..", "condaccess", "testdata", "spec")
	tenant := parseFile(t, filepath.Join(spec, "evaluate-tenant.json"))
	files, err := filepath.Glob(filepath.Join(spec, "evaluate-[0-9].json"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%d examples: %v", len(files), err)
	}
	passed := 0
	for _, f := range files {
		ex := parseFile(t, f)
		line := jsondoc.NewObject(jsondoc.Member{Name: "policies", Value: tenant.Get("policies")}, jsondoc.Member{Name: "directory", Value: tenant.Get("directory")},
			jsondoc.Member{Name: "signIn", Value: ex.Get("request")})
		var want, got []string
		for _, v := range ex.Get("applies").Elements() {
			want = append(want, v.TextOr(""))
		}
		left := ex.Get("leftOut").String()
		for _, v := range WhatIfLine(line, nil, testNow, true).Get("value").Elements() {
			if b, _ := v.Get("policyApplies").Bool(); !b || v.Get("analysisReasons").TextOr("") != "notSet" {
				t.Errorf("%s: %s is listed and does not apply", f, v.Get("id"))
			}
			id := v.Get("id").TextOr("")
			if left != "[]" && left == `["`+id+`"]` {
				continue
			}
			got = append(got, id)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v apply, want %v", ex.Get("title"), got, want)
			continue
		}
		passed++
	}
	t.Logf("conformance: graph-evaluate-examples %d of %d", passed, len(files))
}
