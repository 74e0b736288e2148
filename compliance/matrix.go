package compliance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// Areas lists the areas of responsibility from the building up.
func Areas() []string {
	return []string{
		"physical", "host", "network fabric", "operating system", "runtime", "network configuration",
		"identity and access", "data and encryption", "application", "monitoring",
	}
}

// Model says who owes each area of each resource type.
// Source: "Shared responsibility in the cloud".
type Model struct {
	services map[string]map[string]Owner // IaaS, PaaS, SaaS by name in lower case
	rules    []typeRule
	fallback string
}

// typeRule speaks of one type, or of every type below a prefix ending in "*".
type typeRule struct {
	pattern string // in lower case
	service string
	areas   map[string]Owner // what differs from the service's own
	note    string
}

// ParseModel reads the responsibility model from YAML: "services" gives the
// owner of each area for iaas, paas and saas; "types" gives each type's
// service and what differs; "default" is the service of every other type. The
// first rule that matches a type decides.
func ParseModel(name string, text []byte) (*Model, error) {
	doc, err := yamldoc.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p := modelParser{src: diag.NewSource(name, string(text))}
	m := &Model{services: map[string]map[string]Owner{}, fallback: doc.Get("default").TextOr("")}
	for service, v := range doc.Get("services").Members() {
		owners := p.owners(v)
		for _, area := range Areas() {
			if _, ok := owners[area]; !ok {
				p.fail(v, "%s says nothing of %q", service, area)
			}
		}
		m.services[service] = owners
	}
	for _, v := range doc.Get("types").Elements() {
		r := typeRule{pattern: strings.ToLower(v.Get("type").TextOr("")), service: v.Get("service").TextOr(""), note: v.Get("note").TextOr("")}
		if areas := v.Get("areas"); areas.Exists() {
			r.areas = p.owners(areas)
		}
		if r.pattern == "" || m.services[r.service] == nil {
			p.fail(v, "a rule needs a type and a service that is described above")
		}
		m.rules = append(m.rules, r)
	}
	if m.services[m.fallback] == nil {
		p.fail(doc, "the default service %q is not described", m.fallback)
	}
	if p.err != nil {
		return nil, p.err
	}
	return m, nil
}

type modelParser struct {
	src *diag.Source
	err error
}

func (p *modelParser) fail(v jsondoc.Value, format string, args ...any) {
	if p.err == nil {
		at := p.src.Position(v.Offset())
		p.err = fmt.Errorf("%s:%d:%d: %s", p.src.Name, at.Line, at.Column, fmt.Sprintf(format, args...))
	}
}

func (p *modelParser) owners(v jsondoc.Value) map[string]Owner {
	out := map[string]Owner{}
	for area, o := range v.Members() {
		if !slices.Contains(Areas(), area) {
			p.fail(o, "no area is called %q", area)
		}
		owner, err := ParseOwner(o.TextOr(""))
		if err != nil {
			p.fail(o, "%v", err)
		}
		out[area] = owner
	}
	return out
}

// Of returns the service model of a type ("iaas", "paas", "saas"), who owes
// each area, and a note where there is one.
func (m *Model) Of(typ string) (service string, owners map[string]Owner, note string) {
	key := strings.ToLower(typ)
	for _, r := range m.rules {
		prefix, wild := strings.CutSuffix(r.pattern, "*")
		if key != r.pattern && !(wild && strings.HasPrefix(key, prefix)) {
			continue
		}
		owners = map[string]Owner{}
		maps.Copy(owners, m.services[r.service])
		maps.Copy(owners, r.areas)
		return r.service, owners, r.note
	}
	return m.fallback, m.services[m.fallback], ""
}

// Cell is who owes one area of one type, and how the customer's part stands.
type Cell struct {
	Area  string `json:"area"`
	Owner Owner  `json:"owner"`
	State State  `json:"state"` // inherited where it is Microsoft's alone
	Tally
}

// Row is one resource type of the matrix.
type Row struct {
	Type    string `json:"type"`
	Count   int    `json:"count"`
	Service string `json:"service"`
	Note    string `json:"note,omitempty"`
	Cells   []Cell `json:"areas"`
}

// TypeArea names a cell of the matrix, the type in lower case.
type TypeArea struct{ Type, Area string }

// Matrix returns a row for every type, those with open findings first, then by
// name. counts has the number of resources by type as it is to be shown; found
// has what controls of an area found on a type's resources. A cell that is
// Microsoft's alone but has findings is theirs no more: it becomes both.
func (m *Model) Matrix(counts map[string]int, found map[TypeArea]Tally) []Row {
	rows := make([]Row, 0, len(counts))
	open := map[string]int{}
	for typ, n := range counts {
		service, owners, note := m.Of(typ)
		row := Row{Type: typ, Count: n, Service: service, Note: note}
		for _, area := range Areas() {
			t := found[TypeArea{strings.ToLower(typ), area}]
			c := Cell{Area: area, Owner: owners[area], State: stateOf(t), Tally: t}
			switch {
			case c.Owner == Microsoft && t.Any():
				c.Owner = Both
			case c.Owner == Microsoft:
				c.State = Inherited
			}
			open[typ] += t.Open
			row.Cells = append(row.Cells, c)
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(open[b.Type], open[a.Type]), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Type, b.Type))
	})
	return rows
}
