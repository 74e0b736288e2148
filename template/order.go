package template

import (
	"slices"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// order reports resources that wait for each other: a deployment of them would
// never begin.
//
// Source: "Define the order for deploying resources in ARM templates".
func (x *expander) order() {
	index := make(map[*instance]int, len(x.list))
	for i, in := range x.list {
		index[in] = i
	}
	edges := make([][]int, len(x.list))
	for i, in := range x.list {
		for _, v := range in.decl.Get("dependsOn").Elements() {
			for _, to := range x.dependencies(in, v) {
				if k, ok := index[to]; ok {
					edges[i] = append(edges[i], k)
				}
			}
		}
	}
	const (
		fresh = iota
		open
		closed
	)
	state := make([]uint8, len(x.list))
	var path []int
	var visit func(i int) bool
	visit = func(i int) bool {
		state[i] = open
		path = append(path, i)
		for _, k := range edges[i] {
			switch state[k] {
			case open:
				var chain []string
				for _, at := range slices.Backward(path) {
					chain = append([]string{x.list[at].fullName}, chain...)
					if at == k {
						break
					}
				}
				in := x.list[k]
				x.report(in.frame.file, errCycle("resources", append(chain, in.fullName), in.decl.Get("dependsOn").Offset()))
				return false
			case fresh:
				if !visit(k) {
					return false
				}
			}
		}
		path = path[:len(path)-1]
		state[i] = closed
		return true
	}
	for i := range x.list {
		if state[i] == fresh && !visit(i) {
			return // one is enough to say
		}
	}
}

// dependencies returns the resources that an element of dependsOn names: by
// id, by name, by symbolic name, or all of a loop.
func (x *expander) dependencies(in *instance, v jsondoc.Value) []*instance {
	s, ok := v.Text()
	if !ok {
		return nil
	}
	name, err := x.dependencyName(in.ctx, s, v.Offset())
	if err != nil || name == "" {
		return nil
	}
	x.depends(in, s, v.Offset())
	if to := x.find(in.ctx.f, name); to != nil {
		return []*instance{to}
	}
	if sym := in.ctx.f.symbols[lower(name)]; sym != nil {
		return sym.instances
	}
	return x.loops[nameKey{in.ctx.f, lower(name)}]
}

// depends reports a symbolic name that is none of the template's, which Azure
// refuses. Other texts may be ids and names of what stands elsewhere.
func (x *expander) depends(in *instance, text string, at int) {
	f := in.ctx.f
	if in.parent != nil || in.symbolic == "" || in.frame != f || arm.IsExpression(text) || strings.ContainsAny(text, "/[") || f.symbols[lower(text)] != nil {
		return
	}
	var names []string
	for name, decl := range f.doc.Get("resources").Members() {
		if decl.Get("resources").Exists() {
			return // children have symbolic names as well
		}
		if strings.EqualFold(name, text) || strings.EqualFold(decl.Get("name").TextOr(""), text) || strings.EqualFold(decl.Path("copy", "name").TextOr(""), text) {
			return
		}
		names = append(names, name)
	}
	x.report(in.frame.file, errDepends(text, diag.Nearest(text, names), at))
}

// dependencyName evaluates quietly: what cannot be known orders nothing.
func (x *expander) dependencyName(c *ctx, text string, at int) (string, error) {
	if !arm.IsExpression(text) {
		return arm.Unescape(text), nil
	}
	v, err := x.expression(c, text, at, standIn)
	if err != nil {
		return "", err
	}
	s, _ := plainText(v)
	return s, nil
}
