package exec

import (
	"regexp"
	"strings"

	"github.com/azward/azward/kql/internal/fn"
	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

func (r *run) parseKV(n *plan.ParseKV) (stream, error) {
	x, err := r.prepare(n.X)
	if err != nil {
		return nil, err
	}
	var re *regexp.Regexp
	if n.Regex != "" {
		if re, err = fn.CompileRegexp(n.Regex); err != nil {
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
				for _, m := range re.FindAllStringSubmatch(s, -1) {
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

// splitPairs finds key-value pairs in a text.
func splitPairs(n *plan.ParseKV, s string, add func(k, v string)) {
	var open, shut string
	switch len(n.Quotes) {
	case 1:
		open, shut = n.Quotes[0], n.Quotes[0]
	case 2:
		open, shut = n.Quotes[0], n.Quotes[1]
	}
	if n.KV == "" {
		return
	}
	for s != "" {
		for n.Pair != "" && strings.HasPrefix(s, n.Pair) {
			s = s[len(n.Pair):]
		}
		i := strings.Index(s, n.KV)
		if i < 0 {
			return
		}
		if n.Pair != "" && !n.Greedy {
			// What stands before a delimiter without a key is no pair.
			if j := strings.LastIndex(s[:i], n.Pair); j >= 0 {
				s = s[j+len(n.Pair):]
				i -= j + len(n.Pair)
			}
		}
		k := unquote(strings.TrimSpace(s[:i]), open, shut)
		s = s[i+len(n.KV):]
		trimmed := strings.TrimLeft(s, " \t")
		if open != "" && strings.HasPrefix(trimmed, open) {
			body := trimmed[len(open):]
			end := closing(body, shut, n.Escape)
			if end >= 0 {
				v := body[:end]
				if n.Escape != "" {
					v = strings.ReplaceAll(v, n.Escape+shut, shut)
				}
				add(k, v)
				s = body[end+len(shut):]
				if n.Pair != "" {
					if j := strings.Index(s, n.Pair); j >= 0 {
						s = s[j+len(n.Pair):]
					} else {
						s = ""
					}
				}
				continue
			}
		}
		end := len(s)
		if n.Pair != "" {
			if j := strings.Index(s, n.Pair); j >= 0 {
				end = j
			}
			if n.Greedy {
				end = greedyEnd(s, n.Pair, n.KV)
			}
		}
		add(k, strings.TrimSpace(s[:end]))
		s = s[end:]
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

func unquote(s, open, shut string) string {
	if open != "" && len(s) >= len(open)+len(shut) && strings.HasPrefix(s, open) && strings.HasSuffix(s, shut) {
		return s[len(open) : len(s)-len(shut)]
	}
	return s
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
