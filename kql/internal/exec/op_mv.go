package exec

import (
	"math"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// elements returns what a value spreads into: an array's elements, a bag's
// properties one by one, anything else itself. An empty array gives nothing.
func elements(v value.Value, asArray bool) []value.Value {
	switch v.Kind() {
	case value.KindArray:
		return v.Items()
	case value.KindBag:
		b := v.Bag()
		out := make([]value.Value, b.Len())
		for i := range out {
			k, x := b.At(i)
			if asArray {
				out[i] = value.Array([]value.Value{value.String(k), x})
				continue
			}
			one := value.NewBag(1)
			one.Set(k, x)
			out[i] = value.Object(one)
		}
		return out
	default:
		return []value.Value{v}
	}
}

// expander spreads the rows of a batch, some at a time: a few rows with long
// arrays make very many.
type expander struct {
	n     *plan.MvExpand
	b     *vec.Batch
	src   []*vec.Vec
	limit int64
	row   int // that is spread now
	at    int // element that comes next
	lists [][]value.Value
	most  int // elements of the row, -1 where it is not read yet
}

func (r *run) expander(n *plan.MvExpand, exprs []plan.Expr, b *vec.Batch, limit int64) (*expander, error) {
	src, err := r.evalAll(exprs, b)
	if err != nil {
		return nil, err
	}
	return &expander{n: n, b: b, src: src, limit: limit, lists: make([][]value.Value, len(src)), most: -1}, nil
}

// next gives at most size rows, none at the end.
func (x *expander) next(size int) *vec.Batch {
	var from []int32
	var index []int64
	builders := make([]*vec.Builder, len(x.src))
	for k, it := range x.n.Items {
		builders[k] = vec.NewBuilder(it.Type, min(size, x.b.Rows))
	}
	for x.row < x.b.Rows && len(from) < size {
		if x.most < 0 {
			x.most, x.at = 0, 0
			for k, v := range x.src {
				x.lists[k] = elements(v.Get(x.row), x.n.Array)
				x.most = max(x.most, len(x.lists[k]))
			}
			if x.limit >= 0 && int64(x.most) > x.limit {
				x.most = int(x.limit)
			}
		}
		for ; x.at < x.most && len(from) < size; x.at++ {
			from, index = append(from, int32(x.row)), append(index, int64(x.at))
			for k, it := range x.n.Items {
				v := value.Null
				if x.at < len(x.lists[k]) {
					v = x.lists[k][x.at]
				}
				if it.Type != types.Dynamic {
					v = castElement(v, it.Type)
				}
				builders[k].Append(v)
			}
		}
		if x.at >= x.most {
			x.row++
			x.most = -1
		}
	}
	cols := make([]*vec.Vec, len(x.n.Columns()))
	for i, c := range x.b.Cols {
		cols[i] = c.Gather(from)
	}
	for k, it := range x.n.Items {
		cols[it.Column] = builders[k].Finish()
	}
	if x.n.Index >= 0 {
		cols[x.n.Index] = vec.OfInts(types.Long, index)
	}
	return vec.NewBatch(cols, len(from))
}

// castElement gives an element as a value of the type that "to typeof" asks
// for: a cast that reads no text, so that a text is no number and no bool, a
// number no datetime, and null comes of what does not fit
// (https://learn.microsoft.com/kusto/query/mv-expand-operator). Whole numbers
// are bools, and texts datetimes and guids, as a dynamic has them. A dynamic
// holds what JSON cannot write as texts: NaN and the infinities.
func castElement(v value.Value, t types.Type) value.Value {
	fits := true
	switch t {
	case types.Int, types.Long:
		fits = v.Numeric()
	case types.Real:
		fits = v.Numeric() || v.Kind() == value.KindString && notJSON[v.Str()]
	case types.Bool:
		fits = v.Kind() == value.KindBool || v.Kind() == value.KindInt || v.Kind() == value.KindLong
	case types.DateTime, types.GUID:
		fits = v.Type() == t || v.Kind() == value.KindString
	case types.TimeSpan, types.Decimal:
		fits = v.Type() == t
	default: // everything has a text
	}
	if !fits {
		return value.Null
	}
	return fn.Convert(v, types.Dynamic, t)
}

// notJSON are the reals that a dynamic holds as texts.
var notJSON = map[string]bool{"NaN": true, "Infinity": true, "-Infinity": true}

// only gives all rows that row i spreads into.
func (x *expander) only(i int) *vec.Batch {
	one := *x
	b := *x.b
	b.Rows = i + 1
	one.b, one.row, one.most = &b, i, -1
	return one.next(math.MaxInt32)
}

// maxExpand is how many rows mv-expand gives at once.
const maxExpand = 1 << 14

func itemExprs(n *plan.MvExpand) []plan.Expr {
	out := make([]plan.Expr, len(n.Items))
	for i, it := range n.Items {
		out[i] = it.Expr
	}
	return out
}

func (r *run) limit(e plan.Expr) (int64, error) {
	if e == nil {
		return -1, nil
	}
	return r.count(e)
}

func (r *run) mvExpand(n *plan.MvExpand) (stream, error) {
	exprs, err := r.prepareAll(itemExprs(n))
	if err != nil {
		return nil, err
	}
	limit, err := r.limit(n.Limit)
	if err != nil {
		return nil, err
	}
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	var x *expander
	size := max(r.size, maxExpand)
	return func() (*vec.Batch, error) {
		for {
			if x == nil {
				b, err := in()
				if err != nil || b == nil {
					return nil, err
				}
				if x, err = r.expander(n, exprs, b, limit); err != nil {
					return nil, err
				}
			}
			out := x.next(size)
			if err := r.check(); err != nil {
				return nil, err
			}
			if out.Rows > 0 {
				return out, nil
			}
			x = nil
		}
	}, nil
}

// outerOf finds the Outer at the bottom of a subquery.
func outerOf(n plan.Node) (found *plan.Outer) {
	plan.Any(n, func(n plan.Node) bool {
		o, ok := n.(*plan.Outer)
		if ok {
			found = o
		}
		return ok
	})
	return found
}

func (r *run) mvApply(n *plan.MvApply) (stream, error) {
	exprs, err := r.prepareAll(itemExprs(n.Expand))
	if err != nil {
		return nil, err
	}
	limit, err := r.limit(n.Expand.Limit)
	if err != nil {
		return nil, err
	}
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	outer := outerOf(n.Sub)
	return func() (*vec.Batch, error) {
		b, err := in()
		if err != nil || b == nil {
			return nil, err
		}
		x, err := r.expander(n.Expand, exprs, b, limit)
		if err != nil {
			return nil, err
		}
		l := r.lease()
		defer l.free()
		var parts []*vec.Batch
		var origin []int32
		for i := range b.Rows {
			piece := x.only(i)
			if outer != nil {
				r.outer[outer] = piece
			}
			out, err := r.inner(n.Sub, l)
			if err != nil {
				return nil, err
			}
			if out.Rows == 0 {
				continue
			}
			parts = append(parts, out)
			for range out.Rows {
				origin = append(origin, int32(i))
			}
			if err := r.check(); err != nil {
				return nil, err
			}
		}
		sub := vec.ConcatBatches(protos(n.Sub.Columns()), parts)
		cols := make([]*vec.Vec, 0, len(n.Columns()))
		for _, k := range n.Keep {
			cols = append(cols, b.Cols[k].Gather(origin))
		}
		return vec.NewBatch(append(cols, sub.Cols...), len(origin)), nil
	}, nil
}
