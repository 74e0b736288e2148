package kql

import (
	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/syntax"
)

// Format lays a query out, an operator a line, without changing what it means;
// comments stay. Where the text cannot be parsed the list holds the errors.
func Format(text string) (string, diag.List) {
	out, list := syntax.Format(text)
	diag.NewSource("", text).Resolve(list)
	return out, list
}
