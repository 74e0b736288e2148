package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/inventory"
)

// complain writes what is wrong with the input to standard error, a line each:
// whatever the format, a broken file is not passed over in silence. Of one kind
// a few are enough.
func complain(env *Env, a *report.Assessment) {
	list := make([]complaint, 0, len(a.Notices))
	for _, n := range a.Notices {
		if n.Severity == "info" {
			continue
		}
		c := complaint{kind: n.Code, hint: n.Hint}
		if n.Place != "" {
			c.text = n.Place + ": "
		}
		if n.Code != "" {
			c.text += n.Code + ": "
		}
		c.text += n.Severity + ": " + n.Message
		list = append(list, c)
	}
	complainEach(env, list, "; --format json has all of them")
}

// complaint is one thing that is wrong with the input.
type complaint struct{ kind, text, hint string }

// complainEach writes at most 3 complaints of one kind and 20 in all, and says
// how many more there are.
func complainEach(env *Env, list []complaint, where string) {
	const ofOne, most = 3, 20
	seen := map[string]int{}
	var kinds []string
	shown, left := 0, 0
	for _, c := range list {
		if seen[c.kind] == 0 {
			kinds = append(kinds, c.kind)
		}
		seen[c.kind]++
		if shown == most || c.kind != "" && seen[c.kind] > ofOne {
			left++
			continue
		}
		shown++
		env.say("%s\n", c.text)
		if c.hint != "" {
			env.say("  hint: %s\n", c.hint)
		}
	}
	if left == 0 {
		return
	}
	var counts []string
	for _, k := range kinds {
		if n := seen[k] - ofOne; k != "" && n > 0 {
			counts = append(counts, fmt.Sprintf("%d of %s", n, k))
		}
	}
	of := ""
	if len(counts) > 0 && len(counts) < 6 {
		of = " (" + strings.Join(counts, ", ") + ")"
	}
	env.say("and %d more%s%s\n", left, of, where)
}

// complainOf writes diagnostics to standard error, the first twenty.
func complainOf(env *Env, list diag.List) {
	all := make([]complaint, 0, len(list))
	for _, d := range list {
		all = append(all, complaint{d.Code, d.Error(), d.Hint})
	}
	complainEach(env, all, "")
}

// graveOf are the warnings and errors about the input of an inventory.
func graveOf(inv *inventory.Inventory) diag.List {
	return slices.DeleteFunc(slices.Clone(inv.Diagnostics()), func(d diag.Diagnostic) bool { return d.Severity.String() == "info" })
}
