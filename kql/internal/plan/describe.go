package plan

import (
	"fmt"
	"slices"
	"strings"
)

func list(exprs []Expr) string {
	s := make([]string, len(exprs))
	for i, e := range exprs {
		s[i] = e.String()
	}
	return strings.Join(s, ", ")
}

func aggList(aggs []AggCall) string {
	s := make([]string, len(aggs))
	for i, a := range aggs {
		s[i] = a.Ref.Name + "(" + list(a.Args) + ")"
		if a.If != nil {
			s[i] += " if " + a.If.String()
		}
	}
	return strings.Join(s, ", ")
}

func keyList(keys []SortKey) string {
	s := make([]string, len(keys))
	for i, k := range keys {
		s[i] = k.Expr.String() + " asc"
		if k.Desc {
			s[i] = k.Expr.String() + " desc"
		}
	}
	return strings.Join(s, ", ")
}

// Describe names the table, its columns and what was pushed.
func (s *Scan) Describe() string {
	d := fmt.Sprintf("scan %s (%d columns)", s.Table, len(s.Keep))
	if len(s.Filters) > 0 {
		d += "   pushed: " + list(s.Filters)
	}
	return d
}

// Describe returns the node in one line.
func (v *Values) Describe() string {
	return fmt.Sprintf("%s (%d rows)", orElse(v.Label, "values"), v.Batch.Rows)
}

// Describe returns the node in one line.
func (e *External) Describe() string { return "externaldata " + strings.Join(e.Locations, ", ") }

// Describe returns the node in one line.
func (*Outer) Describe() string { return "outer rows" }

// Describe returns the node in one line.
func (f *Filter) Describe() string { return "filter " + f.Pred.String() }

// Describe returns the node in one line.
func (p *Project) Describe() string {
	s := make([]string, 0, len(p.Exprs))
	for i, e := range p.Exprs {
		if c, ok := e.(*Col); ok && c.Name == p.Cols[i].Name {
			s = append(s, c.Name)
			continue
		}
		s = append(s, p.Cols[i].Name+" = "+e.String())
	}
	return "project " + strings.Join(s, ", ")
}

// Describe returns the node in one line.
func (a *Aggregate) Describe() string {
	d := "aggregate " + aggList(a.Aggs)
	if len(a.Keys) > 0 {
		d += " by " + list(a.Keys)
	}
	return d
}

// Describe returns the node in one line.
func (*Distinct) Describe() string { return "distinct" }

// Describe returns the node in one line.
func (s *Sort) Describe() string {
	if s.Limit != nil {
		return "top " + s.Limit.String() + " by " + keyList(s.Keys)
	}
	return "sort " + keyList(s.Keys)
}

// Describe returns the node in one line.
func (t *Take) Describe() string {
	if t.Sample {
		return "sample " + t.N.String()
	}
	return "take " + t.N.String()
}

// Describe returns the node in one line.
func (j *Join) Describe() string {
	s := make([]string, len(j.LeftKeys))
	for i := range j.LeftKeys {
		s[i] = j.LeftKeys[i].String() + " == " + j.RightKeys[i].String()
	}
	return "join " + string(j.Kind) + " on " + strings.Join(s, ", ")
}

// Describe returns the node in one line.
func (u *Union) Describe() string { return fmt.Sprintf("union of %d", len(u.Tables)) }

// Describe returns the node in one line.
func (m *MvExpand) Describe() string {
	s := make([]string, len(m.Items))
	for i, it := range m.Items {
		s[i] = it.Expr.String()
	}
	return "mv-expand " + strings.Join(s, ", ")
}

// Describe returns the node in one line.
func (m *MvApply) Describe() string {
	return "mv-apply" + strings.TrimPrefix(m.Expand.Describe(), "mv-expand")
}

// Describe returns the node in one line.
func (p *Parse) Describe() string { return "parse " + p.X.String() }

// Describe returns the node in one line.
func (p *ParseKV) Describe() string { return "parse-kv " + p.X.String() }

// Describe returns the node in one line.
func (m *MakeSeries) Describe() string {
	d := "make-series " + aggList(m.Aggs) + " on " + m.On.String() + " step " + m.Step.String()
	if len(m.Keys) > 0 {
		d += " by " + list(m.Keys)
	}
	return d
}

// Describe returns the node in one line.
func (r *Range) Describe() string {
	return fmt.Sprintf("range %s from %s to %s step %s", r.Cols[0].Name, r.From, r.To, r.Step)
}

// Describe returns the node in one line.
func (*Materialize) Describe() string { return "materialize" }

// Describe returns the node in one line.
func (*Serialize) Describe() string { return "serialize" }

// Describe returns the node in one line.
func (p *Partition) Describe() string { return "partition by " + p.By.String() }

// Describe returns the node in one line.
func (s *Sequence) Describe() string { return fmt.Sprintf("scan of %d steps", len(s.Steps)) }

// Describe returns the node in one line.
func (t *TopNested) Describe() string { return fmt.Sprintf("top-nested of %d levels", len(t.Levels)) }

// Describe returns the node in one line.
func (r *Reduce) Describe() string { return "reduce by " + r.By.String() }

// Describe returns the node in one line.
func (e *Evaluate) Describe() string { return "evaluate " + e.Plugin.Name }

// Describe returns the node in one line.
func (*Multi) Describe() string { return "results" }

// Describe returns the node in one line.
func (r *Rendered) Describe() string { return "render " + r.Render.Kind }

func orElse(s, t string) string {
	if s == "" {
		return t
	}
	return s
}

// Explain prints a plan as a tree, the result first, with a note behind each
// node.
func Explain(n Node, note func(Node) string) string {
	e := &explainer{note: note}
	e.node(n, "", "")
	return e.b.String()
}

type explainer struct {
	b     strings.Builder
	note  func(Node) string
	known map[Node]bool // tables that are computed once and stand above
}

func (e *explainer) node(n Node, head, tail string) {
	e.b.WriteString(head + n.Describe() + e.note(n))
	if _, once := n.(*Materialize); once {
		if e.known[n] {
			e.b.WriteString("   as above\n")
			return
		}
		if e.known == nil {
			e.known = map[Node]bool{}
		}
		e.known[n] = true
	}
	e.b.WriteString("\n")
	in := n.Inputs()
	for i, c := range in {
		if i == len(in)-1 {
			e.node(c, tail+"└─ ", tail+"   ")
		} else {
			e.node(c, tail+"├─ ", tail+"│  ")
		}
	}
}

// MaySpill tells whether a node can do with less memory than its rows take, the
// others waiting on disk.
func MaySpill(n Node) bool {
	switch n := n.(type) {
	case *Aggregate:
		return len(n.Keys) > 0 || slices.ContainsFunc(n.Aggs, func(c AggCall) bool { return strings.Contains(c.Ref.Name, "distinct") || c.Ref.Name == "dcount" })
	case *Distinct, *Sort, *Join, *Materialize, *Partition:
		return true
	case *MakeSeries:
		return len(n.Keys) > 0
	case *Take:
		return n.Sample
	}
	return false
}
