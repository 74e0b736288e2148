package fn

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/azward/azward/kql/internal/types"
)

// Param is one parsed parameter of a signature.
type Param struct {
	Name string
	In   types.Set  // types taken as they are, or with To converted
	To   types.Type // for "text": convert to string whatever comes
	Opt  bool
	Rest bool
	// Const takes constants only.
	Const bool
}

// Signature is the parsed form of Sig.Text.
type Signature struct {
	Params []Param
	out    string
	outT   types.Type
}

var sets = map[string]types.Set{
	"scalar": types.Scalar, "any": types.Scalar,
	"number": types.Number, "integer": types.Whole,
	"summable":  types.Addable | types.SetOf(types.DateTime),
	"orderable": types.Ordered,
	"array":     types.SetOf(types.Dynamic), "bag": types.SetOf(types.Dynamic),
}

// ParseSig parses the text of a signature.
func ParseSig(text string) (Signature, error) {
	var s Signature
	inner, out, ok := strings.Cut(text, "):")
	if !ok || !strings.HasPrefix(inner, "(") {
		return s, fmt.Errorf("signature %q: want (params): result", text)
	}
	s.out = strings.TrimSpace(out)
	if t, ok := types.Parse(s.out); ok {
		s.outT = t
	} else if s.out != "widest" && !strings.HasPrefix(s.out, "common") && !strings.HasPrefix(s.out, "$") {
		return s, fmt.Errorf("signature %q: unknown result", text)
	}
	inner = strings.TrimSpace(inner[1:])
	if inner == "" {
		return s, nil
	}
	for part := range strings.SplitSeq(inner, ",") {
		name, kinds, ok := strings.Cut(part, ":")
		if !ok {
			return s, fmt.Errorf("signature %q: parameter %q", text, part)
		}
		p := Param{Name: strings.TrimSpace(name)}
		if n, ok := strings.CutPrefix(p.Name, "!"); ok {
			p.Name, p.Const = n, true
		}
		if n, ok := strings.CutSuffix(p.Name, "?"); ok {
			p.Name, p.Opt = n, true
		}
		if n, ok := strings.CutSuffix(p.Name, "..."); ok {
			p.Name, p.Rest = n, true
		}
		for kind := range strings.SplitSeq(kinds, "|") {
			kind = strings.TrimSpace(kind)
			if kind == "text" {
				p.In, p.To = p.In|types.Scalar, types.String
			} else if kind == "plaintext" {
				p.In, p.To = p.In|types.Scalar&^types.SetOf(types.Dynamic), types.String
			} else if set, ok := sets[kind]; ok {
				p.In |= set
			} else if t, ok := types.Parse(kind); ok {
				p.In |= types.SetOf(t)
			} else {
				return s, fmt.Errorf("signature %q: unknown type %q", text, kind)
			}
		}
		s.Params = append(s.Params, p)
	}
	return s, nil
}

// Match tries the arguments' types. It returns for each argument the type to
// convert it to first, and a cost; ok is false where the signature does not fit.
// None stands for an argument of unknown type and fits everywhere.
func (s *Signature) Match(args []types.Type) (to []types.Type, cost int, ok bool) {
	to = make([]types.Type, len(args))
	for i, a := range args {
		p := s.param(i)
		if p == nil {
			return nil, 0, false
		}
		switch t, c := p.accept(a); {
		case c < 0:
			return nil, 0, false
		default:
			to[i] = t
			cost += c
		}
	}
	for i := len(args); i < len(s.Params); i++ {
		if !s.Params[i].Opt && !(s.Params[i].Rest && i < len(args)+1 && i > 0) {
			return nil, 0, false
		}
	}
	return to, cost, true
}

func (s *Signature) param(i int) *Param {
	if i < len(s.Params) {
		return &s.Params[i]
	}
	if n := len(s.Params); n > 0 && s.Params[n-1].Rest {
		return &s.Params[n-1]
	}
	return nil
}

// accept returns the type that an argument of type a is converted to and what
// that costs: 0 as it is, 1 promoted, 4 the text of a dynamic; below 0: never.
// A dynamic is taken for its text, and for nothing else without a cast, as
// Kusto does.
func (p *Param) accept(a types.Type) (types.Type, int) {
	switch {
	case p.To != types.None && (a == types.None || p.In.Has(a)):
		return p.To, 0
	case p.In.Has(a):
		return a, 0
	case a == types.None:
		return a, 0
	}
	if a == types.Int || a == types.Long || a == types.Decimal {
		for i, t := range []types.Type{types.Long, types.Real, types.Decimal} {
			if p.In.Has(t) && t != a && !(a == types.Decimal && t == types.Long) {
				return t, 1 + i
			}
		}
	}
	if a == types.Dynamic && p.In == types.SetOf(types.String) {
		return types.String, 4
	}
	return types.None, -1
}

// Result returns the type of the result for arguments of the given types
// (before conversion).
func (s *Signature) Result(args []types.Type) types.Type {
	switch {
	case s.outT != types.None:
		return s.outT
	case s.out == "widest":
		t := types.None
		for _, a := range args {
			t = types.Wider(t, a)
		}
		if t == types.Int {
			t = types.Long
		}
		return t
	case strings.HasPrefix(s.out, "$"):
		i, _ := strconv.Atoi(s.out[1:])
		if i >= 1 && i <= len(args) {
			return args[i-1]
		}
		return types.Dynamic
	}
	from := 0
	if n, ok := strings.CutPrefix(s.out, "common("); ok {
		from, _ = strconv.Atoi(strings.TrimSuffix(n, ")"))
		from--
	}
	return Common(args[min(max(from, 0), len(args)):])
}

// Common returns the type that values of several types share in iff(), case(),
// coalesce() and their like: the widest number, or the one type there is;
// dynamic where they differ. Arguments of unknown type do not count.
func Common(ts []types.Type) types.Type {
	out := types.None
	for _, t := range ts {
		switch {
		case t == types.None || t == out:
		case out == types.None:
			out = t
		default:
			if out = types.Wider(out, t); out == types.None {
				return types.Dynamic
			}
		}
	}
	return out
}
