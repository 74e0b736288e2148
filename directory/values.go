package directory

import (
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/jsondoc"
)

// ParseTime reads a time as Graph ("2026-01-02T03:04:05.1234567Z") or PowerShell
// ("/Date(1618315427741)/") writes it. The second result tells whether it is one;
// Graph's year 1 counts as none.
func ParseTime(s string) (time.Time, bool) {
	if rest, ok := strings.CutPrefix(s, "/Date("); ok {
		digits, _, ok := strings.Cut(rest, ")/")
		if !ok {
			return time.Time{}, false
		}
		if i := strings.LastIndexAny(digits, "+-"); i > 0 { // an offset does not change the instant
			digits = digits[:i]
		}
		ms, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || ms > 253402300799999 || ms < -62135596800000 {
			return time.Time{}, false
		}
		return time.UnixMilli(ms).UTC(), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.9999999", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), t.Year() > 1
		}
	}
	return time.Time{}, false
}

func timeOf(v jsondoc.Value) time.Time {
	t, ok := ParseTime(v.TextOr(""))
	if !ok {
		return time.Time{}
	}
	return t
}

// triOf reads a boolean, also as PowerShell's and CSV's strings.
func triOf(v jsondoc.Value) Tri {
	if b, ok := v.Bool(); ok {
		return TriOf(b)
	}
	switch fold(v.TextOr("")) {
	case "true":
		return True
	case "false":
		return False
	}
	return Unknown
}

// text returns the first non-empty string member of the names.
func text(v jsondoc.Value, names ...string) string {
	for _, n := range names {
		if s, ok := v.Get(n).Text(); ok && s != "" {
			return s
		}
	}
	return ""
}

// ids reads a list of ids, given as strings or as objects with an id.
func ids(v jsondoc.Value) ([]string, bool) {
	if s, ok := v.Text(); ok {
		if s == "" {
			return nil, true
		}
		return []string{s}, true
	}
	if v.Kind() != jsondoc.Array {
		return nil, false
	}
	var out []string
	for _, e := range v.Elements() {
		if s, ok := e.Text(); ok {
			out = append(out, s)
			continue
		}
		if s := text(e, "id", "objectId", "groupId", "roleTemplateId", "roleDefinitionId"); s != "" {
			out = append(out, s)
			continue
		}
		if s := text(e.Get("member"), "id"); s != "" {
			out = append(out, s)
		}
	}
	return out, true
}
