package exec

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/regex"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

func (r *run) parseKV(n *plan.ParseKV) (stream, error) {
	x, err := r.prepare(n.X)
	if err != nil {
		return nil, err
	}
	var re *regex.Regexp
	if n.Regex != "" {
		if re, err = regex.Compile(n.Regex); err != nil {
			return nil, err
		}
	}
	in, err := r.open(n.Input)
	if err != nil {
		return nil, err
	}
	return func() (*vec.Batch, error) {
		b, err := in()
		if err != nil || b == nil {
			return nil, err
		}
		src, err := r.eval(x, b)
		if err != nil {
			return nil, err
		}
		builders := make([]*vec.Builder, len(n.Keys))
		for k, t := range n.Targets {
			builders[k] = vec.NewBuilder(n.Columns()[t].Type, b.Rows)
		}
		for i := range b.Rows {
			s := src.Strs[src.At(i)]
			found := map[string]string{}
			add := func(k, v string) {
				if _, dup := found[k]; !dup {
					found[k] = v
				}
			}
			if re != nil {
				for _, m := range re.FindAllStringSubmatch(s) {
					if len(m) > 2 {
						add(m[1], m[2])
					}
				}
			} else {
				splitPairs(n, s, add)
			}
			for k, name := range n.Keys {
				v, ok := found[name]
				if !ok {
					builders[k].AppendNull()
					continue
				}
				builders[k].Append(fn.Convert(value.String(v), types.String, n.Columns()[n.Targets[k]].Type))
			}
		}
		cols := make([]*vec.Vec, len(n.Columns()))
		copy(cols, b.Cols)
		for k, t := range n.Targets {
			cols[t] = builders[k].Finish()
		}
		return vec.NewBatch(cols, b.Rows), nil
	}, nil
}

// quoting is how keys and values may be wrapped.
type quoting struct{ open, shut, escape string }

func quotingOf(n *plan.ParseKV) quoting {
	q := quoting{escape: n.Escape}
	switch len(n.Quotes) {
	case 1:
		q.open, q.shut = n.Quotes[0], n.Quotes[0]
	case 2:
		q.open, q.shut = n.Quotes[0], n.Quotes[1]
	}
	return q
}

// take reads a quoted text at the start of s; ok is false where there is none.
func (q quoting) take(s string) (text, rest string, ok bool) {
	if q.open == "" || !strings.HasPrefix(s, q.open) {
		return "", s, false
	}
	body := s[len(q.open):]
	end := closing(body, q.shut, q.escape)
	if end < 0 {
		return "", s, false
	}
	text = body[:end]
	if q.escape != "" {
		text = strings.ReplaceAll(text, q.escape+q.shut, q.shut)
	}
	return text, body[end+len(q.shut):], true
}

const blanks = " \t\r\n"

// splitPairs finds key-value pairs in a text, between the given delimiters or,
// where there are none, between all that is no letter or digit.
func splitPairs(n *plan.ParseKV, s string, add func(k, v string)) {
	q := quotingOf(n)
	if n.Pair == "" && n.KV == "" {
		looseTerms(n.Keys, q, s, add)
		return
	}
	for s != "" {
		for strings.HasPrefix(s, n.Pair) {
			s = s[len(n.Pair):]
		}
		k, rest, quoted := q.take(strings.TrimLeft(s, blanks))
		if rest = strings.TrimLeft(rest, blanks); quoted && strings.HasPrefix(rest, n.KV) {
			s = rest[len(n.KV):]
		} else {
			i := strings.Index(s, n.KV)
			if i < 0 {
				return
			}
			if !n.Greedy {
				// What stands before a delimiter without a key is no pair.
				if j := strings.Index(s[:i], n.Pair); j >= 0 {
					s = s[j+len(n.Pair):]
					continue
				}
			}
			k = strings.TrimSpace(s[:i])
			s = s[i+len(n.KV):]
		}
		if v, rest, ok := q.take(strings.TrimLeft(s, blanks)); ok {
			add(k, v)
			_, s, _ = strings.Cut(rest, n.Pair)
			continue
		}
		end := len(s)
		if n.Greedy {
			end = greedyEnd(s, n.Pair, n.KV)
		} else if j := strings.Index(s, n.Pair); j >= 0 {
			end = j
		}
		add(k, strings.TrimSpace(s[:end]))
		s = s[end:]
	}
}

// looseTerms takes the term, or quoted text, behind each key for its value.
func looseTerms(keys []string, q quoting, s string, add func(k, v string)) {
	between := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, k := range keys {
		for from := 0; k != ""; {
			i := strings.Index(s[from:], k)
			if i < 0 {
				break
			}
			i += from
			from = i + len(k)
			before, _ := utf8.DecodeLastRuneInString(s[:i])
			after, _ := utf8.DecodeRuneInString(s[from:])
			if i > 0 && !between(before) || from == len(s) || !between(after) {
				continue
			}
			rest := s[from:]
			for rest != "" {
				if v, _, ok := q.take(rest); ok && !strings.HasPrefix(s[from:], q.open) {
					add(k, v)
					break
				}
				r, w := utf8.DecodeRuneInString(rest)
				if !between(r) {
					end := strings.IndexFunc(rest, between)
					if end < 0 {
						end = len(rest)
					}
					add(k, rest[:end])
					break
				}
				rest = rest[w:]
			}
			break
		}
	}
}

// greedyEnd finds the delimiter before the next key.
func greedyEnd(s, pair, kv string) int {
	before, _, ok := strings.Cut(s, kv)
	if !ok {
		return len(s)
	}
	if j := strings.LastIndex(before, pair); j >= 0 {
		return j
	}
	return len(s)
}

// closing finds a closing quote that is not escaped.
func closing(s, shut, escape string) int {
	from := 0
	for {
		i := strings.Index(s[from:], shut)
		if i < 0 {
			return -1
		}
		i += from
		if escape == "" || !strings.HasSuffix(s[:i], escape) {
			return i
		}
		from = i + len(shut)
	}
}
