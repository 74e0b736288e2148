package app

import (
	"strings"

	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/jsondoc"
)

// ControlWords returns the words that the shipped controls compare with, in
// lower case: a snapshot that is redacted must keep them to be judged as it was.
func ControlWords() (map[string]bool, error) {
	controls, err := content.Controls()
	if err != nil {
		return nil, err
	}
	words := make(map[string]bool)
	var walk func(v jsondoc.Value, depth int)
	walk = func(v jsondoc.Value, depth int) {
		if depth > jsondoc.MaxDepth {
			return
		}
		if s, ok := v.Text(); ok {
			words[strings.ToLower(strings.Trim(s, "*"))] = true
		}
		for _, e := range v.Elements() {
			walk(e, depth+1)
		}
		for _, e := range v.Members() {
			walk(e, depth+1)
		}
	}
	for _, c := range controls {
		walk(c.Definition.Get("policyRule"), 0)
		walk(c.Definition.Get("parameters"), 0)
	}
	return words, nil
}
