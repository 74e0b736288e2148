package fn

import (
	"fmt"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
)

func datetimePart(_ *Call, a []value.Value) (value.Value, error) {
	part, _ := periodOf(a[0].Str())
	if a[1].IsNull() {
		return value.Null, nil
	}
	t := a[1].Int64()
	c := types.ToCivil(t)
	n := 0
	switch part {
	case "year":
		n = c.Year
	case "quarter":
		n = (c.Month + 2) / 3
	case "month":
		n = c.Month
	case "week_of_year", "weekofyear":
		n = int(isoWeek(t))
	case "day":
		n = c.Day
	case "dayofyear":
		n = dayOfYear(c)
	case "hour":
		n = c.Hour
	case "minute":
		n = c.Minute
	case "second":
		n = c.Second
	case "millisecond":
		n = c.Tick / 10_000
	case "microsecond":
		n = c.Tick / 10
	case "nanosecond":
		n = c.Tick * 100
	default:
		return value.Null, fmt.Errorf("datetime_part(): unknown part %q", a[0].Str())
	}
	return value.Int(int32(n)), nil
}

func datetimeAdd(_ *Call, a []value.Value) (value.Value, error) {
	period, ticks := periodOf(a[0].Str())
	months := int64(0)
	switch period {
	case "year":
		months = 12
	case "quarter":
		months = 3
	case "month":
		months = 1
	case "nanosecond":
	default:
		if ticks == 0 {
			return value.Null, fmt.Errorf("datetime_add(): unknown period %q", a[0].Str())
		}
	}
	if a[1].IsNull() || a[2].IsNull() {
		return value.Null, nil
	}
	n, t := a[1].Int64(), a[2].Int64()
	var add int64
	switch {
	case months > 0:
		if n > maxPeriods || n < -maxPeriods {
			return value.Null, nil
		}
		c := types.ToCivil(t)
		m := int64(c.Year)*12 + int64(c.Month) - 1 + n*months
		y := types.FloorDiv(m, 12)
		month := int(m-y*12) + 1
		if y < 1 || y > 9999 {
			return value.Null, nil
		}
		day := min(c.Day, types.DaysIn(int(y), month))
		return value.DateTime(types.DaysFromDate(int(y), month, day)*types.Day + t%types.Day), nil
	case ticks == 0:
		add = n / 100
	default:
		var ok bool
		if add, ok = types.MulOverflow(n, ticks); !ok {
			return value.Null, nil
		}
	}
	sum, ok := types.AddOverflow(t, add)
	if !ok {
		return value.Null, nil
	}
	return value.DateTime(sum), nil
}

// datetimeDiff counts the borders between two times: the difference of what
// each is cut down to.
func datetimeDiff(c *Call, a []value.Value) (value.Value, error) {
	period, ticks := periodOf(a[0].Str())
	null := a[1].IsNull() || a[2].IsNull()
	x, y := a[1].Int64(), a[2].Int64()
	var n int64
	switch period {
	case "year", "quarter", "month":
		if null {
			return value.Null, nil
		}
		p, q := types.ToCivil(x), types.ToCivil(y)
		switch period {
		case "year":
			n = int64(p.Year - q.Year)
		case "quarter":
			n = int64((p.Year*4 + (p.Month-1)/3) - (q.Year*4 + (q.Month-1)/3))
		default:
			n = int64((p.Year*12 + p.Month) - (q.Year*12 + q.Month))
		}
	case "week":
		n = (weekStart(x, 0) - weekStart(y, 0)) / (7 * types.Day)
	case "nanosecond":
		d, ok := types.MulOverflow(x-y, 100)
		if !ok {
			return value.Null, nil
		}
		n = d
	default:
		if ticks == 0 {
			return value.Null, fmt.Errorf("datetime_diff(): unknown period %q", a[0].Str())
		}
		n = x/ticks - y/ticks
	}
	switch {
	case null:
		return value.Null, nil
	case c.Out == types.Real:
		return value.Real(float64(n)), nil
	}
	return value.Long(n), nil
}
