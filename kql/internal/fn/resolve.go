package fn

import (
	"fmt"
	"strings"

	"github.com/azward/azward/kql/internal/types"
)

// Overload is a function chosen for arguments of certain types.
type Overload struct {
	Func *Func
	Eval Kernel
	To   []types.Type // convert argument i to this type first (None: leave it)
	Out  types.Type

	sig *Signature
}

// ConstOnly returns the name of parameter i where it takes constants only,
// "" where it takes any value.
func (o Overload) ConstOnly(i int) string {
	if o.sig != nil {
		if p := o.sig.param(i); p != nil && p.Const {
			return p.Name
		}
	}
	return ""
}

// Resolve picks the overload of f for arguments of the given types: the one
// that converts least, the first of those that convert the same. The error says
// what is wrong with the arguments, for the user.
func (t *Table) Resolve(f *Func, args []types.Type) (Overload, error) {
	if f.Most > 0 && len(args) > f.Most {
		return Overload{}, fmt.Errorf("%s() takes at most %d arguments, not %d", f.Name, f.Most, len(args))
	}
	best, bestCost := -1, 0
	var bestTo []types.Type
	sigs := t.sigs[f]
	for i := range sigs {
		to, cost, ok := sigs[i].Match(args)
		if ok && (best < 0 || cost < bestCost) {
			best, bestCost, bestTo = i, cost, to
		}
	}
	if best < 0 {
		return Overload{}, mismatch(f.Name, sigs, args)
	}
	return Overload{Func: f, Eval: f.Sigs[best].Eval, To: bestTo, Out: sigs[best].Result(args), sig: &sigs[best]}, nil
}

// mismatch explains why no signature fits.
func mismatch(name string, sigs []Signature, args []types.Type) error {
	lo, hi := 1<<30, 0
	for _, s := range sigs {
		n, m := 0, len(s.Params)
		for i, p := range s.Params {
			if !p.Opt && !(p.Rest && i > 0) {
				n++
			}
			if p.Rest {
				m = 1 << 20
			}
		}
		lo, hi = min(lo, n), max(hi, m)
	}
	switch {
	case len(args) < lo || len(args) > hi:
		want := fmt.Sprint(lo)
		if hi >= 1<<20 {
			want = fmt.Sprintf("at least %d", lo)
		} else if hi != lo {
			want = fmt.Sprintf("%d to %d", lo, hi)
		}
		return fmt.Errorf("%s() takes %s argument(s), not %d", name, want, len(args))
	case len(sigs) == 1:
		for i, a := range args {
			if p := sigs[0].param(i); p != nil {
				if _, c := p.accept(a); c < 0 {
					return fmt.Errorf("%s(): argument %d (%s) cannot be of type %s", name, i+1, p.Name, a)
				}
			}
		}
	}
	return fmt.Errorf("%s() has no form for arguments of type %s", name, typeList(args))
}

func typeList(args []types.Type) string {
	names := make([]string, len(args))
	for i, a := range args {
		names[i] = a.String()
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// ResolveAgg finds the signature of an aggregate for arguments of the given
// types (the predicate of a conditional variant left out): the types to
// convert them to and the type of the result.
func (t *Table) ResolveAgg(a *Agg, args []types.Type) (to []types.Type, out types.Type, err error) {
	sigs := t.aggSigs[a]
	best, bestCost := -1, 0
	for i := range sigs {
		conv, cost, ok := sigs[i].Match(args)
		if ok && (best < 0 || cost < bestCost) {
			best, bestCost, to = i, cost, conv
		}
	}
	if best < 0 {
		return nil, types.None, mismatch(a.Name, sigs, args)
	}
	return to, sigs[best].Result(args), nil
}
