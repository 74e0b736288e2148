package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
)

// Options say what is known beyond the document.
type Options struct {
	// Aliases is the list of all aliases; without one they are not checked.
	Aliases *policy.Aliases
	// Find returns the bodies (properties) of a definition by id and version
	// pattern, more than one where several versions fit, and whether any does:
	// none where the definition is not known. A nil Find knows none.
	Find func(id, version string) (bodies []jsondoc.Value, ok bool)
}

// Limits on what is looked at: documents are not trusted.
const (
	maxAnalyzed = 1000 // conditions of a rule, for what can hold and for arrays
	maxChoices  = 32   // effects that may be chosen
	maxAllowed  = 2000 // values of a parameter
)

// linter collects remarks on one document.
type linter struct {
	o    Options
	body jsondoc.Value
	out  diag.List
}

// Definition remarks on a policy definition, with or without its envelope, and
// on what keeps it from compiling. src is its text, for places; may be nil.
func Definition(doc jsondoc.Value, src *diag.Source, o Options) diag.List {
	l := &linter{o: o, body: doc}
	if p := doc.Get("properties"); p.Kind() == jsondoc.Object {
		l.body = p
	}
	rule := l.body.Get("policyRule")
	def, diags := policy.Compile(doc, policy.CompileOptions{Aliases: o.Aliases})
	l.out = append(l.out, diags[:min(len(diags), maxRemarks)]...)
	l.version()
	l.parameters(rule)
	l.limits(rule)
	l.effects(doc, rule)
	if def != nil {
		l.aliases(def, rule)
		if n := tree(rule.Get("if"), nil); n.size() <= maxAnalyzed {
			l.outcome(n)
			l.arrays(n, false)
			l.wanted(n)
		}
		if e := rule.Path("then", "details", "existenceCondition"); e.Kind() == jsondoc.Object {
			if n := tree(e, nil); n.size() <= maxAnalyzed {
				l.reach(n, facts{}, "")
				l.arrays(n, false)
				l.wanted(n)
			}
		}
	}
	if src != nil {
		src.Resolve(l.out)
	}
	l.out.Sort()
	return l.out
}

func (n *node) size() int {
	out := 1
	for _, k := range n.kids {
		out += k.size()
	}
	if n.where != nil {
		out += n.where.size()
	}
	return out
}

func (l *linter) version() {
	if l.body.Get("version").IsMissing() && l.body.Path("metadata", "version").IsMissing() {
		l.add(remark(CodeVersion, spanOf(l.body), `give metadata.version, such as "1.0.0"`, "there is no version: assignments cannot pin it, and changes cannot be told apart"))
	}
}

// parameters compares what is declared with what is used.
func (l *linter) parameters(rule jsondoc.Value) {
	declared := l.body.Get("parameters")
	used := map[string]bool{}
	where := func(v jsondoc.Value, root arm.Node) {
		arm.Walk(root, func(n arm.Node) bool {
			c, ok := n.(*arm.Call)
			if !ok || !strings.EqualFold(c.Name, "parameters") || len(c.Args) != 1 {
				return true
			}
			if lit, ok := c.Args[0].(*arm.Lit); ok {
				name := lit.Val.TextOr("")
				used[strings.ToLower(name)] = true
				if declared.Get(name).IsMissing() {
					l.undeclared(v, name, declared)
				}
			} else {
				for name := range declared.Members() { // computed: any of them
					used[strings.ToLower(name)] = true
				}
			}
			return true
		})
	}
	visit := func(v jsondoc.Value) {
		texts(v, func(text jsondoc.Value, root arm.Node) {
			if root != nil {
				where(text, root)
			}
		})
	}
	for name, part := range rule.Members() {
		if !strings.EqualFold(name, "then") {
			visit(part)
			continue
		}
		for key, v := range part.Members() {
			if strings.EqualFold(key, "details") && v.Path("deployment", "properties").Kind() == jsondoc.Object {
				d := v.Get("deployment")
				v = v.With("deployment", d.With("properties", d.Get("properties").Without("template"))) // has parameters of its own
			}
			visit(v)
		}
	}
	for name, p := range declared.Members() {
		if !used[strings.ToLower(name)] {
			l.add(remark(CodeUnused, spanOf(p), "", "the parameter %q is not used", name))
		}
		def, list := p.Get("defaultValue"), p.Get("allowedValues")
		if def.Exists() && list.Len() > 0 && list.Len() <= maxAllowed && def.Len() <= maxAllowed && !fits(def, list) {
			l.add(remark(CodeDefault, spanOf(def), "allowed are "+short(list.String()), "the default %s of the parameter %q is not allowed", short(def.String()), name))
		}
	}
}

func (l *linter) undeclared(v jsondoc.Value, name string, declared jsondoc.Value) {
	if len(l.out) >= maxRemarks {
		return
	}
	for _, d := range l.out {
		if d.Code == "POL0101" && d.Span.Start >= v.Offset() && d.Span.Start <= spanOf(v).End {
			return // the compiler said so
		}
	}
	var names []string
	for n := range declared.Members() {
		names = append(names, n)
	}
	hint := "declare it under parameters"
	if len(names) > 0 {
		hint = "declared are " + short(strings.Join(names, ", "))
	}
	l.add(remark(CodeUndeclared, spanOf(v), hint, "no parameter is named %q", name))
}

