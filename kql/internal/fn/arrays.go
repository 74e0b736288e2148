package fn

import (
	"errors"
	"sort"
	"strconv"
	"strings"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

// maxItems bounds the arrays that functions build, as Kusto bounds range().
const maxItems = 1 << 20

var arrayFuncs = []Func{
	{Name: "array_length", Aliases: []string{"arraylength"}, Doc: "Counts the elements of an array; null for anything else.",
		Sigs: []Sig{{"(array: array): long", Map1(func(v value.Value) (int64, bool) { return int64(len(v.Items())), isArray(v) })}},
		Ex:   []Example{{`array_length(dynamic([1,2,3]))`, `3`}, {`array_length(dynamic({}))`, `null`}}},
	{Name: "array_concat", Most: 64, Doc: "Joins arrays to one; what is no array is passed over.",
		Sigs: []Sig{{"(array: array, more...: array): dynamic", Row(func(a []value.Value) value.Value {
			var out []value.Value
			any := false
			for _, v := range a {
				if isArray(v) && len(out)+len(v.Items()) <= maxItems {
					out, any = append(out, v.Items()...), true
				}
			}
			if !any {
				return value.Null
			}
			return value.Array(out)
		})}},
		Ex: []Example{{`array_concat(dynamic([1,2]), dynamic([3]))`, `[1,2,3]`}, {`array_concat(dynamic(null), dynamic([3]))`, `[3]`}}},
	{Name: "array_iff", Aliases: []string{"array_iif"}, Doc: "Picks, element by element, from the second argument where the condition is true (or not 0) and from the third where it is false.",
		Sigs: []Sig{{"(condition_array: array, when_true: scalar, when_false: scalar): dynamic", Row(arrayIff)}},
		Ex: []Example{{`array_iff(dynamic([true,false,true]), dynamic([1,2,3]), dynamic([4,5,6]))`, `[1,5,3]`}, {`array_iff(dynamic([1,0,50]), "yes", "no")`, `["yes","no","yes"]`},
			{`array_iff(dynamic(["x",null]), 1, 0)`, `[null,null]`}, {`array_iff(dynamic([true,true]), dynamic([1]), 0)`, `[1,null]`}}},
	{Name: "array_index_of", Doc: "Returns the place (from 0) of the first, or the given, element that equals a value; -1 where there is none.",
		Sigs: []Sig{{"(array: array, value: scalar, start?: long, length?: long, !occurrence?: long): long", Row(arrayIndexOf)}},
		Ex: []Example{{`array_index_of(dynamic(["this","is","an"]), "an")`, `2`}, {`array_index_of(dynamic(["a","b","a"]), "a", 1, 1)`, `-1`},
			{`array_index_of(dynamic(["a","b","a"]), "a", 0, -1, 2)`, `2`}, {`array_index_of(dynamic(["this","is","an","example","an","example"]), "an", -3)`, `4`}}},
	{Name: "array_slice", Doc: "Cuts elements start to end (both included, negative from the end) out of an array.",
		Sigs: []Sig{{"(array: array, start: long, end: long): dynamic", Strict(arraySlice)}},
		Ex: []Example{{`array_slice(dynamic([1,2,3]), 1, 2)`, `[2,3]`}, {`array_slice(dynamic([1,2,3,4,5]), -3, -2)`, `[3,4]`},
			{`array_slice(dynamic([1,2,3]), 2, -1)`, `[3]`}, {`array_slice(dynamic([1,2]), 5, 9)`, `[]`}}},
	{Name: "array_split", Doc: "Cuts an array at one or several places into an array of arrays.",
		Sigs: []Sig{{"(array: array, index: integer|array): dynamic", Strict(arraySplit)}},
		Ex: []Example{{`array_split(dynamic([1,2,3,4,5]), 2)`, `[[1,2],[3,4,5]]`}, {`array_split(dynamic([1,2,3,4,5]), dynamic([1,3]))`, `[[1],[2,3],[4,5]]`},
			{`array_split(dynamic([1,2,3,4,5]), -2)`, `[[1,2,3],[4,5]]`}}},
	{Name: "array_rotate_left", Doc: "Turns an array to the left by some places, to the right where the number is negative.",
		Sigs: []Sig{{"(array: array, rotate_count: long): dynamic", Strict(func(a []value.Value) value.Value { return rotate(a[0], a[1].Int64()) })}},
		Ex:   []Example{{`array_rotate_left(dynamic([1,2,3,4,5]), 2)`, `[3,4,5,1,2]`}, {`array_rotate_left(dynamic([1,2,3,4,5]), -2)`, `[4,5,1,2,3]`}}},
	{Name: "array_rotate_right", Doc: "Turns an array to the right by some places, to the left where the number is negative.",
		Sigs: []Sig{{"(array: array, rotate_count: long): dynamic", Strict(func(a []value.Value) value.Value { return rotate(a[0], -a[1].Int64()) })}},
		Ex:   []Example{{`array_rotate_right(dynamic([1,2,3,4,5]), 2)`, `[4,5,1,2,3]`}}},
	{Name: "array_shift_left", Doc: "Moves the elements of an array to the left by some places and fills up with null or the given value.",
		Sigs: []Sig{{"(array: array, shift_count: long, fill_value?: scalar): dynamic", Row(func(a []value.Value) value.Value { return shift(a, 1) })}},
		Ex:   []Example{{`array_shift_left(dynamic([1,2,3,4,5]), 2)`, `[3,4,5,null,null]`}, {`array_shift_left(dynamic([1,2,3]), -2, -1)`, `[-1,-1,1]`}, {`array_shift_left(dynamic(["a","b"]), 1)`, `["b",""]`}, {`array_shift_left(dynamic(["a",1]), 1)`, `[1,null]`}}},
	{Name: "array_shift_right", Doc: "Moves the elements of an array to the right by some places and fills up with null or the given value.",
		Sigs: []Sig{{"(array: array, shift_count: long, fill_value?: scalar): dynamic", Row(func(a []value.Value) value.Value { return shift(a, -1) })}},
		Ex:   []Example{{`array_shift_right(dynamic([1,2,3,4,5]), 2)`, `[null,null,1,2,3]`}, {`array_shift_right(dynamic([1,2,3]), 1, -1)`, `[-1,1,2]`}}},
	{Name: "array_reverse", Doc: "Turns the order of an array around.",
		Sigs: []Sig{{"(array: array): dynamic", Map1(func(v value.Value) (value.Value, bool) {
			items := v.Items()
			out := make([]value.Value, len(items))
			for i, e := range items {
				out[len(out)-1-i] = e
			}
			return value.Array(out), isArray(v)
		})}},
		Ex: []Example{{`array_reverse(dynamic(["a","b","c"]))`, `["c","b","a"]`}}},
	{Name: "array_sum", Doc: "Adds up the numbers of an array; null where it is empty or holds something else.",
		Sigs: []Sig{{"(array: array): real", Map1(arraySum)}},
		Ex:   []Example{{`array_sum(dynamic([1,2,3,4]))`, `10.0`}, {`array_sum(dynamic([]))`, `null`}, {`array_sum(dynamic([1,"a"]))`, `null`}}},
	{Name: "array_sort_asc", Most: 65, Doc: "Sorts an array upwards, nulls last unless the last argument is false; further arrays are reordered alike, null where their length is another, and the results come as several columns.",
		Spread: sortedColumns,
		Sigs:   []Sig{{"(array: array, more...: array|bool): dynamic", Row(func(a []value.Value) value.Value { return arraySort(a, false) })}},
		Ex: []Example{{`array_sort_asc(dynamic([1,3,4,5,2]))`, `[1,2,3,4,5]`}, {`array_sort_asc(dynamic(["b",null,"a"]))`, `["a","b",null]`},
			{`array_sort_asc(dynamic(["b",null,"a"]), false)`, `[null,"a","b"]`}, {`array_sort_asc(dynamic([2,1]), dynamic(["x","y"]))`, `[[1,2],["y","x"]]`}, {`array_sort_asc(dynamic([2,1,3]), dynamic(["x","y"]))`, `[[1,2,3],null]`}}},
	{Name: "array_sort_desc", Most: 65, Doc: "Sorts an array downwards, nulls last unless the last argument is false; further arrays are reordered alike, null where their length is another, and the results come as several columns.",
		Spread: sortedColumns,
		Sigs:   []Sig{{"(array: array, more...: array|bool): dynamic", Row(func(a []value.Value) value.Value { return arraySort(a, true) })}},
		Ex:     []Example{{`array_sort_desc(dynamic([1,3,2]))`, `[3,2,1]`}, {`array_sort_desc(dynamic([1,null,2]))`, `[2,1,null]`}}},
	{Name: "strcat_array", Aliases: []string{"array_strcat"}, Doc: "Joins the texts of the elements of an array with a delimiter between them.",
		Sigs: []Sig{{"(array: array, delimiter: text): string", Map2(func(v value.Value, delim string) (string, bool) {
			parts := make([]string, len(v.Items()))
			for i, e := range v.Items() {
				parts[i] = value.Text(e, true)
			}
			return strings.Join(parts, delim), true
		})}},
		Ex: []Example{{`strcat_array(dynamic([1,null,3]), "-")`, `1--3`}, {`strcat_array(dynamic(["a"]), ",")`, `a`}}},
	{Name: "pack_array", AllColumns: true, Doc: "Makes an array of its arguments; * stands for all columns.",
		Sigs: []Sig{{"(value: scalar, more...: scalar): dynamic", Row(func(a []value.Value) value.Value {
			out := make([]value.Value, len(a))
			for i, v := range a {
				out[i] = element(v)
			}
			return value.Array(out)
		})}},
		Ex: []Example{{`pack_array(1, "2", 2s)`, `[1,"2","00:00:02"]`}, {`pack_array(long(null))`, `[null]`}}},
	{Name: "repeat", Doc: "Makes an array that holds a value several times.", Naming: NamePrefixFirst, Prefix: "repeat",
		Sigs: []Sig{{"(value: scalar, count: long): dynamic", Row(func(a []value.Value) value.Value {
			if a[1].IsNull() || a[1].Int64() < 0 {
				return value.Null
			}
			out := make([]value.Value, min(a[1].Int64(), maxItems))
			for i := range out {
				out[i] = element(a[0])
			}
			return value.Array(out)
		})}},
		Ex: []Example{{`repeat(1, 3)`, `[1,1,1]`}, {`repeat("a", 0)`, `[]`}}},
	{Name: "range", Doc: "Makes an array of the values from start to stop (included) in steps, by default of 1 or one hour.",
		Sigs: []Sig{{"(start: summable, stop: summable, step?: summable): dynamic", Rows(rangeArray)}},
		Ex: []Example{{`range(1, 8, 3)`, `[1,4,7]`}, {`range(1, 3)`, `[1,2,3]`}, {`range(1h, 3h)`, `["01:00:00","02:00:00","03:00:00"]`},
			{`range(1.0, 2, 0.5)`, `[1.0,1.5,2.0]`}, {`range(5, 1)`, `[]`}}},
	{Name: "zip", Most: 64, Doc: "Makes an array of arrays out of the elements at the same places; shorter arrays are filled up with null.",
		Sigs: []Sig{{"(array: array, array2: array, more...: array): dynamic", Row(zip)}},
		Ex:   []Example{{`zip(dynamic([1,3,5]), dynamic([2,4,6]))`, `[[1,2],[3,4],[5,6]]`}, {`zip(dynamic([1,2]), dynamic(["a"]))`, `[[1,"a"],[2,null]]`}}},
}

func isArray(v value.Value) bool { return v.Kind() == value.KindArray }

// element is v as a dynamic holds it: integers are longs there.
func element(v value.Value) value.Value {
	if v.Kind() == value.KindInt {
		return value.Long(v.Int64())
	}
	return v
}

func arrayIff(a []value.Value) value.Value {
	if !isArray(a[0]) {
		return value.Null
	}
	pick := func(v value.Value, i int) value.Value {
		if !isArray(v) {
			return element(v)
		}
		return itemOrNull(v, i)
	}
	out := make([]value.Value, len(a[0].Items()))
	for i, c := range a[0].Items() {
		switch {
		case c.Kind() == value.KindBool, c.Numeric():
			if c.Float() != 0 {
				out[i] = pick(a[1], i)
			} else {
				out[i] = pick(a[2], i)
			}
		}
	}
	return value.Array(out)
}

func itemOrNull(v value.Value, i int) value.Value {
	if items := v.Items(); i < len(items) {
		return items[i]
	}
	return value.Null
}

func arrayIndexOf(a []value.Value) value.Value {
	if !isArray(a[0]) {
		return value.Null
	}
	items := a[0].Items()
	n := int64(len(items))
	start, length, occurrence := longArg(a, 2, 0), longArg(a, 3, -1), longArg(a, 4, 1)
	if length < -1 || occurrence < 1 {
		return value.Null
	}
	if start < 0 {
		start = max(0, start+n)
	}
	end := n
	if length >= 0 && length < n-start {
		end = start + length
	}
	for i := start; i < end; i++ {
		if value.Equal(items[i], a[1]) {
			if occurrence--; occurrence == 0 {
				return value.Long(i)
			}
		}
	}
	return value.Long(-1)
}

func arraySlice(a []value.Value) value.Value {
	if !isArray(a[0]) {
		return value.Null
	}
	items := a[0].Items()
	n := int64(len(items))
	start, end := a[1].Int64(), a[2].Int64()
	if start < 0 {
		start = max(0, start+n)
	}
	if end < 0 {
		end += n
	}
	end = min(end, n-1)
	if start > end {
		return value.Array(nil)
	}
	return value.Array(items[start : end+1])
}

func arraySplit(a []value.Value) value.Value {
	if !isArray(a[0]) {
		return value.Null
	}
	items := a[0].Items()
	cuts := []value.Value{a[1]}
	if isArray(a[1]) {
		cuts = a[1].Items()
	}
	var out []value.Value
	from := 0
	for _, c := range cuts {
		if !c.Type().Integer() {
			return value.Null
		}
		at := c.Int64()
		if at < 0 {
			at += int64(len(items))
		}
		to := max(from, int(max(0, min(at, int64(len(items))))))
		out = append(out, value.Array(items[from:to]))
		from = to
	}
	return value.Array(append(out, value.Array(items[from:])))
}

func rotate(v value.Value, by int64) value.Value {
	if !isArray(v) {
		return value.Null
	}
	items := v.Items()
	n := int64(len(items))
	if n == 0 {
		return v
	}
	by = (by%n + n) % n
	out := make([]value.Value, 0, n)
	return value.Array(append(append(out, items[by:]...), items[:by]...))
}

// shift moves to the left where sign is 1. What comes in is null, or empty in
// an array of texts, as the reference says.
func shift(a []value.Value, sign int64) value.Value {
	if !isArray(a[0]) || a[1].IsNull() {
		return value.Null
	}
	items := a[0].Items()
	fill := value.Null
	switch {
	case len(a) > 2:
		fill = element(a[2])
	case allStrings(items):
		fill = value.String("")
	}
	n := int64(len(items))
	by := max(-n, min(n, a[1].Int64())) * sign
	out := make([]value.Value, n)
	for i := range out {
		if from := int64(i) + by; from >= 0 && from < n {
			out[i] = items[from]
		} else {
			out[i] = fill
		}
	}
	return value.Array(out)
}

func allStrings(items []value.Value) bool {
	for _, v := range items {
		if v.Kind() != value.KindString {
			return false
		}
	}
	return true
}

func arraySum(v value.Value) (float64, bool) {
	sum := 0.0
	for _, e := range v.Items() {
		if !e.Numeric() {
			return 0, false
		}
		sum += e.Float()
	}
	return sum, len(v.Items()) > 0
}

func sortedColumns(args []types.Type) []Column {
	n := len(args)
	if n > 0 && args[n-1] == types.Bool {
		n--
	}
	if n < 2 {
		return nil
	}
	cols := make([]Column, n)
	for i := range cols {
		cols[i] = Column{"array" + strconv.Itoa(i+1) + "_sorted", types.Dynamic}
	}
	return cols
}

func arraySort(a []value.Value, desc bool) value.Value {
	nullsLast := true
	if n := len(a); n > 1 && a[n-1].Kind() == value.KindBool {
		nullsLast, a = a[n-1].IsTrue(), a[:n-1]
	}
	if !isArray(a[0]) {
		return value.Null
	}
	items := a[0].Items()
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool {
		x, y := items[order[i]], items[order[j]]
		if x.IsNull() || y.IsNull() {
			if x.IsNull() && y.IsNull() {
				return false
			}
			return y.IsNull() == nullsLast
		}
		if p, q := sortClass(x), sortClass(y); p != q {
			return p < q
		}
		if desc {
			return value.Compare(y, x) < 0
		}
		return value.Compare(x, y) < 0
	})
	out := make([]value.Value, len(a))
	for k, v := range a {
		if !isArray(v) || len(v.Items()) != len(items) {
			continue
		}
		sorted := make([]value.Value, len(order))
		for i, from := range order {
			sorted[i] = itemOrNull(v, from)
		}
		out[k] = value.Array(sorted)
	}
	if len(out) == 1 {
		return out[0]
	}
	return value.Array(out)
}

