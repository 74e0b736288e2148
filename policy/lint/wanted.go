package lint

import (
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
)

// wanted remarks on values that a condition does not take, which Azure refuses,
// or which can never hold. Source: "Azure Policy definition structure policy
// rule", Conditions.
func (l *linter) wanted(n *node) {
	if n.op != "" {
		if takes, ok := n.takes(); !ok {
			l.add(remark(CodeWanted, n.span(), "", "%s takes %s, not %s", n.op, takes, shortened(n.want)))
		}
	}
	for _, k := range n.kids {
		l.wanted(k)
	}
	if n.where != nil {
		l.wanted(n.where)
	}
}

// takes says what the comparison takes, and whether it is given that. What only
// the parameters tell is.
func (n *node) takes() (what string, ok bool) {
	text, isText := n.want.Text()
	if isText && arm.IsExpression(text) {
		return "", true
	}
	switch strings.ToLower(n.op) {
	case "like", "notlike":
		if isText && strings.Count(text, "*") > 1 {
			return "one wildcard *", false
		}
		return "a text", isText
	case "match", "notmatch", "matchinsensitively", "notmatchinsensitively", "containskey", "notcontainskey":
		return "a text", isText
	case "in", "notin":
		return "an array", n.want.Kind() == jsondoc.Array
	case "exists":
		return "true or false", n.want.Kind() == jsondoc.Bool || strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
	case "less", "lessorequals", "greater", "greaterorequals":
		return "a number, a date or a text", isText || n.want.Kind() == jsondoc.Number
	}
	return "", true
}

func shortened(v jsondoc.Value) string {
	text := []rune(v.String())
	if len(text) > 60 {
		text = append(text[:59], '…')
	}
	return string(text)
}
