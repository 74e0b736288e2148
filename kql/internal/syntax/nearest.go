package syntax

import (
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/value"
)

func strValue(s string) value.Value { return value.String(s) }

// Nearest returns the candidate that a misspelled name most likely means, "" if
// none is near.
func Nearest(name string, candidates []string) string { return diag.Nearest(name, candidates) }

// MatchWild tells whether a name matches a pattern in which * stands for any
// characters.
func MatchWild(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	if !strings.HasPrefix(name, parts[0]) {
		return false
	}
	name = name[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(name, p)
		if i < 0 {
			return false
		}
		name = name[i+len(p):]
	}
	return strings.HasSuffix(name, parts[len(parts)-1])
}
