package exec

import (
	"errors"
	"fmt"
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// set is the first column of a table that an expression looks into.
type set struct {
	keys    map[string]struct{}
	needles []string
}

// prepare replaces what is computed once per run: toscalar() and in (table).
func (r *run) prepare(e plan.Expr) (plan.Expr, error) {
	var failed error
	out := plan.Map(e, func(x plan.Expr) plan.Expr {
		if failed != nil {
			return x
		}
		switch x := x.(type) {
		case *plan.Scalar:
			c, err := r.cell(x)
			if err != nil {
				failed = err
				return x
			}
			return c
		case *plan.InTable:
			c, err := r.inTable(x)
			if err != nil {
				failed = err
				return x
			}
			return c
		}
		return x
	})
	return out, failed
}

func (r *run) prepareAll(es []plan.Expr) ([]plan.Expr, error) {
	out := make([]plan.Expr, len(es))
	for i, e := range es {
		if e == nil {
			continue
		}
		p, err := r.prepare(e)
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

func (r *run) cell(s *plan.Scalar) (*plan.Const, error) {
	if c := r.cells[s]; c != nil {
		return c, nil
	}
	st, err := r.open(r.rewrite(s.Table))
	if err != nil {
		return nil, err
	}
	c := &plan.Const{T: s.T}
	for {
		b, err := st()
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		if b.Rows > 0 {
			c.Value = b.Cols[0].Get(0)
			break
		}
	}
	if s.T == types.String && c.Value.IsNull() {
		c.Value = value.String("")
	}
	if !dependsOnOuter(s.Table) {
		r.cells[s] = c
	}
	return c, nil
}

func (r *run) inTable(x *plan.InTable) (plan.Expr, error) {
	s := r.sets[x]
	fold := strings.HasSuffix(x.Op, "~")
	has := strings.HasPrefix(x.Op, "has_")
	if s == nil {
		l := r.lease()
		defer l.free()
		b, err := r.all(r.rewrite(x.Table), l)
		if err != nil {
			return nil, err
		}
		s = &set{keys: map[string]struct{}{}}
		if len(b.Cols) > 0 {
			s.fill(b.Cols[0], x.X.Type(), fold, has)
		}
		if !dependsOnOuter(x.Table) {
			if err := r.lasting().hold(s.size()); err != nil {
				return nil, err
			}
			r.sets[x] = s
		}
	}
	k := fn.Membership(s.keys, fold, !strings.HasPrefix(x.Op, "!"))
	if has {
		k = fn.HasConst(s.needles, x.Op == "has_all")
	}
	return &plan.Call{Name: x.Op, Eval: k, Args: []plan.Expr{x.X}, T: types.Bool}, nil
}

// size is about how many bytes the set takes.
func (s *set) size() (n int64) {
	for k := range s.keys {
		n += 40 + int64(len(k))
	}
	for _, k := range s.needles {
		n += 16 + int64(len(k))
	}
	return n
}

func (s *set) fill(col *vec.Vec, t types.Type, fold, has bool) {
	add := func(v value.Value, from types.Type) {
		if v.IsNull() {
			return
		}
		if has {
			s.needles = append(s.needles, value.Text(v, from == types.Dynamic))
			return
		}
		if key, ok := fn.ListKey(t, from, v, fold); ok {
			s.keys[key] = struct{}{}
		}
	}
	for i := range col.Len() {
		v := col.Get(i)
		if items := v.Items(); items != nil {
			for _, it := range items {
				add(it, types.Dynamic)
			}
			continue
		}
		add(v, col.Type)
	}
}

// eval computes a prepared expression over a batch.
func (r *run) eval(e plan.Expr, b *vec.Batch) (*vec.Vec, error) { return evalIn(r.fn, e, b) }

func evalIn(c *fn.Ctx, e plan.Expr, b *vec.Batch) (*vec.Vec, error) {
	switch e := e.(type) {
	case *plan.Col:
		return b.Cols[e.Index], nil
	case *plan.Const:
		return vec.Repeat(e.T, e.Value, b.Rows), nil
	case *plan.Cast:
		v, err := evalIn(c, e.X, b)
		if err != nil {
			return nil, err
		}
		if v.Type != types.Dynamic && e.T != types.Dynamic {
			return fn.ConvertVec(v, e.T), nil
		}
		convert := func(x *fn.Call) (*vec.Vec, error) { return fn.ConvertVec(x.Args[0], e.T), nil }
		return compute("to"+e.T.String(), convert, &fn.Call{Ctx: c, Args: []*vec.Vec{v}, Out: e.T, N: b.Rows})
	case *plan.Call:
		args := make([]*vec.Vec, len(e.Args))
		for i, a := range e.Args {
			v, err := evalIn(c, a, b)
			if err != nil {
				return nil, err
			}
			args[i] = v
		}
		x := &fn.Call{Ctx: c, Args: args, Out: e.T, N: b.Rows}
		if e.Window {
			return e.Eval(x)
		}
		return compute(e.Name, e.Eval, x)
	}
	return nil, fmt.Errorf("internal: cannot compute %T", e)
}

// compute calls a function; too large values are the query's lack of memory.
func compute(name string, k fn.Kernel, c *fn.Call) (*vec.Vec, error) {
	v, err := fn.Compute(k, c)
	if errors.Is(err, fn.ErrTooLong) {
		return nil, fmt.Errorf("%w: %s() builds values of more than %d MiB", ErrMemory, name, c.Ctx.MaxBuilt>>20)
	}
	return v, err
}

func (r *run) evalAll(es []plan.Expr, b *vec.Batch) ([]*vec.Vec, error) {
	out := make([]*vec.Vec, len(es))
	for i, e := range es {
		v, err := r.eval(e, b)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// hasWindow tells whether any expression looks at other rows.
func hasWindow(es ...plan.Expr) bool {
	found := false
	for _, e := range es {
		plan.Walk(e, func(x plan.Expr) {
			if c, ok := x.(*plan.Call); ok && c.Window {
				found = true
			}
		})
	}
	return found
}

// truths returns the rows for which a bool column is true.
func truths(v *vec.Vec, n int) []int32 {
	if v.Const {
		if n == 0 || !v.True(0) {
			return nil
		}
		idx := make([]int32, n)
		for i := range idx {
			idx[i] = int32(i)
		}
		return idx
	}
	idx := make([]int32, 0, n)
	if v.Null == nil {
		for i, t := range v.Bools {
			if t {
				idx = append(idx, int32(i))
			}
		}
		return idx
	}
	for i, t := range v.Bools {
		if t && !v.Null[i] {
			idx = append(idx, int32(i))
		}
	}
	return idx
}
