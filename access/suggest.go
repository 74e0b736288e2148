package access

import (
	"cmp"
	"slices"
	"strings"
)

// ActivityLogged tells whether an action can be found in Azure's activity log:
// what creates, changes, deletes or does something, and never what only reads.
// Source: "Activity log in Azure Monitor".
func ActivityLogged(action string) bool { return !strings.HasSuffix(strings.ToLower(action), "/read") }

// LogsUse tells whether a role grants, as its own text says, an action that the
// activity log would show, and whether it grants data actions, which it would
// not.
func (r *Role) LogsUse() (control, data bool) {
	for i := range r.Permissions {
		p := &r.Permissions[i]
		data = data || len(p.DataActions) > 0
		for _, a := range p.Actions {
			control = control || ActivityLogged(a.String())
		}
	}
	return control, data
}

// grants tells whether the role grants an action whatever its conditions say.
func (r *Role) grants(action string) bool {
	return slices.ContainsFunc(r.Permissions, func(p Permission) bool {
		return p.Condition == nil && !p.broken && p.Grants(action, false)
	})
}

// universe lists every action that some role names, in lower case: what the
// power of roles is measured by. A wildcard is tried with an action that only it,
// and wider ones, cover.
func (s *System) universe() []string {
	s.once.Do(func() {
		seen := map[string]bool{}
		for _, r := range s.cfg.Roles {
			for i := range r.Permissions {
				for _, ps := range [][]Pattern{r.Permissions[i].Actions, r.Permissions[i].NotActions} {
					for _, p := range ps {
						if t := strings.ReplaceAll(strings.ToLower(p.String()), "*", "~any~"); !seen[t] {
							seen[t] = true
							s.actions = append(s.actions, t)
						}
					}
				}
			}
		}
		slices.Sort(s.actions)
	})
	return s.actions
}

// Power counts the actions that a role grants, of those that the role
// definitions of the system name and of the extra ones. A role that may assign
// roles has more than any that may not.
func (s *System) Power(r *Role, extra []string) int {
	n := 0
	for _, list := range [][]string{s.universe(), extra} {
		for _, a := range list {
			if r.grants(strings.ToLower(a)) {
				n++
			}
		}
	}
	if r.grants("microsoft.authorization/roleassignments/write") {
		n += 1 << 20
	}
	return n
}

// Suggest returns the role with the least power, of those whose definitions are
// known, that grants all of the used control actions without a condition and may
// read the resources that they are of. assignable tells which roles may be
// assigned where the new one is to be; nil: all. ok is false where none has less
// power than the current role.
func (s *System) Suggest(used []string, current *Role, assignable func(*Role) bool) (role *Role, ok bool) {
	need := map[string]bool{}
	for _, a := range used {
		a = strings.ToLower(a)
		need[a] = true
		if read := readOf(a); read != "" {
			need[read] = true
		}
	}
	type candidate struct {
		role  *Role
		power int
	}
	var found []candidate
roles:
	for _, r := range s.cfg.Roles {
		if assignable != nil && !assignable(r) {
			continue
		}
		for a := range need {
			if !r.grants(a) {
				continue roles
			}
		}
		found = append(found, candidate{r, s.Power(r, used)})
	}
	if len(found) == 0 {
		return nil, false
	}
	best := slices.MinFunc(found, func(a, b candidate) int {
		builtIn := func(c candidate) int {
			if c.role.BuiltIn {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.power, b.power), cmp.Compare(builtIn(a), builtIn(b)), strings.Compare(a.role.Name, b.role.Name), strings.Compare(a.role.Key, b.role.Key))
	})
	if current != nil && best.power >= s.Power(current, used) {
		return nil, false
	}
	return best.role, true
}

// readOf returns the action that reads a resource of the type which an action is
// of: namespace/type/…/write and namespace/type/…/verb/action.
func readOf(action string) string {
	parts := strings.Split(action, "/")
	last := len(parts) - 1
	if parts[last] == "action" {
		last--
	}
	if last < 2 {
		return ""
	}
	return strings.Join(parts[:last], "/") + "/read"
}
