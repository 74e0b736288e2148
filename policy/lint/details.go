package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
)

// choices are the values that members of details take, in lower case.
//
// Source: "Azure Policy definitions modify effect", "... deployIfNotExists
// effect", "... manual effect", "... denyAction effect", properties.
var choices = map[string][]string{
	"conflictEffect":  {"audit", "deny", "disabled"},
	"existenceScope":  {"subscription", "resourcegroup"},
	"deploymentScope": {"subscription", "resourcegroup"},
	"defaultState":    {"compliant", "noncompliant", "non-compliant", "unknown"},
}

// chosen lists the members of details that an effect reads.
func chosen(e policy.Effect) []string {
	switch e {
	case policy.Modify:
		return []string{"conflictEffect"}
	case policy.AuditIfNotExists:
		return []string{"existenceScope"}
	case policy.DeployIfNotExists:
		return []string{"existenceScope", "deploymentScope"}
	case policy.Manual:
		return []string{"defaultState"}
	default:
		return nil
	}
}

// taken remarks on details with values that Azure refuses or passes over.
func (l *linter) taken(e policy.Effect, details jsondoc.Value) {
	for _, name := range chosen(e) {
		v := details.Get(name)
		text, ok := v.Text()
		if ok && !arm.IsExpression(text) && !slices.Contains(choices[name], strings.ToLower(text)) {
			l.add(remark(CodeDetail, spanOf(v), "it takes "+strings.Join(choices[name], ", "), "%s does not take %q", name, short(text)))
		}
	}
	switch e {
	case policy.Modify:
		l.operations(details.Get("operations"))
	case policy.AuditIfNotExists, policy.DeployIfNotExists:
		if v := details.Get("evaluationDelay"); v.Exists() {
			if text, ok := v.Text(); ok && !arm.IsExpression(text) && !delay(text) {
				l.add(remark(CodeDetail, spanOf(v), "it takes AfterProvisioning, AfterProvisioningSuccess, AfterProvisioningFailure, or a duration of up to 360 minutes such as PT10M", "evaluationDelay does not take %q", short(text)))
			}
		}
		if d := details.Get("deployment"); e == policy.DeployIfNotExists && strings.EqualFold(details.Get("deploymentScope").TextOr(""), "subscription") && d.Exists() && d.Get("location").IsMissing() {
			l.add(remark(CodeDetail, spanOf(d), "", "a deployment to a subscription needs a location"))
		}
	default:
	}
}

// operations remarks on the operations of modify.
func (l *linter) operations(list jsondoc.Value) {
	for _, op := range list.Elements() {
		field := op.Get("field")
		name := field.TextOr("")
		if strings.EqualFold(op.Get("operation").TextOr(""), "remove") && !arm.IsExpression(name) && !isTag(name) {
			l.add(remark(CodeDetail, spanOf(field), "", "remove takes tags only, not %q", short(name)))
		}
		cond := op.Get("condition")
		texts(cond, func(_ jsondoc.Value, root arm.Node) {
			if root == nil {
				return
			}
			arm.Walk(root, func(n arm.Node) bool {
				if c, ok := n.(*arm.Call); ok && slices.Contains([]string{"field", "resourcegroup", "subscription"}, strings.ToLower(c.Name)) {
					l.add(remark(CodeDetail, spanOf(cond), "", "the condition of an operation cannot call %s()", c.Name))
				}
				return true
			})
		})
	}
}

func isTag(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "tags.") || strings.HasPrefix(name, "tags[")
}

// delay tells whether a text is a delay that evaluationDelay takes.
func delay(text string) bool {
	switch strings.ToLower(text) {
	case "afterprovisioning", "afterprovisioningsuccess", "afterprovisioningfailure":
		return true
	}
	rest, ok := strings.CutPrefix(strings.ToUpper(text), "PT")
	if !ok || rest == "" {
		return false
	}
	seconds := 0.0
	for rest != "" {
		n := strings.IndexAny(rest, "HMS")
		if n < 1 {
			return false
		}
		f, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil {
			return false
		}
		seconds += f * map[byte]float64{'H': 3600, 'M': 60, 'S': 1}[rest[n]]
		rest = rest[n+1:]
	}
	return seconds >= 0 && seconds <= 360*60
}
