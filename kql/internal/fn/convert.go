package fn

import (
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// conversions are the to...() functions. Their rules are those that the
// engine also applies where it converts on its own.
var conversions = []Func{
	{Name: "tostring", Doc: "Converts a value to its text; null becomes the empty string.", Naming: NameFirst,
		Sigs: []Sig{{"(value: scalar): string", toType(types.String)}},
		Ex:   []Example{{`tostring(1.0)`, `1.0`}, {`tostring(true)`, `True`}, {`tostring(dynamic({"a":1}))`, `{"a":1}`}, {`tostring(int(null))`, ``}}},
	{Name: "tolong", Doc: "Converts a value to long; null where it is no whole number.", Naming: NameFirst,
		Sigs: []Sig{{"(value: scalar): long", toType(types.Long)}},
		Ex:   []Example{{`tolong("0x1F")`, `31`}, {`tolong("5.9")`, `null`}, {`tolong(1d)`, `864000000000`}}},
	{Name: "toint", Doc: "Converts a value to int; a long keeps its low 32 bits, a real saturates.", Naming: NameFirst,
		Sigs: []Sig{{"(value: scalar): int", toType(types.Int)}},
		Ex:   []Example{{`toint(2147483648)`, `-2147483648`}, {`toint(-2.9)`, `-2`}, {`toint("2147483648")`, `null`}}},
	{Name: "todouble", Aliases: []string{"toreal"}, Doc: "Converts a value to real.", Naming: NameFirst,
		Sigs: []Sig{{"(value: scalar): real", toType(types.Real)}},
		Ex:   []Example{{`todouble("123.4")`, `123.4`}, {`todouble("INF")`, `null`}, {`todouble("1e400")`, `inf`}}},
	{Name: "tobool", Aliases: []string{"toboolean"}, Doc: "Converts a value to bool: numbers other than 0 are true, texts true, false and whole numbers.", Naming: NameFirst,
		Sigs: []Sig{{"(value: scalar): bool", toType(types.Bool)}},
		Ex:   []Example{{`tobool("TRUE")`, `true`}, {`tobool("-1")`, `true`}, {`tobool("yes")`, `null`}, {`tobool(0.5)`, `true`}}},
	{Name: "todatetime", Doc: "Converts a text to datetime; a number counts ticks.", Naming: NameFirst,
		Sigs: []Sig{{"(value: scalar): datetime", toType(types.DateTime)}},
		Ex:   []Example{{`todatetime("2015-12-24T02:00:00+02:00")`, `2015-12-24T00:00:00.0000000Z`}, {`todatetime("no date")`, `null`}}},
	{Name: "totimespan", Aliases: []string{"totime"}, Doc: "Converts a text to timespan; a number counts ticks.", Naming: NameFirst,
		Sigs: []Sig{{"(value: scalar): timespan", toType(types.TimeSpan)}},
		Ex:   []Example{{`totimespan("1.02:03:04.5")`, `1.02:03:04.5000000`}, {`totimespan("1.5")`, `null`}}},
	{Name: "todecimal", Doc: "Converts a value to decimal.", Naming: NameFirst,
		Sigs: []Sig{{"(value: scalar): decimal", toType(types.Decimal)}},
		Ex:   []Example{{`todecimal("123.45678")`, `123.45678`}}},
	{Name: "toguid", Doc: "Converts a text to guid.", Naming: NameFirst,
		Sigs: []Sig{{"(value: string|dynamic|guid): guid", toType(types.GUID)}},
		Ex:   []Example{{`toguid("70FC66F7-8279-44FC-9092-D364D70FCE44")`, `70fc66f7-8279-44fc-9092-d364d70fce44`}}},
	{Name: "parse_json", Aliases: []string{"todynamic", "parsejson", "toobject"}, Doc: "Reads a JSON text; a text that is no JSON stays a string.", Naming: NameFirst,
		Sigs: []Sig{{"(value: string|dynamic): dynamic", toType(types.Dynamic)}},
		Ex:   []Example{{`parse_json('{"a":[1,2]}')`, `{"a":[1,2]}`}, {`parse_json("x y")`, `x y`}, {`parse_json("")`, `null`}}},
	{Name: "gettype", Doc: "Names the type that a value has at run time.", Naming: NamePrefixFirst, Prefix: "type",
		Sigs: []Sig{{"(value: scalar): string", evalGetType}},
		Ex:   []Example{{`gettype(1)`, `long`}, {`gettype(dynamic([1]))`, `array`}, {`gettype(1.5)`, `real`}}},
}

// toType makes the kernel of a conversion.
func toType(t types.Type) Kernel {
	return func(c *Call) (*vec.Vec, error) {
		v := c.Args[0]
		if t == types.Dynamic && v.Type == types.String {
			return ParseJSONVec(v), nil
		}
		return ConvertVec(v, t), nil
	}
}

// ParseJSONVec reads each text of a string column as JSON.
func ParseJSONVec(v *vec.Vec) *vec.Vec {
	out := make([]value.Value, len(v.Strs))
	for i, s := range v.Strs {
		out[i] = ParseDynamic(s)
	}
	r := vec.OfDynamics(out)
	if v.Const {
		r.Const = true
		r = r.WithLen(v.Len())
	}
	return r
}

// ParseDynamic is parse_json() of one text: what is no JSON stays a string,
// nothing is null.
func ParseDynamic(s string) value.Value {
	if s == "" {
		return value.Null
	}
	v, err := value.ParseJSON(s)
	if err != nil {
		return value.String(s)
	}
	return v
}

// ConvertVec converts a column to another type as to...() functions do; a
// conversion to dynamic wraps the values as they are.
func ConvertVec(v *vec.Vec, t types.Type) *vec.Vec {
	switch {
	case v.Type == t || t == types.None:
		return v
	case v.Type == types.Int && t == types.Long:
		return v.Retype(t)
	case v.Type.Integer() && t == types.Real:
		f := make([]float64, len(v.Ints))
		for i, x := range v.Ints {
			f[i] = float64(x)
		}
		r := vec.OfReals(f)
		r.Null, r.Const = v.Null, v.Const
		return r.WithLen(v.Len())
	}
	n := v.Len()
	if v.Const {
		n = 1
	}
	b := vec.NewBuilder(t, n)
	dyn := v.Type == types.Dynamic
	for i := range n {
		b.Append(convert(v.Get(i), t, dyn))
	}
	r := b.Finish()
	r.Const = v.Const
	return r.WithLen(v.Len())
}

// Convert converts one value; see ConvertVec.
func Convert(v value.Value, from, to types.Type) value.Value {
	return convert(v, to, from == types.Dynamic)
}

func convert(v value.Value, t types.Type, dyn bool) value.Value {
	if t == types.String {
		return value.String(value.Text(v, dyn))
	}
	if v.IsNull() || t == types.Dynamic || t == types.None {
		return v
	}
	switch t {
	case types.Long:
		return toLong(v)
	case types.Int:
		return toInt(v)
	case types.Real:
		return toReal(v)
	case types.Bool:
		return toBool(v)
	case types.DateTime:
		return toDateTime(v)
	case types.TimeSpan:
		return toTimeSpan(v)
	case types.Decimal:
		return toDecimal(v)
	case types.GUID:
		switch v.Kind() {
		case value.KindGUID:
			return v
		case value.KindString:
			if g, ok := types.ReadGUID(v.Str()); ok {
				return value.GUID(g)
			}
		default:
		}
	default:
	}
	return value.Null
}

// parseWhole reads an integer as the engine does: blanks around, a sign, plain
// digits or 0x.
func parseWhole(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		return int64(u), err == nil
	}
	if strings.IndexByte(s, '_') >= 0 {
		return 0, false
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return i, err == nil
}

func saturate(f float64) (int64, bool) {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return 0, false
	case f >= math.MaxInt64:
		return math.MaxInt64, true
	case f <= math.MinInt64:
		return math.MinInt64, true
	}
	return int64(f), true
}

