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

// Match tells whether an action in lower case matches. Where the action has wildcards
// itself, it tells whether all that it stands for does: a wildcard there is like a
// letter that no pattern has.
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

// Overlaps tells whether some action matches both the pattern and an asked one in
// lower case, which may have wildcards.
func (p Pattern) Overlaps(asked string) bool {
	if !wild(asked) {
		return p.Match(asked)
	}
	text := strings.Join(p.parts, "*")
	// reach[j]: what was gone through of the pattern and the first j letters of the
	// asked one can stand for the same text.
	reach := make([]bool, len(asked)+1)
	next := make([]bool, len(asked)+1)
	reach[0] = true
	for j := 0; j < len(asked) && asked[j] == '*'; j++ {
		reach[j+1] = true
	}
	for i := range len(text) {
		clear(next)
		for j := range reach {
			switch {
			case text[i] == '*':
				next[j] = reach[j] || j > 0 && next[j-1]
			case j > 0 && asked[j-1] == '*':
				next[j] = reach[j] || next[j-1]
			case j > 0 && asked[j-1] == text[i]:
				next[j] = reach[j-1]
			}
		}
		reach, next = next, reach
	}
	return reach[len(asked)]
}

func wild(action string) bool { return strings.IndexByte(action, '*') >= 0 }

func anyOverlap(ps []Pattern, asked string) bool {
	for i := range ps {
		if ps[i].Overlaps(asked) {
			return true
		}
	}
	return false
}

func anyMatch(ps []Pattern, action string) bool {
	for i := range ps {
		if ps[i].Match(action) {
			return true
		}
	}
	return false
}
