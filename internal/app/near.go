package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
)

// didYouMean ends a message that nothing has a name: with the name that it is
// most likely a slip of, or up to three that have it in them; "" where none is
// near.
func didYouMean(want string, names []string) string {
	if near := diag.Nearest(want, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(want) < 3 {
		return ""
	}
	var out []string
	for _, n := range names {
		if strings.Contains(strings.ToLower(n), strings.ToLower(want)) && !slices.Contains(out, fmt.Sprintf("%q", n)) {
			out = append(out, fmt.Sprintf("%q", n))
		}
	}
	switch {
	case len(out) == 0:
		return ""
	case len(out) > 3:
		return fmt.Sprintf("; did you mean %s or one of %d more?", strings.Join(out[:3], ", "), len(out)-3)
	}
	return "; did you mean " + strings.Join(out, " or ") + "?"
}