// sortClass puts elements of unlike types in order: numbers and times, texts,
// guids, all others.
func sortClass(v value.Value) int {
	switch v.Kind() {
	case value.KindInt, value.KindLong, value.KindReal, value.KindDecimal, value.KindDateTime, value.KindTimeSpan:
		return 0
	case value.KindString:
		return 1
	case value.KindGUID:
		return 2
	default:
		return 3
	}
}

func zip(a []value.Value) value.Value {
	n := 0
	for _, v := range a {
		if !isArray(v) {
			return value.Null
		}
		n = max(n, len(v.Items()))
	}
	out := make([]value.Value, n)
	for i := range out {
		row := make([]value.Value, len(a))
		for k, v := range a {
			row[k] = itemOrNull(v, i)
		}
		out[i] = value.Array(row)
	}
	return value.Array(out)
}

var errRange = errors.New("range(): start, stop and step do not fit together")

func rangeArray(_ *Call, a []value.Value) (value.Value, error) {
	if a[0].IsNull() || a[1].IsNull() || len(a) > 2 && a[2].IsNull() {
		return value.Null, nil
	}
	start, stop := a[0], a[1]
	timed := start.Kind() == value.KindDateTime || start.Kind() == value.KindTimeSpan
	step := value.Long(1)
	if timed {
		step = value.TimeSpan(types.Hour)
	}
	if len(a) > 2 {
		step = a[2]
	}
	var out []value.Value
	if timed {
		if stop.Kind() != start.Kind() || step.Kind() != value.KindTimeSpan {
			return value.Null, errRange
		}
	} else if !start.Numeric() || !stop.Numeric() || !step.Numeric() {
		return value.Null, errRange
	}
	if timed || start.Type().Integer() && stop.Type().Integer() && step.Type().Integer() {
		x, end, by := start.Int64(), stop.Int64(), step.Int64()
		kind := types.Long
		if timed {
			kind = start.Type()
		}
		for ok := by != 0; ok && len(out) < maxItems && (by > 0 && x <= end || by < 0 && x >= end); {
			out = append(out, value.FromInt64(kind, x))
			x, ok = types.AddOverflow(x, by)
		}
		return value.Array(out), nil
	}
	x, end, by := start.Float(), stop.Float(), step.Float()
	for i := 0; by != 0 && i < maxItems; i++ {
		f := x + float64(i)*by
		if !(by > 0 && f <= end || by < 0 && f >= end) {
			break
		}
		out = append(out, value.Real(f))
	}
	return value.Array(out), nil
}