func toLong(v value.Value) value.Value {
	switch v.Kind() {
	case value.KindInt, value.KindLong, value.KindBool, value.KindDateTime, value.KindTimeSpan:
		return value.Long(v.Int64())
	case value.KindReal:
		if i, ok := saturate(v.Float()); ok {
			return value.Long(i)
		}
	case value.KindDecimal:
		var whole apd.Decimal
		ctx := types.Decimals()
		ctx.Rounding = apd.RoundDown
		if _, err := ctx.RoundToIntegralValue(&whole, v.Dec()); err == nil {
			if i, err := whole.Int64(); err == nil {
				return value.Long(i)
			}
		}
	case value.KindString:
		if i, ok := parseWhole(v.Str()); ok {
			return value.Long(i)
		}
	default:
	}
	return value.Null
}

func toInt(v value.Value) value.Value {
	switch v.Kind() {
	case value.KindReal:
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return value.Null
		}
		return value.Int(int32(max(math.MinInt32, min(math.MaxInt32, f))))
	case value.KindString:
		if i, ok := parseWhole(v.Str()); ok && i >= math.MinInt32 && i <= math.MaxInt32 {
			return value.Int(int32(i))
		}
		return value.Null
	default:
	}
	if l := toLong(v); !l.IsNull() {
		return value.Int(int32(l.Int64()))
	}
	return value.Null
}

