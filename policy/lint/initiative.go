package lint

import (
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
)

// Initiative remarks on an initiative, with or without its envelope.
func Initiative(doc jsondoc.Value, src *diag.Source, o Options) diag.List {
	l := &linter{o: o, body: doc}
	if p := doc.Get("properties"); p.Kind() == jsondoc.Object {
		l.body = p
	}
	l.version()
	members := l.body.Get("policyDefinitions")
	l.parameters(jsondoc.NewObject(jsondoc.Member{Name: "members", Value: members}))
	groups := map[string]bool{}
	for _, g := range l.body.Get("policyDefinitionGroups").Elements() {
		groups[strings.ToLower(g.Get("name").TextOr(""))] = true
	}
	references := map[string]bool{}
	for _, m := range members.Elements() {
		ref := m.Get("policyDefinitionReferenceId")
		if key := strings.ToLower(ref.TextOr("")); key != "" {
			if references[key] {
				l.add(remark(CodeReference, spanOf(ref), "", "another member has the policyDefinitionReferenceId %s as well", ref))
			}
			references[key] = true
		}
		for _, g := range m.Get("groupNames").Elements() {
			if !groups[strings.ToLower(g.TextOr(""))] {
				l.add(remark(CodeGroup, spanOf(g), "define it in policyDefinitionGroups", "no group is named %s", g))
			}
		}
		_, diags := policy.PassParameters(l.body.Get("parameters"), jsondoc.Value{}, m.Get("parameters"), nil)
		for _, d := range diags {
			if d.Severity == diag.Error && d.Code != "POL0101" {
				l.add(d)
			}
		}
		l.member(m)
	}
	if src != nil {
		src.Resolve(l.out)
	}
	l.out.Sort()
	return l.out
}

// member compares what a member is given with what its definition takes.
func (l *linter) member(m jsondoc.Value) {
	if l.o.Find == nil {
		return
	}
	id := m.Get("policyDefinitionId")
	version := m.Get("definitionVersion").TextOr("")
	bodies, ok := l.o.Find(id.TextOr(""), version)
	switch {
	case len(bodies) == 0:
		l.add(remark(CodeMember, spanOf(id), "", "the definition %s is not here; the member is not checked", id))
		return
	case !ok:
		l.add(remark(CodeMember, spanOf(m.Get("definitionVersion")), "", "version %s of %s is not here; the member is not checked", version, id))
		return
	}
	given := m.Get("parameters")
	title := bodies[0].Get("displayName").TextOr(id.TextOr(""))
	for name, v := range given.Members() {
		if !slices.ContainsFunc(bodies, func(b jsondoc.Value) bool { return b.Get("parameters").Get(name).Exists() }) {
			d := remark(CodeMemberValues, spanOf(v), "", "the definition %q has no parameter %q", title, name)
			if version == "" {
				// Azure keeps to the major version of the day on which the initiative was written.
				d.Severity, d.Hint = diag.Warning, "the member names no definitionVersion; an earlier version may have it"
			}
			l.add(d)
		}
	}
	for name := range bodies[0].Get("parameters").Members() {
		needed := func(b jsondoc.Value) bool {
			p := b.Get("parameters").Get(name)
			return p.Exists() && p.Get("defaultValue").IsMissing()
		}
		if given.Get(name).IsMissing() && !slices.ContainsFunc(bodies, func(b jsondoc.Value) bool { return !needed(b) }) {
			l.add(remark(CodeMemberValues, spanOf(m), "", "the member gives the parameter %q of %q no value, which has no default", name, title))
		}
	}
}
