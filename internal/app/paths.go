package app

import (
	"strings"

	"github.com/azward/azward/jsondoc"
)

// segments splits a path; "[*]" becomes a segment of its own.
func segments(path string) []string {
	if path == "" {
		return nil
	}
	var out []string
	for s := range strings.SplitSeq(path, ".") {
		for {
			before, rest, found := strings.Cut(s, "[*]")
			if before != "" {
				out = append(out, before)
			}
			if !found {
				break
			}
			out = append(out, "[*]")
			s = rest
		}
	}
	return out
}

// walk follows segments through a value, at each step looking into properties
// where the name is not found.
func walk(v jsondoc.Value, path []string) []jsondoc.Value {
	values := []jsondoc.Value{v}
	for _, s := range path {
		var next []jsondoc.Value
		for _, v := range values {
			if s == "[*]" {
				for _, e := range v.Elements() {
					next = append(next, e)
				}
				continue
			}
			m := v.Get(s)
			if m.IsMissing() {
				m = v.Get("properties").Get(s)
			}
			next = append(next, m)
		}
		values = next
	}
	return values
}