// fits tells whether a value is among those allowed; of an array, each element.
func fits(v, list jsondoc.Value) bool {
	for _, a := range list.Elements() {
		if jsondoc.Equal(a, v) || strings.EqualFold(a.TextOr("\x00"), v.TextOr("\x01")) {
			return true
		}
	}
	if v.Kind() != jsondoc.Array {
		return false
	}
	for _, e := range v.Elements() {
		if !fits(e, list) {
			return false
		}
	}
	return true
}

func short(s string) string {
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:117], "") + "..."
	}
	return s
}

// managerEffects are those of the modes All and Indexed; the modes of resource
// providers have some of dataEffects.
var (
	managerEffects = []policy.Effect{policy.Append, policy.Audit, policy.AuditIfNotExists, policy.AuditAction, policy.Deny, policy.DenyAction, policy.DeployIfNotExists, policy.Disabled, policy.Manual, policy.Modify}
	dataEffects    = []policy.Effect{policy.Audit, policy.Deny, policy.Disabled, policy.Mutate, policy.EnforceOPAConstraint, policy.EnforceRegoPolicy, policy.EnforceSetting, policy.AddToNetworkGroup}
)

// effects looks at every effect that an assignment may choose.
func (l *linter) effects(doc, rule jsondoc.Value) {
	effect := rule.Path("then", "effect")
	choices, name := []jsondoc.Value{effect}, ""
	texts(effect, func(_ jsondoc.Value, root arm.Node) {
		choices = nil
		c, ok := root.(*arm.Call)
		if !ok || !strings.EqualFold(c.Name, "parameters") || len(c.Args) != 1 {
			return
		}
		if lit, ok := c.Args[0].(*arm.Lit); ok {
			name = lit.Val.TextOr("")
			p := l.body.Get("parameters").Get(name)
			for _, v := range p.Get("allowedValues").Elements() {
				choices = append(choices, v)
			}
			if len(choices) == 0 && p.Get("defaultValue").Exists() {
				choices = []jsondoc.Value{p.Get("defaultValue")}
			}
		}
	})
	mode := l.body.Get("mode").TextOr("All")
	may := managerEffects
	if strings.Contains(mode, ".") {
		may = dataEffects
	}
	for _, v := range choices[:min(len(choices), maxChoices)] {
		e, ok := policy.ParseEffect(v.TextOr(""))
		switch {
		case !ok:
			if name != "" { // the compiler sees only the default
				l.add(remark(CodeEffectMode, spanOf(v), "", "no effect is called %s", v))
			}
			continue
		case !slices.Contains(may, e):
			l.add(remark(CodeEffectMode, spanOf(v), "", "the effect %s does not go with the mode %s", e, mode))
			continue
		}
		l.details(e, v, rule)
		if name == "" {
			continue
		}
		given := jsondoc.NewObject(jsondoc.Member{Name: name, Value: v})
		_, diags := policy.Compile(doc, policy.CompileOptions{Parameters: given, Aliases: l.o.Aliases})
		for _, d := range diags {
			l.add(d)
		}
	}
}

// details remarks on an effect that lacks what it needs beyond what compiles.
func (l *linter) details(e policy.Effect, at, rule jsondoc.Value) {
	details := rule.Path("then", "details")
	l.taken(e, details)
	lacks := func(name string) {
		l.add(remark(CodeDetails, spanOf(at), "", "the effect %s needs %s in details", e, name))
	}
	switch e {
	case policy.DeployIfNotExists:
		if details.Get("deployment").IsMissing() {
			lacks("deployment")
		}
		if details.Get("roleDefinitionIds").Len() == 0 && details.Get("roleDefinitionIds").Kind() != jsondoc.String {
			lacks("roleDefinitionIds")
		}
		if details.Get("type").IsMissing() {
			lacks("type")
		}
	case policy.AuditIfNotExists:
		if details.Get("type").IsMissing() {
			lacks("type")
		}
	default:
	}
}

// aliases checks the names of aliases against the list.
func (l *linter) aliases(def *policy.Definition, rule jsondoc.Value) {
	if l.o.Aliases.Len() == 0 {
		return
	}
	uses := def.Aliases()
	for _, op := range rule.Path("then", "details", "operations").Elements() {
		if name, ok := op.Get("field").Text(); ok && strings.Contains(name, "/") && !arm.IsExpression(name) {
			uses = append(slices.Clip(uses), policy.FieldUse{Name: name, Span: spanOf(op.Get("field"))})
		}
	}
	for _, u := range uses {
		if l.o.Aliases.Known(u.Name) || strings.Contains(strings.ToLower(u.Name), "/azward.") {
			continue
		}
		hint := ""
		if near := l.o.Aliases.Nearest(u.Name); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		l.add(remark(CodeAlias, u.Span, hint, "there is no alias %q", u.Name))
	}
}
