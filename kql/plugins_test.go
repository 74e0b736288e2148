package kql

import (
	"strings"
	"testing"

	"github.com/azward/azward/kql/internal/fn"
)

// TestPluginExamples runs the examples in the plugins' rows.
func TestPluginExamples(t *testing.T) {
	for _, p := range fn.Builtin().Plugins {
		for _, ex := range p.Ex {
			_, b, err := answer(ex.Query)
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
				continue
			}
			got := jsonRows(b)
			if strings.Join(got, " ") != strings.Join(ex.Want, " ") {
				t.Errorf("%s: %s\n got %s\nwant %s", p.Name, ex.Query, got, ex.Want)
			}
		}
	}
}
