package access

import "strings"

// Pattern is an action of a role definition, with Azure's wildcard: `*` stands
// for any run of characters, slashes included, and letters match without
// regard to case. Source: "Understand Azure role definitions", Control and
// data actions.
type Pattern struct {
	text  string   // as written
	parts []string // lower case, split at the wildcards; one part: exact
}

// CompilePattern returns the pattern of an action string.
func CompilePattern(s string) Pattern {
	return Pattern{text: s, parts: strings.Split(strings.ToLower(s), "*")}
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Match tells whether an action in lower case matches.
func (p Pattern) Match(action string) bool {
	last := len(p.parts) - 1
	if last <= 0 {
		return p.parts != nil && p.parts[0] == action
	}
	if !strings.HasPrefix(action, p.parts[0]) {
		return false
	}
	action = action[len(p.parts[0]):]
	for _, part := range p.parts[1:last] {
		i := strings.Index(action, part)
		if i < 0 {
			return false
		}
		action = action[i+len(part):]
	}
	return strings.HasSuffix(action, p.parts[last])
}

func anyMatch(ps []Pattern, action string) bool {
	for i := range ps {
		if ps[i].Match(action) {
			return true
		}
	}
	return false
}
