package siem

import (
	"archive/tar"
	"errors"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// TestConformanceAnalyticsRules reads every published rule. What has a schedule
// is one, and is read without an error.
func TestConformanceAnalyticsRules(t *testing.T) {
	z := testdata.Unzip(t, "sentinel/content.tar.gz")
	files, read := 0, 0
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if ext := path.Ext(h.Name); ext != ".yaml" && ext != ".yml" {
			continue
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		rules, list := ParseRules(h.Name, text)
		if !isRule(text) {
			if len(rules) > 0 {
				t.Errorf("%s is no analytics rule", h.Name)
			}
			continue
		}
		files++
		if len(rules) == 1 && !list.HasErrors() {
			read++
		} else {
			t.Logf("%s: %v", h.Name, list)
		}
	}
	t.Logf("conformance: published analytics rules read %d of %d", read, files)
	if files < 500 || read < files-2 {
		t.Errorf("%d of %d rules were read", read, files)
	}
}

// isRule tells whether a document says that it runs on a schedule.
func isRule(text []byte) bool {
	docs, err := yamldoc.ParseAll(text)
	return err == nil && len(docs) > 0 && docs[0].Kind() == jsondoc.Object && (docs[0].Get("queryFrequency").Exists() || strings.EqualFold(docs[0].Get("kind").TextOr(""), "NRT"))
}
