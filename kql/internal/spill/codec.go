package spill

import (
	"encoding/binary"
	"errors"
	"math"
	"unsafe"

	"github.com/cockroachdb/apd/v3"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// A batch is the number of its rows, the number of its columns, and the columns.
// A column is a byte for its type, a byte of flags, the nulls as bits where it
// has any, and its values: integers as distances from the smallest in as few
// bytes as the largest needs; strings as their lengths and then their bytes.
const (
	flagConst = 1 << iota
	flagNulls
)

// limits of what Decode takes: no writer here goes near them.
const (
	maxRows  = 1 << 22
	maxCols  = 1 << 16
	maxDepth = 1 << 14
)

var errDamaged = errors.New("the rows on disk are damaged")

// Append appends a batch in the form that Decode reads.
func Append(dst []byte, b *vec.Batch) []byte {
	dst = binary.AppendUvarint(dst, uint64(b.Rows))
	dst = binary.AppendUvarint(dst, uint64(len(b.Cols)))
	for _, c := range b.Cols {
		dst = appendColumn(dst, c, b.Rows)
	}
	return dst
}

func appendColumn(dst []byte, v *vec.Vec, rows int) []byte {
	n := rows
	flags := byte(0)
	if v.Const {
		n = min(1, rows)
		flags |= flagConst
	}
	if v.Null != nil {
		flags |= flagNulls
	}
	dst = append(dst, byte(v.Type), flags)
	if v.Null != nil {
		dst = appendBits(dst, v.Null[:n])
	}
	switch v.Type {
	case types.Bool:
		dst = appendBits(dst, v.Bools[:n])
	case types.Int, types.Long, types.DateTime, types.TimeSpan:
		dst = appendInts(dst, v.Ints[:n])
	case types.Real:
		for _, f := range v.Reals[:n] {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(f))
		}
	case types.String:
		for i, s := range v.Strs[:n] {
			again := uint64(0)
			if i > 0 && same(s, v.Strs[i-1]) {
				again = 1
			}
			dst = binary.AppendUvarint(dst, uint64(len(s))<<1|again)
		}
		for i, s := range v.Strs[:n] {
			if i == 0 || !same(s, v.Strs[i-1]) {
				dst = append(dst, s...)
			}
		}
	case types.GUID:
		for i := range n {
			dst = append(dst, v.GUIDs[i][:]...)
		}
	case types.Decimal:
		for _, d := range v.Decs[:n] {
			dst = appendDecimal(dst, d)
		}
	default:
		dst = appendDynamics(dst, v.Dyns[:n])
	}
	return dst
}

// same tells whether two texts are one in memory.
func same(a, b string) bool {
	return len(a) == len(b) && len(a) > 0 && unsafe.StringData(a) == unsafe.StringData(b)
}

// kindAgain marks an array or bag that an earlier row of the column has too:
// mv-expand lets many rows share a large one.
const kindAgain = 0xfe

func appendDynamics(dst []byte, vals []value.Value) []byte {
	known := map[any]int{}
	for i, x := range vals {
		id := value.Identity(x)
		if id.At == nil {
			dst = appendValue(dst, x)
			continue
		}
		if at, ok := known[id]; ok {
			dst = binary.AppendUvarint(append(dst, kindAgain), uint64(at))
			continue
		}
		known[id] = i
		dst = appendValue(dst, x)
	}
	return dst
}

func appendBits(dst []byte, s []bool) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, (len(s)+7)/8)...)
	for i, b := range s {
		if b {
			dst[at+i/8] |= 1 << (i % 8)
		}
	}
	return dst
}

func appendInts(dst []byte, s []int64) []byte {
	if len(s) == 0 {
		return append(dst, 0)
	}
	low, high := s[0], s[0]
	for _, x := range s {
		low, high = min(low, x), max(high, x)
	}
	width := byte(0)
	for d := uint64(high) - uint64(low); d > 0; d >>= 8 {
		width++
	}
	dst = append(dst, width)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(low))
	for _, x := range s {
		d := uint64(x) - uint64(low)
		switch width {
		case 0:
		case 8:
			dst = binary.LittleEndian.AppendUint64(dst, d)
		default:
			for range width {
				dst = append(dst, byte(d))
				d >>= 8
			}
		}
	}
	return dst
}

