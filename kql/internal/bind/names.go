package bind

import (
	"strconv"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// autoName returns the name that Kusto gives a column computed by e, "" where
// it gives only a number (Column1).
func (b *binder) autoName(e syntax.Expr) string {
	switch e := e.(type) {
	case *syntax.Ref:
		return e.Text
	case *syntax.Paren:
		return b.autoName(e.X)
	case *syntax.Member:
		base := b.autoName(e.X)
		if base == "$left" || base == "$right" {
			return e.Name.Text
		}
		return joinName(base, e.Name.Text)
	case *syntax.Index:
		base := b.autoName(e.X)
		if l, ok := e.I.(*syntax.Literal); ok {
			return joinName(base, value.Text(l.Value, true))
		}
		return ""
	case *syntax.Call:
		return b.callName(e)
	case *syntax.Named:
		if len(e.Names) > 0 {
			return e.Names[0].Text
		}
		return b.autoName(e.Expr)
	}
	return ""
}

func joinName(a, b string) string {
	if a == "" {
		return b
	}
	return a + "_" + b
}

func (b *binder) callName(e *syntax.Call) string {
	name := e.Name.Text
	first := ""
	if len(e.Args) > 0 {
		first = b.autoName(e.Args[0])
	}
	if ent := b.env.find(name); ent != nil && ent.lambda != nil {
		return ""
	}
	if name == "column_ifexists" || name == "columnifexists" {
		if len(e.Args) > 0 {
			if l, ok := e.Args[0].(*syntax.Literal); ok {
				return l.Value.Str()
			}
		}
	}
	if f := b.fns.Func(name); f != nil {
		if f.Name == "ingestion_time" {
			return "$IngestionTime"
		}
		if f.Spread != nil && first != "" { // array_sort_asc(a)
			return first + "_sorted"
		}
		switch f.Naming {
		case fn.NameFirst:
			return first
		case fn.NameFuncFirst:
			return f.Name + "_" + first
		case fn.NamePrefixFirst:
			if _, ok := b.fns.Agg(name); ok && len(e.Args) > 1 {
				if f.Name == "hll_merge" { // the scalar forms of hll_merge() and tdigest_merge()
					return "hll_merged_result"
				}
				return "tdigests_merge_result"
			}
			if first != "" {
				return f.Prefix + "_" + first
			}
			return f.Prefix + "_"
		case fn.NamePrefix:
			return f.Prefix
		case fn.NameOnly:
			if len(e.Args) == 1 {
				return first
			}
		case fn.NameFirstValue:
			if len(e.Args) > 0 {
				if l, ok := e.Args[0].(*syntax.Literal); ok {
					return value.Text(l.Value, false)
				}
			}
		case fn.NameNone: // a numbered name
		}
		return ""
	}
	if ref, ok := b.fns.Agg(name); ok {
		switch {
		case name == "any" || name == "anyif":
			return name + "_" + first
		case name == "make_dictionary":
			return "dictionary_" + first
		case (ref.Name == "covariance" || ref.Name == "covariancep") && len(e.Args) > 1:
			first += "_" + b.autoName(e.Args[1])
		case ref.Name == "percentile" && len(e.Args) > 1 || ref.Name == "percentilew" && len(e.Args) > 2:
			if l, ok := e.Args[len(e.Args)-1].(*syntax.Literal); ok && !ref.Conditional {
				first += "_" + percentText(&plan.Const{Value: l.Value, T: l.Value.Type()})
			}
		}
		return aggName(ref, first)
	}
	return ""
}

// aggName is the name of an aggregate's result.
func aggName(ref fn.AggRef, first string) string {
	if ref.Bare {
		return first
	}
	p := ref.Prefix
	if p == "" {
		p = ref.Name
	}
	if ref.Conditional {
		if p = ref.IfPrefix; p == "" {
			p = ref.If
		}
	}
	return p + "_" + first
}

// namer hands out the names of a result's columns.
type namer struct {
	used  map[string]bool
	n     int    // of the last ColumnN
	avoid *scope // whose columns' names no ColumnN takes, nil none
}

func newNamer() *namer { return &namer{used: map[string]bool{}} }

// take reserves a name.
func (n *namer) take(name string) { n.used[name] = true }

// unique returns name, or name with the first free number behind it.
func (n *namer) unique(name string) string {
	if !n.used[name] {
		n.used[name] = true
		return name
	}
	for i := 1; ; i++ {
		c := name + strconv.Itoa(i)
		if !n.used[c] {
			n.used[c] = true
			return c
		}
	}
}

// uniqueBut is unique where numbered names must not be among others either.
func (n *namer) uniqueBut(name string, others map[string]bool) string {
	if !n.used[name] {
		n.used[name] = true
		return name
	}
	for i := 1; ; i++ {
		c := name + strconv.Itoa(i)
		if !n.used[c] && !others[c] {
			n.used[c] = true
			return c
		}
	}
}

// column returns the next free ColumnN.
func (n *namer) column() string {
	for {
		n.n++
		c := "Column" + strconv.Itoa(n.n)
		if !n.used[c] && (n.avoid == nil || n.avoid.find(c) < 0) {
			n.used[c] = true
			return c
		}
	}
}

func (n *namer) auto(name string) string {
	if name == "" {
		return n.column()
	}
	return n.unique(name)
}

func column(name string, t types.Type) plan.Column {
	return plan.Column{Name: name, Type: t}
}
