package exec

import (
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/regex"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// parser matches one text and gives the captures; ok is false where the
// pattern does not match.
type parser func(s string) (caps []value.Value, ok bool)

func (r *run) parse(n *plan.Parse) (stream, error) {
	x, err := r.prepare(n.X)
	if err != nil {
		return nil, err
	}
	parse, err := compilePattern(n.Pattern, len(n.Targets))
	if err != nil {
		return nil, err
	}
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	return func() (*vec.Batch, error) {
		for {
			b, err := in()
			if err != nil || b == nil {
				return nil, err
			}
			out, err := r.parseBatch(n, x, parse, b)
			if err != nil {
				return nil, err
			}
			if out.Rows > 0 {
				return out, nil
			}
		}
	}, nil
}

func (r *run) parseBatch(n *plan.Parse, x plan.Expr, parse parser, b *vec.Batch) (*vec.Batch, error) {
	src, err := r.eval(x, b)
	if err != nil {
		return nil, err
	}
	builders := make([]*vec.Builder, len(n.Targets))
	for k, t := range n.Targets {
		builders[k] = vec.NewBuilder(n.Columns()[t].Type, b.Rows)
	}
	idx := make([]int32, 0, b.Rows)
	for i := range b.Rows {
		caps, ok := parse(src.Strs[src.At(i)])
		if !ok && n.Where {
			continue
		}
		idx = append(idx, int32(i))
		for k := range builders {
			if ok {
				builders[k].Append(caps[k])
			} else {
				builders[k].AppendNull()
			}
		}
	}
	b = pick(b, idx)
	cols := make([]*vec.Vec, len(n.Columns()))
	copy(cols, b.Cols)
	for k, t := range n.Targets {
		cols[t] = builders[k].Finish()
	}
	return vec.NewBatch(cols, len(idx)), nil
}

func compilePattern(p plan.Pattern, captures int) (parser, error) {
	if p.Kind == "regex" {
		return regexPattern(p, captures)
	}
	return simplePattern(p, captures), nil
}

// typedPattern is what a typed capture of a regex pattern matches.
func typedPattern(t types.Type) string {
	switch t {
	case types.Int, types.Long:
		return `\s*[-+]?[0-9]+`
	case types.Real, types.Decimal:
		return `\s*[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?`
	case types.Bool:
		return `(?i:true|false)`
	case types.GUID:
		return `\{[0-9a-fA-F-]{32,36}\}|[0-9a-fA-F-]{32,36}`
	default:
		return `.*`
	}
}

// regexPattern puts the texts of a pattern, which are regular expressions, and
// what its columns match together. It may match anywhere in a text, and ends
// where it ends; a dot matches a line break only where the flag s says so.
func regexPattern(p plan.Pattern, captures int) (parser, error) {
	var re strings.Builder
	if flags := strings.ReplaceAll(p.Flags, "x", ""); flags != "" {
		re.WriteString("(?" + flags + ")")
	}
	groups := make([]int, captures)
	at := 0
	for _, part := range p.Parts {
		switch {
		case part.Star:
			re.WriteString(".*?")
		case part.IsText:
			text := plan.BalanceParens(part.Text)
			c, err := regex.Compile(text)
			if err != nil {
				return nil, err
			}
			at += c.NumSubexp()
			re.WriteString("(?:" + text + ")")
		default:
			at++
			groups[part.Capture] = at
			re.WriteString("(" + typedPattern(part.Type) + ")")
		}
	}
	c, err := regex.Compile(re.String())
	if err != nil {
		return nil, err
	}
	return regexParser(c, p, groups), nil
}

func regexParser(c *regex.Regexp, p plan.Pattern, groups []int) parser {
	ts := make([]types.Type, len(groups))
	for _, part := range p.Parts {
		if part.Capture >= 0 {
			ts[part.Capture] = part.Type
		}
	}
	return func(s string) ([]value.Value, bool) {
		m := c.FindStringSubmatch(s)
		if m == nil {
			return nil, false
		}
		out := make([]value.Value, len(groups))
		for i, g := range groups {
			out[i] = fn.Convert(value.String(m[g]), types.String, ts[i])
		}
		return out, true
	}
}

// simplePattern matches texts in turn: a capture runs to the next text, the
// last one to the end.
func simplePattern(p plan.Pattern, captures int) parser {
	relaxed := p.Kind == "relaxed"
	return func(s string) ([]value.Value, bool) {
		out := make([]value.Value, captures)
		if !matchSimple(p.Parts, s, relaxed, out) {
			return nil, false
		}
		return out, true
	}
}

func matchSimple(parts []plan.PatternPart, s string, relaxed bool, out []value.Value) bool {
	pos := 0
	var waiting []plan.PatternPart // captures and stars before the next text
	for i := 0; i <= len(parts); i++ {
		if i < len(parts) && !parts[i].IsText {
			waiting = append(waiting, parts[i])
			continue
		}
		end := len(s)
		after := len(s)
		if i < len(parts) {
			if len(waiting) == 0 {
				if !strings.HasPrefix(s[pos:], parts[i].Text) {
					return false
				}
				pos += len(parts[i].Text)
				continue
			}
			k := strings.Index(s[pos:], parts[i].Text)
			if i == len(parts)-1 { // the pattern reaches to the end
				k = -1
				if strings.HasSuffix(s[pos:], parts[i].Text) {
					k = len(s) - pos - len(parts[i].Text)
				}
			}
			if k < 0 {
				return false
			}
			end, after = pos+k, pos+k+len(parts[i].Text)
		} else if len(waiting) == 0 {
			return pos == len(s)
		}
		if !fill(waiting, s[pos:end], relaxed, out) {
			return false
		}
		waiting = waiting[:0]
		pos = after
	}
	return true
}

// fill gives a stretch of text to the captures that wait for it.
func fill(waiting []plan.PatternPart, s string, relaxed bool, out []value.Value) bool {
	for i, w := range waiting {
		if w.Star {
			if i+1 < len(waiting) { // * before a typed capture: look for it
				continue
			}
			return true
		}
		text := s
		if i+1 < len(waiting) && w.Type != types.String { // as much as the type takes
			n := prefixOf(w.Type, s)
			text, s = s[:n], s[n:]
		} else {
			s = ""
		}
		v := fn.Convert(value.String(text), types.String, w.Type)
		if v.IsNull() && w.Type != types.String && !relaxed {
			return false
		}
		out[w.Capture] = v
	}
	return true
}

// prefixOf returns the length of the longest prefix that reads as the type.
func prefixOf(t types.Type, s string) int {
	n := 0
	for i := 1; i <= len(s) && i < 64; i++ {
		if !fn.Convert(value.String(s[:i]), types.String, t).IsNull() {
			n = i
		}
	}
	return n
}
