package policy

import (
	"strings"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/resource"
)

// Set is many definitions made ready for many resources: indexed by type, and
// with those that ask the same, word for word and with the same parameters,
// evaluated once. (Of Azure's 5,009 built-in definitions a good third are copies
// for another cloud or version.) It is immutable and may be used by many
// goroutines at once.
type Set struct {
	defs  []*Definition
	index *Index
	twin  []int32 // the first definition that asks the same
}

// NewSet returns a set of definitions, known by their places in the slice.
func NewSet(defs []*Definition) *Set {
	s := &Set{defs: defs, index: NewIndex(defs), twin: make([]int32, len(defs))}
	first := make(map[string]int32, len(defs))
	var key []byte
	for i, d := range defs {
		s.twin[i] = int32(i)
		if d == nil {
			continue
		}
		key = d.appendKey(key[:0])
		if key == nil {
			continue
		}
		if j, ok := first[string(key)]; ok {
			s.twin[i] = j
			continue
		}
		first[string(key)] = int32(i)
	}
	return s
}

// appendKey appends what decides a definition's answers; nil where its own id does.
func (d *Definition) appendKey(dst []byte) []byte {
	dst = append(dst, strings.ToLower(d.Mode)...)
	dst = append(dst, 0)
	start := len(dst)
	dst = d.rule.AppendJSON(dst)
	if d.Effect == Manual || strings.Contains(strings.ToLower(string(dst[start:])), "policy(") {
		return nil
	}
	for _, p := range d.params {
		if p.Used {
			dst = append(append(append(dst, 0), strings.ToLower(p.Name)...), '=')
			if p.value.Exists() {
				dst = p.value.AppendJSON(dst)
			}
		}
	}
	return dst
}

// Distinct returns how many of the definitions ask something of their own.
func (s *Set) Distinct() int {
	n := 0
	for i, t := range s.twin {
		if int(t) == i && s.defs[i] != nil {
			n++
		}
	}
	return n
}

// SetEvaluator evaluates a set; make one for each goroutine.
type SetEvaluator struct {
	set   *Set
	ev    *Evaluator
	state []finding.State // of the current resource, by definition
	stamp []uint32
	now   uint32
}

// Evaluator returns an evaluator of the set.
func (s *Set) Evaluator(o Options) *SetEvaluator {
	return &SetEvaluator{set: s, ev: NewEvaluator(o), state: make([]finding.State, len(s.defs)), stamp: make([]uint32, len(s.defs))}
}

// States calls yield with every definition that the index lets through for a
// resource and how the resource stands to it; NotApplicable is left out. It
// returns how many were let through. Ask [SetEvaluator.Why] for the reasons.
func (e *SetEvaluator) States(r *resource.Resource, yield func(definition int, s finding.State)) int {
	e.now++
	n := 0
	for _, list := range [2][]int32{e.set.index.Of(r.TypeKey()), e.set.index.any} {
		for _, i := range list {
			n++
			j := e.set.twin[i]
			if e.stamp[j] != e.now {
				e.stamp[j] = e.now
				e.state[j] = e.ev.quickState(e.set.defs[j], r)
			}
			if s := e.state[j]; s != finding.NotApplicable {
				yield(int(i), s)
			}
		}
	}
	return n
}
