package cases

import (
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/jsondoc"
)

// Events are the rows of the test's tables, in the order in which they are
// written, each with its time.
func (t *Test) Events() []Table {
	out := make([]Table, 0, len(t.tables))
	for _, tab := range t.tables {
		to := Table{Name: tab.name}
		for _, r := range tab.rows {
			at := r.at
			if at.IsZero() {
				at = t.Now.Add(-r.before)
			}
			v := r.value.With(timeMember, jsondoc.NewString(at.Format(time.RFC3339Nano)))
			numbered := r.value.String()
			if r.repeat > 1 && strings.Contains(numbered, "{n}") {
				for n := 1; n <= r.repeat; n++ {
					to.Rows = append(to.Rows, replaced(v, strconv.Itoa(n)))
				}
				continue
			}
			for range r.repeat {
				to.Rows = append(to.Rows, v)
			}
		}
		out = append(out, to)
	}
	return out
}

// replaced puts a number where texts of a value have {n}.
func replaced(v jsondoc.Value, n string) jsondoc.Value {
	switch v.Kind() {
	case jsondoc.String:
		if s := v.TextOr(""); strings.Contains(s, "{n}") {
			return jsondoc.NewString(strings.ReplaceAll(s, "{n}", n))
		}
	case jsondoc.Object:
		for name, m := range v.Members() {
			v = v.With(name, replaced(m, n))
		}
	case jsondoc.Array:
		list := make([]jsondoc.Value, 0, v.Len())
		for _, e := range v.Elements() {
			list = append(list, replaced(e, n))
		}
		return jsondoc.NewArray(list...)
	default:
	}
	return v
}
