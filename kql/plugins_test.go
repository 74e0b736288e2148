package kql

import (
	"strings"
	"testing"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/value"
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
			var got []string
			for i := range b.Rows {
				var cells []value.Value
				for _, c := range b.Cols {
					cells = append(cells, c.Get(i))
				}
				got = append(got, value.JSON(value.Array(cells)))
			}
			if strings.Join(got, " ") != strings.Join(ex.Want, " ") {
				t.Errorf("%s: %s\n got %s\nwant %s", p.Name, ex.Query, got, ex.Want)
			}
		}
	}
}
