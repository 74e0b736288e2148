package fn

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// TestExamples runs the examples of all scalar functions with a reader for
// calls and literals only; package kql runs them again through the whole engine.
func TestExamples(t *testing.T) {
	for _, f := range Builtin().Funcs {
		if len(f.Ex) == 0 && !f.Special && !f.Volatile && !f.Window && f.Name[0] >= 'a' && f.Name[0] <= 'z' && f.Name != "now" && f.Name != "ago" {
			t.Errorf("%s: no example", f.Name)
		}
		if f.Special || f.Window {
			continue
		}
		for _, ex := range f.Ex {
			e := exprReader{s: ex.Expr, ctx: NewCtx(types.UnixEpoch, 1)}
			got, err := e.run()
			if err != nil {
				t.Errorf("%s: %v", ex.Expr, err)
			} else if got != ex.Want {
				t.Errorf("%s = %s, want %s", ex.Expr, got, ex.Want)
			}
		}
	}
}

type exprReader struct {
	s   string
	i   int
	ctx *Ctx
}

func (e *exprReader) run() (out string, err error) {
	defer func() {
		if p := recover(); p != nil {
			if s, ok := p.(string); ok {
				err = fmt.Errorf("%s", s)
				return
			}
			panic(p)
		}
	}()
	v := e.expr()
	if e.space(); e.i != len(e.s) {
		return "", fmt.Errorf("rest %q", e.s[e.i:])
	}
	return ExampleText(v.Type, v.Get(0)), nil
}

func (e *exprReader) space() {
	for e.i < len(e.s) && strings.IndexByte(" \t\n", e.s[e.i]) >= 0 {
		e.i++
	}
}

func (e *exprReader) expr() *vec.Vec {
	e.space()
	start := e.i
	switch c := e.s[e.i]; {
	case c == '"' || c == '\'' || c == '@':
		return vec.Repeat(types.String, value.String(e.str()), 1)
	case c >= '0' && c <= '9' || c == '-' || c == '+':
		e.i++
		for e.i < len(e.s) && (e.s[e.i] == '.' || e.s[e.i] >= '0' && e.s[e.i] <= '9' || e.s[e.i]|32 >= 'a' && e.s[e.i]|32 <= 'z' || (e.s[e.i] == '-' || e.s[e.i] == '+') && e.s[e.i-1] == 'e') {
			e.i++
		}
		return number(e.s[start:e.i])
	}
	for e.i < len(e.s) && (e.s[e.i] == '_' || e.s[e.i] >= '0' && e.s[e.i] <= '9' || e.s[e.i]|32 >= 'a' && e.s[e.i]|32 <= 'z') {
		e.i++
	}
	name := e.s[start:e.i]
	if name == "true" || name == "false" {
		return vec.Repeat(types.Bool, value.Bool(name == "true"), 1)
	}
	if e.i >= len(e.s) || e.s[e.i] != '(' {
		panic("want a call or literal at " + e.s[start:])
	}
	e.i++
	if t, ok := types.Parse(name); ok {
		return e.typed(t)
	}
	var args []*vec.Vec
	for e.space(); e.s[e.i] != ')'; e.space() {
		args = append(args, e.expr())
		if e.space(); e.s[e.i] == ',' {
			e.i++
		}
	}
	e.i++
	f := Builtin().Func(name)
	if f == nil {
		panic("no function " + name)
	}
	ts := make([]types.Type, len(args))
	for i, a := range args {
		ts[i] = a.Type
	}
	o, err := Builtin().Resolve(f, ts)
	if err != nil {
		panic(err.Error())
	}
	if name == "case" {
		var branches []types.Type
		for i := range ts {
			if i%2 == 1 || i == len(ts)-1 {
				branches = append(branches, ts[i])
			}
		}
		o.Out = Common(branches)
	}
	for i, t := range o.To {
		args[i] = ConvertVec(args[i], t)
	}
	v, err := o.Eval(&Call{Ctx: e.ctx, Args: args, Out: o.Out, N: 1})
	if err != nil {
		panic(err.Error())
	}
	return v
}

func (e *exprReader) str() string {
	verbatim := e.s[e.i] == '@'
	if verbatim {
		e.i++
	}
	q := e.s[e.i]
	var b strings.Builder
	for e.i++; e.s[e.i] != q; e.i++ {
		c := e.s[e.i]
		if c == '\\' && !verbatim {
			e.i++
			c = e.s[e.i]
			if k := strings.IndexByte("ntr0", c); k >= 0 {
				c = "\n\t\r\x00"[k]
			}
		}
		b.WriteByte(c)
	}
	e.i++
	return b.String()
}

// typed reads the inside of datetime(...), dynamic(...), int(null) ...
func (e *exprReader) typed(t types.Type) *vec.Vec {
	start, depth := e.i, 1
	for ; depth > 0; e.i++ {
		switch e.s[e.i] {
		case '(':
			depth++
		case ')':
			depth--
		}
	}
	text := strings.TrimSpace(e.s[start : e.i-1])
	if text == "null" {
		return vec.Nulls(t, 1)
	}
	if len(text) > 1 && (text[0] == '"' || text[0] == '\'') && t != types.Dynamic {
		text = text[1 : len(text)-1]
	}
	switch t {
	case types.Dynamic:
		return vec.Repeat(t, ParseDynamic(text), 1)
	case types.TimeSpan:
		n, ok := types.ParseTimeSpan(text, true)
		if !ok {
			panic("timespan " + text)
		}
		return vec.Repeat(t, value.TimeSpan(n), 1)
	default:
	}
	return vec.Repeat(t, convert(value.String(text), t, false), 1)
}

func number(s string) *vec.Vec {
	if i, err := strconv.ParseInt(s, 0, 64); err == nil {
		return vec.Repeat(types.Long, value.Long(i), 1)
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return vec.Repeat(types.Real, value.Real(f), 1)
	}
	t, ok := types.ParseTimeSpan(s, false)
	if !ok {
		panic("number " + s)
	}
	return vec.Repeat(types.TimeSpan, value.TimeSpan(t), 1)
}