func appendDecimal(dst []byte, d *types.Dec) []byte {
	if d == nil { // of a null
		return append(dst, 0xff)
	}
	flags := byte(d.Form) << 1
	if d.Negative {
		flags |= 1
	}
	dst = append(dst, flags)
	dst = binary.AppendVarint(dst, int64(d.Exponent))
	digits := d.Coeff.Bytes()
	dst = binary.AppendUvarint(dst, uint64(len(digits)))
	return append(dst, digits...)
}

func appendValue(dst []byte, v value.Value) []byte {
	dst = append(dst, byte(v.Kind()))
	switch v.Kind() {
	case value.KindNull:
	case value.KindBool:
		if v.IsTrue() {
			return append(dst, 1)
		}
		return append(dst, 0)
	case value.KindInt, value.KindLong, value.KindDateTime, value.KindTimeSpan:
		return binary.AppendVarint(dst, v.Int64())
	case value.KindReal:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float()))
	case value.KindString:
		return appendText(dst, v.Str())
	case value.KindDecimal:
		return appendDecimal(dst, v.Dec())
	case value.KindGUID:
		g := v.UUID()
		return append(dst, g[:]...)
	case value.KindArray:
		dst = binary.AppendUvarint(dst, uint64(len(v.Items())))
		for _, x := range v.Items() {
			dst = appendValue(dst, x)
		}
	case value.KindBag:
		b := v.Bag()
		dst = binary.AppendUvarint(dst, uint64(b.Len()))
		for i := range b.Len() {
			k, x := b.At(i)
			dst = appendValue(appendText(dst, k), x)
		}
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// Decode reads a batch that Append wrote; it keeps nothing of data.
func Decode(data []byte) (*vec.Batch, error) {
	d := &decoder{in: data}
	rows, cols := d.count(maxRows), d.count(maxCols)
	if d.bad || cols > len(d.in) {
		return nil, errDamaged
	}
	out := make([]*vec.Vec, cols)
	for i := range out {
		if out[i] = d.column(rows); d.bad {
			return nil, errDamaged
		}
	}
	if len(d.in) > 0 {
		return nil, errDamaged
	}
	return vec.NewBatch(out, rows), nil
}

// decoder reads from in; bad says that something did not fit.
type decoder struct {
	in  []byte
	bad bool
}

