package fn

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

var datetimeFuncs = []Func{
	{Name: "now", Doc: "Returns the time of the query, plus an offset.",
		Sigs: []Sig{
			{"(): datetime", func(c *Call) (*vec.Vec, error) { return vec.Repeat(types.DateTime, value.DateTime(c.Now), c.N), nil }},
			{"(offset: timespan): datetime", nowOffset(1)},
		}},
	{Name: "ago", Doc: "Returns the time of the query minus a timespan.",
		Sigs: []Sig{{"(offset: timespan): datetime", nowOffset(-1)}}},
	{Name: "startofday", Doc: "Returns the start of the day, some days on.", Naming: NameFirst,
		Sigs: []Sig{{"(date: datetime, offset?: long): datetime", Strict(func(a []value.Value) value.Value {
			t := a[0].Int64() / types.Day * types.Day
			if len(a) > 1 {
				t += a[1].Int64() * types.Day
			}
			return value.DateTime(t)
		})}},
		Ex: []Example{{`startofday(datetime(2017-01-01 10:10:17))`, `2017-01-01T00:00:00.0000000Z`},
			{`startofday(datetime(2017-01-01 10:10:17), -1)`, `2016-12-31T00:00:00.0000000Z`}}},
}

func nowOffset(sign int64) Kernel {
	return Rows(func(c *Call, a []value.Value) (value.Value, error) {
		if a[0].IsNull() {
			return value.Null, nil
		}
		t, ok := types.AddOverflow(c.Now, sign*a[0].Int64())
		if !ok {
			return value.Null, nil
		}
		return value.DateTime(t), nil
	})
}
