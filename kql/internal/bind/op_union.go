package bind

import (
	"sort"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
)

// leg is one table of a union.
type leg struct {
	name string
	node plan.Node
}

// legs binds the tables that a reference means: several where it holds
// wildcards. Missing tables are left out where fuzzy.
func (b *binder) legs(e syntax.Expr, fuzzy bool, n int) []leg {
	if r, ok := e.(*syntax.Ref); ok && r.Wild {
		var out []leg
		for _, name := range b.wildNames(r.Text) {
			if node := b.named(name); node != nil {
				out = append(out, leg{name, node})
			}
		}
		if len(out) == 0 && !fuzzy {
			b.fail(errTable(r.Text, ""), r.At)
		}
		return out
	}
	if m, ok := e.(*syntax.Member); ok && m.Name.Wild && isRemote(m.X, b.env) {
		return b.legs(&syntax.Ref{Name: m.Name}, fuzzy, n)
	}
	name := "union_arg" + itoa(n)
	switch r := e.(type) {
	case *syntax.Ref:
		ent := b.env.find(r.Text)
		if ent == nil || ent.lambda != nil && ent.lambda.View {
			name = r.Text
		} else if s, ok := ent.node.(*plan.Scan); ok { // a table under another name
			name = s.Table
		}
		if fuzzy && b.env.find(r.Text) == nil && b.scan(r.Text) == nil {
			if _, ok := b.function(r.Text); !ok {
				return nil
			}
		}
	case *syntax.Member:
		if isRemote(r.X, b.env) {
			name = r.Name.Text
		}
	case *syntax.Paren:
		if p, ok := r.X.(*syntax.Pipe); ok {
			if as, ok := p.Ops[len(p.Ops)-1].(*syntax.As); ok {
				name = as.Name.Text
			}
		}
	case *syntax.Call:
		if r.Name.Text == "table" && len(r.Args) > 0 {
			if l, ok := r.Args[0].(*syntax.Literal); ok {
				name = l.Value.Str()
			}
		}
	}
	if fuzzy {
		errs, failures := len(b.errs), b.failures
		var node plan.Node
		ok := b.guard(func() { node = b.table(e, noScope) })
		if b.failures > failures {
			// A leg that cannot be resolved is left out, as the engine does;
			// other mistakes stand.
			for _, d := range b.errs[errs:] {
				if d.Severity == diag.Error && !missing(d.Code) {
					panic(bailout{})
				}
			}
			b.errs, b.failures = b.errs[:errs], failures
			return nil
		}
		if !ok {
			panic(bailout{})
		}
		return []leg{{name, node}}
	}
	return []leg{{name, b.table(e, noScope)}}
}

func missing(code string) bool {
	return code == "KQL0101" || code == "KQL0102" || code == "KQL0103" || code == "KQL0104"
}

// named returns a table or a view by name.
func (b *binder) named(name string) plan.Node {
	if ent := b.env.find(name); ent != nil && ent.node != nil {
		return ent.node
	}
	if n := b.scan(name); n != nil {
		return n
	}
	return nil
}

// wildNames lists the tables and views that match a pattern.
func (b *binder) wildNames(pattern string) []string {
	seen := map[string]bool{}
	var out []string
	add := func(n string) {
		if !seen[n] && syntax.MatchWild(pattern, n) {
			seen[n] = true
			out = append(out, n)
		}
	}
	for e := b.env; e != nil; e = e.up {
		for n, ent := range e.names {
			if ent.node != nil && ent.lambda != nil {
				add(n)
			}
		}
	}
	for _, n := range b.cat.Names() {
		if b.env.allows(n) {
			add(n)
		}
	}
	sort.Strings(out)
	return out
}

// wildTables binds T* used as a table: the union of what it matches.
func (b *binder) wildTables(e *syntax.Ref) plan.Node {
	legs := b.legs(e, false, 0)
	return b.unite(legs, "outer", "")
}

func (b *binder) union(in *rows, op *syntax.Union) rows {
	kind := b.kind(op.Props, "kind", "outer", "outer", "inner")
	fuzzy := b.out.Settings["best_effort"].IsTrue()
	if p := prop(op.Props, "isfuzzy"); p != nil {
		fuzzy = fuzzy || b.propText(p.Value) == "true"
	}
	source := ""
	if p := prop(op.Props, "withsource", "with_source"); p != nil {
		source = b.propText(p.Value)
	}
	var legs []leg
	n := 0
	if in != nil {
		legs = append(legs, leg{"union_arg0", in.node})
		if s, ok := in.node.(*plan.Scan); ok {
			legs[0].name = s.Table
		}
		n = 1
	}
	for _, t := range op.Tables {
		legs = append(legs, b.legs(t, fuzzy, n)...)
		n++
	}
	if len(legs) == 0 {
		b.fail(errTable(b.autoName(op.Tables[0]), ""), op.At)
	}
	node := b.unite(legs, kind, source)
	for _, t := range op.Tables {
		if r, ok := t.(*syntax.Ref); ok && r.Wild {
			node.(*plan.Union).Wild = true
		}
	}
	return rows{node: node, open: b.open[node]}
}

// unite builds the union: columns by name in order of first appearance; a name
// with several types becomes a column for each.
func (b *binder) unite(legs []leg, kind, source string) plan.Node {
	type slot struct {
		name  string
		types []types.Type
	}
	var slots []*slot
	byName := map[string]*slot{}
	counts := map[string]int{}
	open := false
	for _, l := range legs {
		open = open || b.open[l.node]
		for _, c := range l.node.Columns() {
			s := byName[c.Name]
			if s == nil {
				s = &slot{name: c.Name}
				byName[c.Name] = s
				slots = append(slots, s)
			}
			counts[c.Name]++
			known := false
			for _, t := range s.types {
				known = known || t == c.Type
			}
			if !known {
				s.types = append(s.types, c.Type)
			}
		}
	}
	var cols []plan.Column
	if source != "" {
		cols = append(cols, column(source, types.String))
	}
	index := map[plan.Column]int{}
	nm := newNamer()
	for _, c := range cols {
		nm.take(c.Name)
	}
	for _, s := range slots { // a column's own name goes before one with a type behind it
		if len(s.types) == 1 && (kind != "inner" || counts[s.name] == len(legs)) {
			nm.take(s.name)
		}
	}
	for _, s := range slots {
		if kind == "inner" && (counts[s.name] < len(legs) || len(s.types) > 1) {
			continue
		}
		for _, t := range s.types {
			name := s.name
			if len(s.types) > 1 {
				name = nm.unique(name + "_" + t.String())
			} else if source != "" && name == source {
				name = nm.unique(name)
			}
			index[plan.Column{Name: s.name, Type: t}] = len(cols)
			cols = append(cols, column(name, t))
		}
	}
	tables := make([]plan.UnionInput, len(legs))
	for i, l := range legs {
		m := make([]int, len(cols))
		for k := range m {
			m[k] = -1
		}
		for k, c := range l.node.Columns() {
			if at, ok := index[c]; ok {
				m[at] = k
			}
		}
		tables[i] = plan.UnionInput{Node: l.node, Map: m}
		if source != "" {
			tables[i].Const = map[int]string{0: l.name}
		}
	}
	u := plan.NewUnion(cols, tables)
	if open {
		b.open[u] = true
	}
	return u
}