// ParseReal reads a real as todouble() does.
func ParseReal(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	switch s {
	case "inf", "+inf", "Inf", "+Inf", "Infinity", "+Infinity", "infinity":
		return math.Inf(1), true
	case "-inf", "-Inf", "-Infinity", "-infinity":
		return math.Inf(-1), true
	case "nan", "NaN":
		return math.NaN(), true
	case "":
		return 0, false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

func toReal(v value.Value) value.Value {
	switch v.Kind() {
	case value.KindReal:
		return v
	case value.KindString:
		if f, ok := ParseReal(v.Str()); ok {
			return value.Real(f)
		}
		return value.Null
	case value.KindGUID, value.KindArray, value.KindBag:
		return value.Null
	default:
	}
	return value.Real(v.Float())
}

func toBool(v value.Value) value.Value {
	switch v.Kind() {
	case value.KindBool:
		return v
	case value.KindInt, value.KindLong:
		return value.Bool(v.Int64() != 0)
	case value.KindReal, value.KindDecimal:
		return value.Bool(v.Float() != 0)
	case value.KindString:
		switch s := v.Str(); {
		case strings.EqualFold(s, "true"):
			return value.Bool(true)
		case strings.EqualFold(s, "false"):
			return value.Bool(false)
		default:
			if i, err := strconv.ParseInt(s, 10, 64); err == nil {
				return value.Bool(i != 0)
			}
		}
	default:
	}
	return value.Null
}

func toDateTime(v value.Value) value.Value {
	switch v.Kind() {
	case value.KindDateTime:
		return v
	case value.KindInt, value.KindLong, value.KindTimeSpan:
		return value.DateTime(v.Int64())
	case value.KindReal, value.KindDecimal:
		if t, ok := types.TicksFromReal(math.Trunc(v.Float())); ok {
			return value.DateTime(t)
		}
	case value.KindString:
		if t, ok := types.ParseDateTime(v.Str()); ok {
			return value.DateTime(t)
		}
	default:
	}
	return value.Null
}

func toTimeSpan(v value.Value) value.Value {
	switch v.Kind() {
	case value.KindTimeSpan:
		return v
	case value.KindInt, value.KindLong, value.KindDateTime:
		return value.TimeSpan(v.Int64())
	case value.KindReal, value.KindDecimal:
		if t, ok := types.TicksFromReal(v.Float()); ok {
			return value.TimeSpan(t)
		}
	case value.KindString:
		if t, ok := types.ParseTimeSpan(v.Str(), false); ok {
			return value.TimeSpan(t)
		}
	default:
	}
	return value.Null
}

func toDecimal(v value.Value) value.Value {
	switch v.Kind() {
	case value.KindDecimal:
		return v
	case value.KindInt, value.KindLong, value.KindBool, value.KindTimeSpan, value.KindDateTime:
		return value.Decimal(types.DecimalFromInt(v.Int64()))
	case value.KindReal:
		if d, ok := types.DecimalFromReal(v.Float()); ok {
			return value.Decimal(d)
		}
	case value.KindString:
		if d, ok := types.ParseDecimal(v.Str()); ok {
			return value.Decimal(d)
		}
	default:
	}
	return value.Null
}

func evalGetType(c *Call) (*vec.Vec, error) {
	a := c.Args[0]
	out := make([]string, c.N)
	for i := range out {
		out[i] = typeName(a.Type, a.Get(i))
	}
	return vec.OfStrings(out), nil
}

func typeName(t types.Type, v value.Value) string {
	if t != types.Dynamic {
		return t.String()
	}
	switch v.Kind() {
	case value.KindNull:
		return "null"
	case value.KindArray:
		return "array"
	case value.KindBag:
		return "dictionary"
	case value.KindReal:
		return "double"
	default:
	}
	return v.Type().String()
}
