package bind

import (
	"slices"
	"strings"

	"github.com/azward/azward/kql/internal/plan"
	"github.com/azward/azward/kql/internal/syntax"
	"github.com/azward/azward/kql/internal/types"
)

// target returns the result column for a parsed value: that of the same name,
// or a new one.
func target(cols []plan.Column, c plan.Column) ([]plan.Column, int) {
	if i := findColumn(cols, c.Name); i >= 0 {
		cols[i] = c
		return cols, i
	}
	return append(cols, c), len(cols)
}

func (b *binder) parse(in rows, op *syntax.ParseWith) rows {
	sc := in.scope()
	n := &plan.Parse{Where: op.Where}
	n.Pattern.Kind = b.kind(op.Props, "kind", "simple", "simple", "regex", "relaxed")
	if op.Where && n.Pattern.Kind == "relaxed" {
		b.fail(errKind("kind of parse-where", "relaxed", []string{"simple", "regex"}), op.At)
	}
	if p := prop(op.Props, "flags"); p != nil {
		n.Pattern.Flags = b.propText(p.Value)
		if n.Pattern.Kind != "regex" {
			b.fail(errStatement("flags are for patterns of kind regex"), p.Name.At)
		}
		for _, f := range n.Pattern.Flags {
			if !strings.ContainsRune("imsUx", f) {
				b.fail(errKind("flag of a regular expression", string(f), []string{"i", "m", "s", "U", "x"}), p.Name.At)
			}
		}
	}
	x := b.expr(op.X, sc)
	n.X = b.convert(x, types.String, op.X.Span())
	cols := slices.Clone(sc.cols)
	prev := ""
	seen := map[string]bool{}
	for i, p := range op.Parts {
		switch {
		case p.Star:
			if prev == "string" {
				b.fail(errStatement("\"*\" after a column of type string could begin anywhere: put a text between them"), op.At)
			}
			if i+1 < len(op.Parts) && op.Parts[i+1].Text == nil {
				b.fail(errStatement("a text must follow \"*\" in a parse pattern"), op.At)
			}
			n.Pattern.Parts = append(n.Pattern.Parts, plan.PatternPart{Star: true, Capture: -1})
			prev = "star"
		case p.Text != nil:
			if p.Text.Value.Str() == "" {
				b.fail(errStatement("a text of a parse pattern must not be empty"), p.Text.At)
			}
			n.Pattern.Parts = append(n.Pattern.Parts, plan.PatternPart{IsText: true, Text: p.Text.Value.Str(), Capture: -1})
			prev = "text"
		default:
			t := p.Col.Type
			if t == types.None {
				t = types.String
			}
			b.checkName(p.Col.Name)
			if prev == "string" || prev == "other" {
				b.fail(errStatement("a text must stand between the columns of a parse pattern"), p.Col.Name.At)
			}
			if seen[p.Col.Name.Text] {
				b.fail(errDuplicate(p.Col.Name.Text), p.Col.Name.At)
			}
			seen[p.Col.Name.Text] = true
			var at int
			cols, at = target(cols, column(p.Col.Name.Text, t))
			n.Pattern.Parts = append(n.Pattern.Parts, plan.PatternPart{Capture: len(n.Targets), Type: t})
			n.Targets = append(n.Targets, at)
			prev = "other"
			if t == types.String {
				prev = "string"
			}
		}
	}
	if n.Pattern.Kind == "regex" {
		if err := plan.CheckPattern(n.Pattern); err != nil {
			b.fail(errArguments(err), op.At)
		}
	}
	n.With(in.node, cols)
	return rows{n, in.ordered, in.open}
}

func (b *binder) parseKV(in rows, op *syntax.ParseKV) rows {
	sc := in.scope()
	n := &plan.ParseKV{}
	n.X = b.typed(op.X, sc, types.String)
	cols := slices.Clone(sc.cols)
	for _, k := range op.Keys {
		var at int
		cols, at = target(cols, column(k.Name.Text, k.Type))
		n.Keys, n.Targets = append(n.Keys, k.Name.Text), append(n.Targets, at)
	}
	for _, p := range op.With {
		switch p.Name.Text {
		case "pair_delimiter":
			n.Pair = b.propText(p.Value)
		case "kv_delimiter":
			n.KV = b.propText(p.Value)
		case "quote":
			n.Quotes = quotes(b.propText(p.Value))
		case "escape":
			n.Escape = b.propText(p.Value)
		case "greedy":
			n.Greedy = b.propText(p.Value) == "true"
		case "regex":
			n.Regex = b.propText(p.Value)
		default:
			b.fail(errKind("parameter of parse-kv", p.Name.Text, []string{"pair_delimiter", "kv_delimiter", "quote", "escape", "greedy", "regex"}), p.Name.At)
		}
	}
	if n.Pair != "" && n.KV == "" {
		n.KV = "="
	} else if n.Pair == "" && n.KV != "" {
		n.Pair = ","
	}
	n.With(in.node, cols)
	return rows{n, in.ordered, in.open}
}

// quotes takes the opening and closing quote apart.
func quotes(s string) []string {
	var out []string
	for _, r := range s {
		out = append(out, string(r))
	}
	return out
}
