package policy

import "strings"

// Index finds the few definitions of many that can match a type. It is
// immutable and may be used by many goroutines at once.
type Index struct {
	by  map[string][]int32
	any []int32
	n   int
}

// NewIndex returns an index of definitions, which answers by their places in
// the slice. Definitions that are switched off are left out.
func NewIndex(defs []*Definition) *Index {
	ix := &Index{by: map[string][]int32{}, n: len(defs)}
	for i, d := range defs {
		if d == nil || d.Effect == Disabled || d.Effect == None {
			continue
		}
		if d.types == nil {
			ix.any = append(ix.any, int32(i))
			continue
		}
		for _, t := range d.types {
			key := strings.ToLower(t)
			ix.by[key] = append(ix.by[key], int32(i))
		}
	}
	return ix
}

// Of returns the definitions that name a type (its key: the type in lower
// case). Those of [Index.Any] can match it as well.
func (ix *Index) Of(typeKey string) []int32 { return ix.by[typeKey] }

// Any returns the definitions that name no type.
func (ix *Index) Any() []int32 { return ix.any }
