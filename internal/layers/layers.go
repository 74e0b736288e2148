// Package layers states the floors of the repository and checks that imports
// only go down. ARCHITECTURE.md shows the same map; a test compares the two.
package layers

import "strings"

// Floor is one level: its packages may import those of strictly lower floors.
type Floor struct {
	Number   int
	Name     string
	Packages []string // relative to the module; a trailing /... takes what lies below too
}

// Floors lists the floors from the top.
var Floors = []Floor{
	{11, "cmd", []string{"cmd/..."}},
	{10, "doors", []string{"internal/cli"}},
	{9, "server", []string{"internal/server/..."}},
	{8, "wiring", []string{"internal/app"}},
	{7, "edges", []string{
		"internal/store/...",
		"internal/collect/...",
		"internal/content",
		"internal/report",
		"internal/notify",
		"internal/reader",
		"internal/demo/...",
		"kql/kqlio",
		"internal/scratch",
	}},
	{6, "judges", []string{
		"policy/assign",
		"policy/lint",
		"policy/cases",
		"posture",
		"compliance",
		"siem",
		"siem/cases",
		"attackpath",
		"privilege",
		"review",
	}},
	{5, "engines", []string{"policy", "condaccess", "access", "network", "template", "kql"}},
	{4, "language", []string{"arm", "directory", "internal/snapshot"}},
	{3, "inventory", []string{"inventory", "finding", "internal/testfile"}},
	{2, "records", []string{"resource", "yamldoc"}},
	{1, "documents", []string{"jsondoc"}},
	{0, "ground", []string{"diag", "content"}},
}

// Engines have floors of their own below their one door; their insides are
// checked by the packages themselves and may be imported only by the engine.

// Of returns the floor of a package path relative to the module.
func Of(pkg string) (int, bool) {
	for _, f := range Floors {
		for _, p := range f.Packages {
			if base, ok := strings.CutSuffix(p, "/..."); ok {
				if pkg == base || strings.HasPrefix(pkg, base+"/") {
					return f.Number, true
				}
			}
			if pkg == p {
				return f.Number, true
			}
		}
	}
	return 0, false
}
