package value

import "sort"

// AppendKey appends to dst bytes that are the same for two values exactly where
// Equal holds (numbers of different kinds may differ in the last digits of a
// long beyond 2^53 only).
func AppendKey(dst []byte, v Value) []byte {
	switch v.kind {
	case KindInt, KindLong:
		return AppendJSON(append(dst, 'n'), Long(v.Int64()))
	case KindReal:
		f := v.Float()
		if i := int64(f); float64(i) == f && f < 1<<62 && f > -(1<<62) {
			return AppendJSON(append(dst, 'n'), Long(i))
		}
		return AppendReal(append(dst, 'n'), f)
	case KindArray:
		dst = append(dst, '[')
		for _, e := range v.Items() {
			dst = append(AppendKey(dst, e), ',')
		}
		return append(dst, ']')
	case KindBag:
		b := v.Bag()
		order := make([]int, b.Len())
		for i := range order {
			order[i] = i
		}
		sort.Slice(order, func(i, j int) bool { return b.keys[order[i]] < b.keys[order[j]] })
		dst = append(dst, '{')
		for _, i := range order {
			dst = appendQuoted(dst, b.keys[i])
			dst = append(AppendKey(append(dst, ':'), b.vals[i]), ',')
		}
		return append(dst, '}')
	default:
		return AppendJSON(append(dst, byte('A'+v.kind)), v)
	}
}
