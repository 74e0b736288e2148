package app

import (
	_ "embed"
	"encoding/json"
	"slices"

	"github.com/azward/azward/internal/collect"
)

// permissionControls lists, by permission of Microsoft Graph, the controls that
// become unknown in the demo tenant without it: those whose facts need it, however
// far away. A test makes it.
//
//go:embed permission_controls.json
var permissionControls []byte

// UnknownWithout returns the ids of the controls that are unknown where a
// permission is missing, in order.
func UnknownWithout(p collect.Permission) []string {
	out := ControlsOf(p.Types)
	var by map[string][]string
	if err := json.Unmarshal(permissionControls, &by); err == nil && p.For == "Microsoft Graph" {
		out = append(out, by[p.Name]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
