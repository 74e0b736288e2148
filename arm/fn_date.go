package arm

import (
	"fmt"
	"time"
)

func (c *call) time(i int) (time.Time, error) {
	s, err := c.text(i)
	if err != nil {
		return time.Time{}, err
	}
	t, ok := ParseTime(s)
	if !ok {
		return t, fmt.Errorf("%q is no date", s)
	}
	return t, nil
}

// dated checks the range of .NET's DateTime and formats, by argument i where it is there.
func (c *call) dated(t time.Time, i int) (Value, error) {
	if y := t.Year(); y < 1 || y > 9999 {
		return Null, fmt.Errorf("the result is outside the years 1 to 9999")
	}
	if len(c.args) <= i {
		return Text(isoTime(t)), nil
	}
	f, err := c.text(i)
	if err != nil {
		return Null, err
	}
	s, err := FormatTime(t, f)
	return Text(s), err
}

func dateFunctions() []Function {
	return []Function{
		{
			Name: "utcNow", Doc: "Returns the current time in UTC, by default as yyyyMMddTHHmmssZ in templates and in ISO 8601 in policy rules.", Min: 0, Max: 1, Impure: true,
			Sigs: []string{"([format: string]) string"}, Examples: []Example{{"utcNow()", "unknown"}},
			eval: func(c *call) (Value, error) {
				if c.env.Now.IsZero() {
					return Unknown("utcNow() is known only at the time of deployment"), nil
				}
				f := "yyyyMMddTHHmmssZ"
				if len(c.args) > 0 {
					var err error
					if f, err = c.text(0); err != nil {
						return Null, err
					}
				}
				s, err := FormatTime(c.env.Now.UTC(), f)
				return Text(s), err
			},
		},
		{
			Name: "dateTimeAdd", Doc: "Adds an ISO 8601 duration to a date; a year counts 365 days and a month 30.", Min: 2, Max: 3,
			Sigs:     []string{"(base: string, duration: string[, format: string]) string"},
			Examples: []Example{{"dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')", `"2023-04-07T14:53:14Z"`}, {"dateTimeAdd('2020-04-07T14:53:14Z', '-P9D', 'yyyy-MM-dd')", `"2020-03-29"`}},
			eval: func(c *call) (Value, error) {
				t, err := c.time(0)
				if err != nil {
					return Null, err
				}
				s, err := c.text(1)
				if err != nil {
					return Null, err
				}
				d, err := parseDuration(s)
				if err != nil {
					return Null, err
				}
				return c.dated(t.Add(d), 2)
			},
		},
		{
			Name: "dateTimeFromEpoch", Doc: "Turns seconds since 1970 into a date in ISO 8601.", Min: 1, Max: 1,
			Sigs: []string{"(epochTime: int) string"}, Examples: []Example{{"dateTimeFromEpoch(1683040573)", `"2023-05-02T15:16:13Z"`}},
			eval: func(c *call) (Value, error) {
				n, err := c.int(0)
				if err != nil {
					return Null, err
				}
				if n < -62135596800 || n > 253402300799 {
					return Null, fmt.Errorf("%d is outside the years 1 to 9999", n)
				}
				return Text(isoTime(time.Unix(n, 0).UTC())), nil
			},
		},
		{
			Name: "dateTimeToEpoch", Doc: "Turns a date into seconds since 1970.", Min: 1, Max: 1,
			Sigs: []string{"(dateTime: string) int"}, Examples: []Example{{"dateTimeToEpoch('2023-05-02T15:16:13Z')", "1683040573"}},
			eval: func(c *call) (Value, error) {
				t, err := c.time(0)
				return Int(t.Unix()), err
			},
		},
		{
			Name: "addDays", Doc: "Adds days to a date.", Min: 2, Max: 2, In: Policy,
			Sigs: []string{"(dateTime: string, numberOfDaysToAdd: int) string"}, Examples: []Example{{"addDays('2024-02-28T00:00:00Z', 2)", `"2024-03-01T00:00:00Z"`}},
			eval: func(c *call) (Value, error) {
				t, err := c.time(0)
				if err != nil {
					return Null, err
				}
				n, err := c.int(1)
				if err != nil {
					return Null, err
				}
				if n < -4_000_000 || n > 4_000_000 {
					return Null, fmt.Errorf("%d days are outside the years 1 to 9999", n)
				}
				return c.dated(t.AddDate(0, 0, int(n)), 2)
			},
		},
	}
}