func (d *decoder) take(n int) []byte {
	if n < 0 || n > len(d.in) {
		d.bad = true
		d.in = nil
		return nil
	}
	b := d.in[:n]
	d.in = d.in[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) count(most int) int {
	u, n := binary.Uvarint(d.in)
	if n <= 0 || most < 0 || u > uint64(most) {
		d.bad = true
		return 0
	}
	d.in = d.in[n:]
	return int(u)
}

func (d *decoder) signed() int64 {
	i, n := binary.Varint(d.in)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.in = d.in[n:]
	return i
}

func (d *decoder) word() uint64 {
	if b := d.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) bits(n int) []bool {
	b := d.take((n + 7) / 8)
	if b == nil && n > 0 {
		return nil
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = b[i/8]&(1<<(i%8)) != 0
	}
	return out
}

func (d *decoder) column(rows int) *vec.Vec {
	t, flags := types.Type(d.byte()), d.byte()
	n := rows
	if flags&flagConst != 0 {
		n = min(1, rows)
	}
	var null []bool
	if flags&flagNulls != 0 {
		null = d.bits(n)
	}
	// Every value but a bool and an integer takes a byte at least.
	if d.bad || t != types.Bool && !integral(t) && n > len(d.in) {
		d.bad = true
		return nil
	}
	var v *vec.Vec
	switch t {
	case types.Bool:
		v = vec.OfBools(d.bits(n))
	case types.Int, types.Long, types.DateTime, types.TimeSpan:
		v = vec.OfInts(t, d.ints(n))
	default:
		v = vec.New(t, n)
		d.values(v, n)
	}
	if d.bad {
		return nil
	}
	v.Null = null
	if flags&flagConst != 0 {
		v.Const = true
		v = v.WithLen(rows)
	}
	return v
}

func integral(t types.Type) bool {
	return t == types.Int || t == types.Long || t == types.DateTime || t == types.TimeSpan
}

func (d *decoder) ints(n int) []int64 {
	width := int(d.byte())
	if n == 0 {
		return []int64{}
	}
	low := d.word()
	if width > 8 || width*n > len(d.in) {
		d.bad = true
		return nil
	}
	raw := d.take(width * n)
	out := make([]int64, n)
	for i := range out {
		switch width {
		case 0:
			out[i] = int64(low)
		case 8:
			out[i] = int64(low + binary.LittleEndian.Uint64(raw[8*i:]))
		default:
			x := uint64(0)
			for k := width - 1; k >= 0; k-- {
				x = x<<8 | uint64(raw[width*i+k])
			}
			out[i] = int64(low + x)
		}
	}
	return out
}

// values fills a column of a type that is neither bool nor integral.
func (d *decoder) values(v *vec.Vec, n int) {
	switch v.Type {
	case types.Real:
		for i := range n {
			v.Reals[i] = math.Float64frombits(d.word())
		}
	case types.String:
		sizes := make([]int, n)
		total := 0
		for i := range sizes {
			if sizes[i] = d.count(math.MaxInt32); sizes[i]&1 == 0 {
				total += sizes[i] >> 1
			} else if i == 0 {
				d.bad = true
			}
		}
		all := string(d.take(total)) // one block for all of them
		if d.bad {
			return
		}
		for i, size := range sizes {
			if size&1 != 0 {
				v.Strs[i] = v.Strs[i-1]
				continue
			}
			v.Strs[i], all = all[:size>>1], all[size>>1:]
		}
	case types.GUID:
		for i := range n {
			copy(v.GUIDs[i][:], d.take(16))
		}
	case types.Decimal:
		for i := range n {
			v.Decs[i] = d.decimal()
		}
	default:
		for i := range n {
			if len(d.in) > 0 && d.in[0] == kindAgain {
				d.byte()
				at := d.count(i - 1)
				if d.bad {
					return
				}
				v.Dyns[i] = v.Dyns[at]
				continue
			}
			if v.Dyns[i] = d.value(0); d.bad {
				return
			}
		}
	}
}

func (d *decoder) decimal() *types.Dec {
	flags := d.byte()
	if flags == 0xff {
		return nil
	}
	out := &types.Dec{Form: apd.Form(flags >> 1), Negative: flags&1 != 0}
	e := d.signed()
	if e > math.MaxInt32 || e < math.MinInt32 || out.Form > apd.NaN {
		d.bad = true
		return nil
	}
	out.Exponent = int32(e)
	out.Coeff.SetBytes(d.take(d.count(1 << 16)))
	return out
}

func (d *decoder) value(depth int) value.Value {
	kind := value.Kind(d.byte())
	if depth > maxDepth {
		d.bad = true
	}
	if d.bad {
		return value.Null
	}
	switch kind {
	case value.KindNull:
		return value.Null
	case value.KindBool:
		return value.Bool(d.byte() != 0)
	case value.KindInt:
		return value.Int(int32(d.signed()))
	case value.KindLong:
		return value.Long(d.signed())
	case value.KindDateTime:
		return value.DateTime(d.signed())
	case value.KindTimeSpan:
		return value.TimeSpan(d.signed())
	case value.KindReal:
		return value.Real(math.Float64frombits(d.word()))
	case value.KindString:
		return value.String(d.text())
	case value.KindDecimal:
		return value.Decimal(d.decimal())
	case value.KindGUID:
		var g types.UUID
		copy(g[:], d.take(16))
		return value.GUID(g)
	case value.KindArray:
		n := d.count(math.MaxInt32)
		if n > len(d.in) {
			d.bad = true
			return value.Null
		}
		items := make([]value.Value, 0, n)
		for range n {
			if items = append(items, d.value(depth+1)); d.bad {
				return value.Null
			}
		}
		return value.Array(items)
	case value.KindBag:
		n := d.count(math.MaxInt32)
		if n > len(d.in) {
			d.bad = true
			return value.Null
		}
		b := value.NewBag(n)
		for range n {
			k := d.text()
			if b.Set(k, d.value(depth+1)); d.bad {
				return value.Null
			}
		}
		return value.Object(b)
	}
	d.bad = true
	return value.Null
}

func (d *decoder) text() string { return string(d.take(d.count(math.MaxInt32))) }
