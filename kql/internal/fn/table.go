package fn

import (
	"fmt"
	"slices"
	"sync"
)

// Table finds rows by name.
type Table struct {
	Funcs   []*Func
	Aggs    []*Agg
	Plugins []*Plugin
	byName  map[string]*Func
	aggs    map[string]AggRef
	plugins map[string]*Plugin
	sigs    map[*Func][]Signature
	aggSigs map[*Agg][]Signature
}

// AggRef is an aggregate as it was called: If is set for its conditional variant.
type AggRef struct {
	*Agg
	Conditional bool
}

// Builtin returns the table of all built-in functions. It is built once.
var Builtin = sync.OnceValue(func() *Table {
	t, err := NewTable(
		slices.Concat(storageFuncs, geoFuncs, geoH3Funcs, geoCellFuncs, digestFuncs, hllFuncs, unitFuncs, distributionFuncs, userAgentFuncs, seriesFuncs, seriesFillFuncs, seriesFilterFuncs, seriesFitFuncs, decomposeFuncs, conversions, conditionals, contextFuncs, windowFuncs, ipFuncs, ipv6Funcs, parseFuncs, xmlFuncs, moreMath, stringFuncs, regexFuncs, arrayFuncs, bagFuncs, setFuncs, mathFuncs, binFuncs, hashFuncs, encodeFuncs, datetimeFuncs, formatFuncs, zoneFuncs),
		slices.Concat(digestAggs, hllAggs, schemaAggs, basicAggs, collectAggs, statsAggs, percentileAggs),
		allPlugins())
	if err != nil {
		panic("fn: " + err.Error()) // a row of our own is wrong
	}
	return t
})

// NewTable joins rows; the error names a row that is wrong.
func NewTable(funcs []Func, aggs []Agg, plugins []Plugin) (*Table, error) {
	t := &Table{byName: map[string]*Func{}, aggs: map[string]AggRef{}, plugins: map[string]*Plugin{},
		sigs: map[*Func][]Signature{}, aggSigs: map[*Agg][]Signature{}}
	for i := range funcs {
		f := &funcs[i]
		t.Funcs = append(t.Funcs, f)
		for _, n := range append([]string{f.Name}, f.Aliases...) {
			if t.byName[n] != nil {
				return nil, fmt.Errorf("function %s twice", n)
			}
			t.byName[n] = f
		}
		for _, s := range f.Sigs {
			sig, err := ParseSig(s.Text)
			if err != nil {
				return nil, fmt.Errorf("function %s: %w", f.Name, err)
			}
			if s.Eval == nil && !f.Special {
				return nil, fmt.Errorf("function %s%s: no code", f.Name, s.Text)
			}
			t.sigs[f] = append(t.sigs[f], sig)
		}
	}
	for i := range aggs {
		a := &aggs[i]
		t.Aggs = append(t.Aggs, a)
		names := append([]string{a.Name}, a.Aliases...)
		conditional := len(names)
		if a.If != "" {
			names = append(append(names, a.If), a.IfAliases...)
		}
		for k, n := range names {
			if _, dup := t.aggs[n]; dup {
				return nil, fmt.Errorf("aggregate %s twice", n)
			}
			t.aggs[n] = AggRef{a, k >= conditional}
		}
		for _, s := range a.Sigs {
			sig, err := ParseSig(s)
			if err != nil {
				return nil, fmt.Errorf("aggregate %s: %w", a.Name, err)
			}
			t.aggSigs[a] = append(t.aggSigs[a], sig)
		}
	}
	for i := range plugins {
		p := &plugins[i]
		t.Plugins = append(t.Plugins, p)
		if t.plugins[p.Name] != nil {
			return nil, fmt.Errorf("plugin %s twice", p.Name)
		}
		t.plugins[p.Name] = p
	}
	return t, nil
}

// Func returns the scalar function with that name or alias, nil if there is none.
func (t *Table) Func(name string) *Func { return t.byName[name] }

// Agg returns the aggregate with that name or alias.
func (t *Table) Agg(name string) (AggRef, bool) {
	a, ok := t.aggs[name]
	return a, ok
}

// Plugin returns the plugin with that name, nil if there is none.
func (t *Table) Plugin(name string) *Plugin { return t.plugins[name] }

// Sigs returns the parsed signatures of f.
func (t *Table) Sigs(f *Func) []Signature { return t.sigs[f] }
