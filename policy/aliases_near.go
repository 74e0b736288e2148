package policy

import (
	"slices"
	"strings"

	"github.com/azward/azward/diag"
)

// Known tells whether the list has an alias, in any casing; an index such as
// [0] stands for [*].
func (a *Aliases) Known(alias string) bool {
	if a.lookup(alias) != nil {
		return true
	}
	return a.lookup(withoutIndexes(alias)) != nil
}

// Nearest returns the alias of the list that comes nearest to a misspelled
// one, or "" where none does: of the same type first, then of any.
func (a *Aliases) Nearest(alias string) string {
	if a == nil {
		return ""
	}
	want := strings.ToLower(withoutIndexes(alias))
	slash := strings.LastIndexByte(want, '/')
	if slash < 0 {
		return ""
	}
	if best := a.nearest(want, want[:slash+1]); best != "" {
		return a.spelled(best)
	}
	// No type is spelled so: the nearest type, and there the nearest alias.
	types := map[string]bool{}
	for name := range a.byName {
		if i := strings.LastIndexByte(name, '/'); i >= 0 {
			types[name[:i]] = true
		}
	}
	if types[want[:slash]] {
		return ""
	}
	names := make([]string, 0, len(types))
	for t := range types {
		names = append(names, t)
	}
	slices.Sort(names)
	typ := diag.Nearest(want[:slash], names)
	if typ == "" {
		return ""
	}
	return a.spelled(a.nearest(typ+want[slash:], typ+"/"))
}

// nearest returns the name with a prefix that comes nearest to want.
func (a *Aliases) nearest(want, prefix string) string {
	best, bestAt := "", 1+(len(want)-len(prefix))/3
	for name := range a.byName {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		if d := diag.Distance(want[len(prefix):], name[len(prefix):], bestAt); d < bestAt || d == bestAt && (best == "" || name < best) {
			best, bestAt = name, d
		}
	}
	return best
}

func (a *Aliases) spelled(key string) string {
	if list := a.byName[key]; len(list) > 0 && list[0].name != "" {
		return list[0].name
	}
	return key
}

// withoutIndexes writes [*] for every index of an alias.
func withoutIndexes(alias string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(alias, '[')
		if open < 0 {
			break
		}
		end := strings.IndexByte(alias[open:], ']')
		if end < 0 {
			break
		}
		inner := alias[open+1 : open+end]
		b.WriteString(alias[:open])
		if inner != "" && strings.Trim(inner, "0123456789") == "" {
			inner = "*"
		}
		b.WriteString("[" + inner + "]")
		alias = alias[open+end+1:]
	}
	return b.String() + alias
}
