package spill

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// memory is an area in memory.
type memory struct {
	open int
	room int // bytes that files may take, -1 all
}

var errFull = errors.New("no room")

type memoryFile struct {
	bytes.Buffer
	m *memory
}

func (m *memory) Create() (File, error) {
	m.open++
	return &memoryFile{m: m}, nil
}

func (f *memoryFile) Write(p []byte) (int, error) {
	if f.m.room >= 0 && f.Len()+len(p) > f.m.room {
		return 0, errFull
	}
	return f.Buffer.Write(p)
}

func (f *memoryFile) ReadAt(p []byte, off int64) (int, error) {
	return copy(p, f.Bytes()[off:]), nil
}

func (f *memoryFile) Close() error {
	f.m.open--
	return nil
}

var allTypes = []types.Type{types.Bool, types.Int, types.Long, types.DateTime, types.TimeSpan, types.Real, types.String, types.Decimal, types.GUID, types.Dynamic}

func randomValue(r *rand.Rand, t types.Type, depth int) value.Value {
	if r.IntN(8) == 0 {
		return value.Null
	}
	switch t {
	case types.Bool:
		return value.Bool(r.IntN(2) == 0)
	case types.Int:
		return value.Int(int32(r.Uint32()))
	case types.Long:
		return value.Long(int64(r.Uint64() >> r.IntN(64)))
	case types.DateTime:
		return value.DateTime(r.Int64N(3155378975999999999))
	case types.TimeSpan:
		return value.TimeSpan(int64(r.Uint64()))
	case types.Real:
		return value.Real([]float64{0, math.Copysign(0, -1), 1.5, math.NaN(), math.Inf(1), -1e300, r.Float64()}[r.IntN(7)])
	case types.String:
		return value.String([]string{"", "a", "ä\x00\xff", "a longer text with words", fmt.Sprint(r.Int64())}[r.IntN(5)])
	case types.Decimal:
		d, _ := types.ParseDecimal(fmt.Sprintf("%d.%03d0", r.Int64N(1e15)-5e14, r.IntN(1000)))
		return value.Decimal(d)
	case types.GUID:
		var g types.UUID
		for i := range g {
			g[i] = byte(r.Uint32())
		}
		return value.GUID(g)
	default:
	}
	if depth > 3 {
		return value.Null
	}
	switch r.IntN(3) {
	case 0:
		items := make([]value.Value, r.IntN(4))
		for i := range items {
			items[i] = randomValue(r, types.Dynamic, depth+1)
		}
		return value.Array(items)
	case 1:
		b := value.NewBag(0)
		for range r.IntN(20) {
			b.Set(fmt.Sprint("key", r.IntN(30)), randomValue(r, types.Dynamic, depth+1))
		}
		return value.Object(b)
	}
	return randomValue(r, allTypes[r.IntN(len(allTypes)-1)], depth+1)
}

func randomBatch(r *rand.Rand, rows int) *vec.Batch {
	cols := make([]*vec.Vec, 0, len(allTypes)+1)
	for _, t := range allTypes {
		if r.IntN(6) == 0 {
			cols = append(cols, vec.Repeat(t, randomValue(r, t, 0), rows))
			continue
		}
		b := vec.NewBuilder(t, rows)
		for range rows {
			b.Append(randomValue(r, t, 0))
		}
		cols = append(cols, b.Finish())
	}
	return vec.NewBatch(cols, rows)
}

// text prints a batch with the kinds of its values and every bit of its reals.
func text(b *vec.Batch) string {
	var s bytes.Buffer
	for i := range b.Rows {
		for _, c := range b.Cols {
			s.WriteString(c.Type.String())
			s.Write(appendValue(nil, c.Get(i)))
		}
		s.WriteByte('\n')
	}
	return s.String()
}

func TestBatchesComeBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		b := randomBatch(r, 1+r.IntN(40))
		from := r.IntN(b.Rows)
		b = b.Slice(from, b.Rows)
		back, err := Decode(Append(nil, b))
		if err != nil {
			t.Fatal(err)
		}
		if text(back) != text(b) {
			t.Fatalf("got\n%q\nwant\n%q", text(back), text(b))
		}
	}
}

func TestDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	data := Append(nil, randomBatch(r, 9))
	for i := range data {
		if _, err := Decode(data[:i]); err == nil {
			t.Fatalf("%d of %d bytes were taken for a batch", i, len(data))
		}
	}
}

// FuzzDecode: bytes are a batch or damaged, and a batch is written as it was read.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 4 {
		f.Add(Append(nil, randomBatch(r, 3)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		b, err := Decode(data)
		if err != nil || b.Rows > 1<<12 {
			return
		}
		back, err := Decode(Append(nil, b))
		if err != nil || text(back) != text(b) {
			t.Fatalf("%v\n%q\n%q", err, text(back), text(b))
		}
	})
}

func TestParts(t *testing.T) {
	for _, wait := range []int64{1, 2000, 1 << 20} {
		r := rand.New(rand.NewPCG(7, 8))
		area := &memory{room: -1}
		var stats Stats
		p := NewParts(area, &stats, 3, wait)
		var want [3]string
		for range 200 {
			b := randomBatch(r, 1+r.IntN(30))
			at := r.IntN(3)
			want[at] += text(b)
			if err := p.Add(at, b); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Done(); err != nil {
			t.Fatal(err)
		}
		for at := range want {
			for range 2 { // as often as one likes
				got, rows := "", 0
				next := p.Read(at)
				for {
					b, err := next()
					if err != nil {
						t.Fatal(err)
					}
					if b == nil {
						break
					}
					rows += b.Rows
					got += text(b)
				}
				if got != want[at] || rows != p.Rows(at) {
					t.Fatalf("partition %d: %d rows of %d", at, rows, p.Rows(at))
				}
			}
		}
		if err := p.Close(); err != nil || area.open != 0 || stats.Files.Load() != 1 || stats.Bytes.Load() == 0 {
			t.Errorf("%v, %d open, %d files", err, area.open, stats.Files.Load())
		}
		if err := p.Close(); err != nil || area.open != 0 {
			t.Error("closing again does something")
		}
	}
}

func TestNoRoom(t *testing.T) {
	area := &memory{room: 100_000}
	var stats Stats
	p := NewParts(area, &stats, 2, 1)
	r := rand.New(rand.NewPCG(9, 10))
	var err error
	for range 100 {
		if err = p.Add(1, randomBatch(r, 50)); err != nil {
			break
		}
	}
	if !errors.Is(err, errFull) || !errors.Is(err, ErrFile) {
		t.Errorf("got %v", err)
	}
	if err := p.Close(); err != nil || area.open != 0 {
		t.Errorf("%v, %d open", err, area.open)
	}
}

// TestSplit: equal keys go together, and the levels look at different bits.
func TestSplit(t *testing.T) {
	const n = 20_000
	ints := make([]int64, n)
	for i := range ints {
		ints[i] = int64(i % 5000)
	}
	v := vec.OfInts(types.Long, ints)
	h := Hashes(nil, []*vec.Vec{v}, n)
	withNull := vec.New(types.Long, 5000)
	copy(withNull.Ints, ints)
	withNull.SetNull(7)
	h2 := Hashes(nil, []*vec.Vec{withNull}, 5000)
	for i := range 5000 {
		if (h[i] == h2[i]) == (i == 7) || h[i] != h[i+5000] {
			t.Fatalf("row %d: %x %x %x", i, h[i], h2[i], h[i+5000])
		}
	}
	first := Split(h, 0)
	for _, idx := range first {
		if len(idx) < n/Fan/2 || len(idx) > n/Fan*2 {
			t.Errorf("%d rows of %d in one partition", len(idx), n)
		}
		sub := make([]uint64, len(idx))
		for k, i := range idx {
			sub[k] = h[i]
		}
		for _, again := range Split(sub, 1) {
			if len(again) > len(idx)/4 {
				t.Errorf("%d rows of %d in one partition of the next level", len(again), len(idx))
			}
		}
	}
}
