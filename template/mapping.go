package template

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

//go:embed azurerm.yaml
var azurermText []byte

// mapping is a row of azurerm.yaml: how a type of the provider is Azure's.
type mapping struct {
	typ    string
	name   string
	place  mappingPlace
	set    []assign
	consts []constant
	joins  []join
	also   []child
}

// mappingPlace says where the id of a resource stands.
type mappingPlace struct {
	subscription bool
	group        string   // attribute
	parent       string   // attribute with the parent's id
	under        string   // what stands between the parent and the name
	parentNames  []string // attributes
	parentOf     string   // ARM type of the parent that parentName names
	parentName   string
	scope        string // attribute with the id that an extension extends
	into         string // attribute with the id of the resource that this one changes
}

// assign takes an attribute to a path.
type assign struct {
	from   []string // spellings; "" is the value itself, in an array of scalars
	to     string
	values map[string]jsondoc.Value // map, by text in lower case
	not    bool
	exists jsondoc.Value // missing: no
	each   []assign
	as     string // id, ids or unix
	keep   bool
}

type constant struct {
	to    string
	value jsondoc.Value
}

type join struct {
	to, with string
	of       []string
}

type child struct {
	typ, name, when string
	set             []assign
	consts          []constant
}

// azurerm returns the table by the provider's type. An error is a mistake in
// azurerm.yaml, which a test would have shown.
var azurerm = sync.OnceValues(func() (map[string]*mapping, error) {
	doc, err := yamldoc.Parse(azurermText)
	if err != nil {
		return nil, fmt.Errorf("azurerm.yaml: %w", err)
	}
	out := map[string]*mapping{}
	for name, row := range doc.Members() {
		m, err := readMapping(row)
		if err != nil {
			return nil, fmt.Errorf("azurerm.yaml: %s: %w", name, err)
		}
		out[name] = m
	}
	return out, nil
})

// MappedTypes lists the azurerm types of the table, and the ARM type of each;
// "" for those that change another resource.
func MappedTypes() (map[string]string, error) {
	table, err := azurerm()
	out := map[string]string{}
	for name, m := range table {
		out[name] = m.typ
	}
	return out, err
}

func readMapping(row jsondoc.Value) (*mapping, error) {
	m := &mapping{typ: row.Get("type").TextOr(""), name: row.Get("name").TextOr("name")}
	for k := range row.Members() {
		switch k {
		case "type", "name", "place", "set", "const", "join", "also":
		default:
			return nil, fmt.Errorf("no such member: %s", k)
		}
	}
	p := row.Get("place")
	if s, ok := p.Text(); ok {
		if s != "subscription" {
			return nil, fmt.Errorf("no such place: %s", s)
		}
		m.place.subscription = true
	}
	m.place.group = p.Get("group").TextOr("resource_group_name")
	m.place.parent, m.place.under = p.Get("parent").TextOr(""), p.Get("under").TextOr("")
	m.place.parentOf, m.place.parentName = p.Get("parentOf").TextOr(""), p.Get("parentName").TextOr("")
	m.place.scope, m.place.into = p.Get("scope").TextOr(""), p.Get("into").TextOr("")
	for _, e := range p.Get("parentNames").Elements() {
		m.place.parentNames = append(m.place.parentNames, e.TextOr(""))
	}
	if m.typ == "" && m.place.into == "" {
		return nil, fmt.Errorf("no type")
	}
	var err error
	if m.set, err = readAssigns(row.Get("set")); err != nil {
		return nil, err
	}
	m.consts = readConsts(row.Get("const"))
	for _, j := range row.Get("join").Elements() {
		one := join{to: j.Get("to").TextOr(""), with: j.Get("with").TextOr("")}
		for _, e := range j.Get("of").Elements() {
			one.of = append(one.of, e.TextOr(""))
		}
		m.joins = append(m.joins, one)
	}
	for _, c := range row.Get("also").Elements() {
		one := child{typ: c.Get("type").TextOr(""), name: c.Get("name").TextOr(""), when: c.Get("when").TextOr(""), consts: readConsts(c.Get("const"))}
		if one.set, err = readAssigns(c.Get("set")); err != nil {
			return nil, err
		}
		m.also = append(m.also, one)
	}
	return m, nil
}

func readConsts(v jsondoc.Value) []constant {
	var out []constant
	for to, value := range v.Members() {
		out = append(out, constant{to, unplaced(value)})
	}
	return out
}

func readAssigns(v jsondoc.Value) ([]assign, error) {
	var out []assign
	for from, how := range v.Members() {
		a := assign{from: strings.Split(from, "|")}
		if to, ok := how.Text(); ok {
			a.to = to
			out = append(out, a)
			continue
		}
		for k, x := range how.Members() {
			switch k {
			case "to":
				a.to = x.TextOr("")
			case "map":
				a.values = map[string]jsondoc.Value{}
				for key, value := range x.Members() {
					a.values[lower(key)] = unplaced(value)
				}
			case "not":
				a.not = true
			case "exists":
				a.exists = unplaced(x)
			case "each":
				each, err := readAssigns(x)
				if err != nil {
					return nil, err
				}
				a.each = each
			case "as":
				if a.as = x.TextOr(""); a.as != "id" && a.as != "ids" && a.as != "unix" {
					return nil, fmt.Errorf("%s: no such form: %s", from, a.as)
				}
			case "keep":
				a.keep = true
			default:
				return nil, fmt.Errorf("%s: no such member: %s", from, k)
			}
		}
		if a.to == "" {
			return nil, fmt.Errorf("%s goes nowhere", from)
		}
		out = append(out, a)
	}
	return out, nil
}
