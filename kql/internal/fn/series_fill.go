package fn

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// The placeholder of the fill functions says which elements are missing: equal
// numbers, or nulls where it is null or left out.
var seriesFillFuncs = []Func{
	{Name: "series_fill_const", Doc: "Replaces the missing elements of a series (nulls, or those equal to the placeholder) by a constant, by default 0.", Naming: NameFirst,
		Sigs: []Sig{{"(series: array, constant?: number, placeholder?: number): dynamic", Row(func(a []value.Value) value.Value {
			if !isArray(a[0]) {
				return value.Null
			}
			fill := value.Long(0)
			if len(a) > 1 && !a[1].IsNull() {
				fill = element(a[1])
			}
			items, missing := a[0].Items(), missingIn(a, 2)
			out := make([]value.Value, len(items))
			for i, e := range items {
				if out[i] = e; missing(e) {
					out[i] = fill
				}
			}
			return value.Array(out)
		})}},
		Ex: []Example{{`series_fill_const(dynamic([1,null,3]), 7)`, `[1,7,3]`}, {`series_fill_const(dynamic([1,-1,null]), 0.5, -1)`, `[1,0.5,null]`}}},
	{Name: "series_fill_forward", Doc: "Replaces the missing elements of a series by the nearest one before; those at the start stay.", Naming: NameFirst,
		Sigs: []Sig{{"(series: array, placeholder?: number): dynamic", Row(func(a []value.Value) value.Value { return fillFrom(a, 1) })}},
		Ex:   []Example{{`series_fill_forward(dynamic([null,1,null,3]))`, `[null,1,1,3]`}, {`series_fill_forward(dynamic([2,0,3]), 0)`, `[2,2,3]`}}},
	{Name: "series_fill_backward", Doc: "Replaces the missing elements of a series by the nearest one after; those at the end stay.", Naming: NameFirst,
		Sigs: []Sig{{"(series: array, placeholder?: number): dynamic", Row(func(a []value.Value) value.Value { return fillFrom(a, -1) })}},
		Ex:   []Example{{`series_fill_backward(dynamic([null,1,null,3,null]))`, `[1,1,3,3,null]`}}},
	{Name: "series_fill_linear", Doc: "Replaces the missing elements of a series by values on the line between their neighbors (whole numbers in a series of whole numbers) and, unless told otherwise, those at the edges by the nearest value; a series without any value is filled with a constant, by default 0.", Naming: NameFirst,
		Sigs: []Sig{{"(series: array, placeholder?: number, fill_edges?: bool, constant?: number): dynamic", Row(fillLinear)}},
		Ex: []Example{{`series_fill_linear(dynamic([null,1.0,null,2.0]))`, `[1.0,1.0,1.5,2.0]`}, {`series_fill_linear(dynamic([41.0,null,null,16.0]))`, `[41.0,32.66666666666667,24.333333333333336,16.0]`}, {`series_fill_linear(dynamic([1,null,4,null]), real(null), false)`, `[1,2,4,null]`},
			{`series_fill_linear(dynamic([null,null]), real(null), true, 7)`, `[7,7]`}}},
}

func missingIn(a []value.Value, i int) func(value.Value) bool {
	if len(a) <= i || a[i].IsNull() {
		return value.Value.IsNull
	}
	mark := a[i]
	return func(v value.Value) bool { return v.Numeric() && value.Equal(v, mark) }
}

func fillFrom(a []value.Value, step int) value.Value {
	if !isArray(a[0]) {
		return value.Null
	}
	items, missing := a[0].Items(), missingIn(a, 1)
	out := make([]value.Value, len(items))
	i, last, have := 0, value.Null, false
	if step < 0 {
		i = len(items) - 1
	}
	for ; i >= 0 && i < len(items); i += step {
		out[i] = items[i]
		if !missing(items[i]) {
			last, have = items[i], true
		} else if have {
			out[i] = last
		}
	}
	return value.Array(out)
}

func fillLinear(a []value.Value) value.Value {
	if !isArray(a[0]) {
		return value.Null
	}
	items, missing := a[0].Items(), missingIn(a, 1)
	edges := len(a) < 3 || a[2].IsNull() || a[2].IsTrue()
	out := make([]value.Value, len(items))
	integers := true
	before := -1
	for i, e := range items {
		out[i] = e
		if missing(e) || !e.Numeric() {
			continue
		}
		integers = integers && e.Type().Integer()
		if before >= 0 || edges {
			for k := before + 1; k < i; k++ {
				if before < 0 {
					out[k] = e
					continue
				}
				p := items[before]
				out[k] = value.Real(p.Float() + (e.Float()-p.Float())*(float64(k-before)/float64(i-before)))
			}
		}
		before = i
	}
	switch {
	case before < 0:
		fill := value.Real(0)
		if len(a) > 3 && !a[3].IsNull() {
			fill = element(a[3])
		}
		for i := range out {
			out[i] = fill
		}
	case edges:
		for k := before + 1; k < len(out); k++ {
			out[k] = items[before]
		}
	}
	if integers && before >= 0 {
		for i, e := range out {
			if e.Kind() == value.KindReal {
				out[i] = Convert(e, types.Real, types.Long)
			}
		}
	}
	return value.Array(out)
}
