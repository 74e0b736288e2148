package vec

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// Pick returns rows of several columns of one type, none of them constant: row
// k of the result is row[k] of parts[which[k]].
func Pick(parts []*Vec, which, row []int32) *Vec {
	c := New(parts[0].Type, len(row))
	switch c.Type {
	case types.Bool:
		pick(c.Bools, parts, which, row, func(v *Vec) []bool { return v.Bools })
	case types.Int, types.Long, types.DateTime, types.TimeSpan:
		pick(c.Ints, parts, which, row, func(v *Vec) []int64 { return v.Ints })
	case types.Real:
		pick(c.Reals, parts, which, row, func(v *Vec) []float64 { return v.Reals })
	case types.String:
		pick(c.Strs, parts, which, row, func(v *Vec) []string { return v.Strs })
	case types.Decimal:
		pick(c.Decs, parts, which, row, func(v *Vec) []*types.Dec { return v.Decs })
	case types.GUID:
		pick(c.GUIDs, parts, which, row, func(v *Vec) []types.UUID { return v.GUIDs })
	default:
		pick(c.Dyns, parts, which, row, func(v *Vec) []value.Value { return v.Dyns })
	}
	for _, p := range parts {
		if p.Null == nil {
			continue
		}
		c.Null = make([]bool, len(row))
		for k, w := range which {
			n := parts[w].Null
			c.Null[k] = n != nil && n[row[k]]
		}
		break
	}
	return c
}

func pick[T any](out []T, parts []*Vec, which, row []int32, of func(*Vec) []T) {
	from := make([][]T, len(parts))
	for i, p := range parts {
		from[i] = of(p)
	}
	for k, w := range which {
		out[k] = from[w][row[k]]
	}
}
