package fn

import (
	"errors"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// ErrTooLong says that a function builds texts or dynamic values larger than any
// query may have.
var ErrTooLong = errors.New("the values that a function builds are too large")

// What functions read at a time and build.
const (
	// mostRead and leastRead bound what a function is given at a time where it is
	// given rows: what it makes of little is not too much.
	mostRead, leastRead = 16 << 20, 1 << 20
	// MaxFolded bounds what is computed before a query runs.
	MaxFolded = 32 << 20
	// maxBuilt bounds what a function builds where the query has no bound.
	maxBuilt = 1 << 30
)

// limit bounds what a function may build.
func (c *Call) limit() int64 {
	if c.Ctx != nil && c.Ctx.MaxBuilt > 0 {
		return c.Ctx.MaxBuilt
	}
	return maxBuilt
}

// build counts what a kernel has built for one more row: of little it may make
// much. Now and then it looks whether the query is over.
func (c *Call) build(row int, v *value.Value) error {
	switch v.Kind() {
	case value.KindString, value.KindArray, value.KindBag:
		if c.made += value.Size(*v); c.made > c.limit() && c.made > 2*c.held {
			return ErrTooLong
		}
	default: // numbers and times
	}
	if row&15 == 15 {
		return c.Alive()
	}
	return nil
}

// Compute calls a kernel. Long texts and large dynamic values are handed to it
// some rows at a time; where its results are larger than the context allows, and
// larger than the largest argument, the error is ErrTooLong. Kernels of window
// functions must be called otherwise: they see all rows at once.
func Compute(k Kernel, c *Call) (*vec.Vec, error) {
	limit := c.limit()
	read := min(max(limit/4, leastRead), mostRead)
	in, held := int64(0), int64(0) // held is what the largest argument takes: results may be parts of it
	for _, a := range c.Args {
		once, all := given(a, c.N)
		in, held = in+all, max(held, once)
	}
	if in <= read || c.N <= 1 {
		if c.N <= 1 && in > 4*limit {
			return nil, ErrTooLong
		}
		c.held = held
		v, err := k(c)
		if err != nil {
			return nil, err
		}
		if n := built(v, c.N); n > limit && n > held {
			return nil, ErrTooLong
		}
		return v, nil
	}
	var parts []*vec.Vec
	total := int64(0)
	each := max(1, int(int64(c.N)*read/in))
	for from := 0; from < c.N; from += each {
		to := min(from+each, c.N)
		args := make([]*vec.Vec, len(c.Args))
		for i, a := range c.Args {
			args[i] = a.Slice(from, to)
		}
		if err := c.Ctx.Alive(); err != nil {
			return nil, err
		}
		v, err := k(&Call{Ctx: c.Ctx, Args: args, Out: c.Out, N: to - from, held: held, made: total})
		if err != nil {
			return nil, err
		}
		if total += built(v, to-from); total > limit && total > held {
			return nil, ErrTooLong
		}
		parts = append(parts, v)
	}
	return vec.Concat(parts[0].Type, parts), nil
}

// given is about how many bytes an argument takes, and how many a function reads
// of it: of a constant text as often as there are rows, of a constant dynamic
// value less, for most look up something in it.
func given(v *vec.Vec, rows int) (once, all int64) {
	once = built(v, rows)
	switch {
	case !v.Const || once == 0:
		return once, once
	case v.Type == types.String:
		return once, once * int64(rows)
	default:
		return once, once * int64(1+rows/16)
	}
}

// built is about how many bytes texts and dynamic values take, each by itself.
func built(v *vec.Vec, rows int) int64 {
	if v.Const {
		rows = min(rows, 1)
	}
	n := int64(0)
	switch v.Type {
	case types.String:
		for _, s := range v.Strs[:rows] {
			n += int64(len(s))
		}
	case types.Dynamic:
		for _, x := range v.Dyns[:rows] {
			n += value.Size(x)
		}
	default: // numbers and times
	}
	return n
}
