package assign

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// Options say what a plan is evaluated with.
type Options struct {
	Inventory    *inventory.Inventory
	Now          time.Time
	Aliases      *policy.Aliases
	Exemptions   []*Exemption
	Attestations []*Attestation
	// Policy is what evaluations know beyond the resource (holes, API version,
	// request); its Inventory, Now and Attestation are set by the plan.
	Policy policy.Options
}

// Member is one definition of an assignment: the assigned one, or a member of
// the assigned initiative.
type Member struct {
	Assignment  *Assignment
	Initiative  *Document // nil where a definition is assigned itself
	Document    *Document
	ReferenceID string   // policyDefinitionReferenceId
	Groups      []string // of the initiative
	Message     string   // the non-compliance message for it
	Def         *policy.Definition
	Effect      policy.Effect // as assigned, without overrides by resource

	variants []variant
}

// variant is a member as an override by resource has it.
type variant struct {
	selectors []Selector
	def       *policy.Definition
}

// Plan is a set of assignments made ready. It is immutable and may be used by
// many goroutines at once.
type Plan struct {
	Members []*Member
	o       Options
	index   *policy.Index
	exempt  map[string][]*Exemption   // by assignment id in lower case
	attest  map[string][]*Attestation // likewise
}

// NewPlan compiles what assignments assign. What cannot be used is left out
// with a diagnostic whose Source is the assignment's id; the rest is evaluated.
func NewPlan(lib *Library, assignments []*Assignment, o Options) (*Plan, diag.List) {
	p := &Plan{o: o, exempt: map[string][]*Exemption{}, attest: map[string][]*Attestation{}}
	b := builder{lib: lib, o: &o, names: policy.NewNames(), compiled: map[compiledKey]*policy.Definition{}}
	for _, a := range assignments {
		p.Members = append(p.Members, b.members(a)...)
	}
	defs := make([]*policy.Definition, len(p.Members))
	for i, m := range p.Members {
		defs[i] = m.Def
		if len(m.variants) > 0 && m.Def.Effect == policy.Disabled {
			defs[i] = m.variants[0].def // an override may switch it on
		}
	}
	p.index = policy.NewIndex(defs)
	for _, e := range o.Exemptions {
		key := strings.ToLower(e.AssignmentID)
		p.exempt[key] = append(p.exempt[key], e)
	}
	for _, a := range o.Attestations {
		key := strings.ToLower(a.AssignmentID)
		p.attest[key] = append(p.attest[key], a)
	}
	return p, b.diags
}

// builder compiles members; equal ones once.
type builder struct {
	lib      *Library
	o        *Options
	diags    diag.List
	names    *policy.Names
	compiled map[compiledKey]*policy.Definition
}

type compiledKey struct {
	doc                            *Document
	parameters, effect             string
	assignment, initiative, member string
}

func (b *builder) say(a *Assignment, severity diag.Severity, code, format string, args ...any) {
	b.diags.Add(diag.Diagnostic{Code: code, Severity: severity, Source: a.ID, Message: fmt.Sprintf(format, args...)})
}

func (b *builder) members(a *Assignment) []*Member {
	version := a.Version
	for _, o := range a.Overrides {
		if strings.EqualFold(o.Kind, "definitionVersion") && len(o.Selectors) == 0 {
			version = o.Value
		}
	}
	if d, ok := b.lib.Find(a.DefinitionID, version, false); d != nil {
		if !ok {
			b.say(a, diag.Warning, "POL0401", "version %s of %s is not here; version %s is used", version, d.Name, d.Version)
		}
		m := &Member{Assignment: a, Document: d, Message: a.message("")}
		if b.compile(m, a.Parameters) {
			return []*Member{m}
		}
		return nil
	}
	set, ok := b.lib.Find(a.DefinitionID, version, true)
	if set == nil {
		b.say(a, diag.Error, "POL0402", "the definition %s that is assigned is not here", a.DefinitionID)
		return nil
	}
	if !ok {
		b.say(a, diag.Warning, "POL0401", "version %s of %s is not here; version %s is used", version, set.Name, set.Version)
	}
	return b.initiative(a, set)
}

// initiative compiles the members of an initiative.
func (b *builder) initiative(a *Assignment, set *Document) []*Member {
	var out []*Member
	for _, v := range set.Body.Get("policyDefinitions").Elements() {
		id, reference := v.Get("policyDefinitionId").TextOr(""), v.Get("policyDefinitionReferenceId").TextOr("")
		version := v.Get("definitionVersion").TextOr("")
		for _, o := range a.Overrides {
			if strings.EqualFold(o.Kind, "definitionVersion") && o.names(reference) {
				version = o.Value
			}
		}
		d, ok := b.lib.Find(id, version, false)
		if d == nil {
			b.say(a, diag.Warning, "POL0403", "the member %s of %s names the definition %s, which is not here", reference, set.Name, id)
			continue
		}
		if !ok && d.Version != "" {
			b.say(a, diag.Info, "POL0401", "version %s of %s is not here; version %s is used", version, d.Name, d.Version)
		}
		values, diags := policy.PassParameters(set.Body.Get("parameters"), a.Parameters, v.Get("parameters"), set.Source)
		for _, one := range diags {
			if one.Severity == diag.Error {
				b.say(a, diag.Error, one.Code, "the member %s of %s: %s", reference, set.Name, one.Message)
			}
		}
		if diags.HasErrors() {
			continue
		}
		m := &Member{Assignment: a, Initiative: set, Document: d, ReferenceID: reference, Groups: texts(v.Get("groupNames")), Message: a.message(reference)}
		if b.compile(m, values) {
			out = append(out, m)
		}
	}
	return out
}

// names tells whether an override speaks of a member of an initiative.
func (o *Override) names(reference string) bool {
	for i := range o.Selectors {
		if s := &o.Selectors[i]; strings.EqualFold(s.Kind, "policyDefinitionReferenceId") && !s.listed(reference, strings.EqualFold) {
			return false
		}
	}
	return true
}

// byResource returns the selectors of an override that depend on the resource.
func (o *Override) byResource() []Selector {
	var out []Selector
	for _, s := range o.Selectors {
		if !strings.EqualFold(s.Kind, "policyDefinitionReferenceId") {
			out = append(out, s)
		}
	}
	return out
}

// compile compiles a member with its overrides; false where it cannot be used.
func (b *builder) compile(m *Member, values jsondoc.Value) bool {
	effect := ""
	var variants []Override
	for _, o := range m.Assignment.Overrides {
		if !strings.EqualFold(o.Kind, "policyEffect") || !o.names(m.ReferenceID) {
			continue
		}
		if len(o.byResource()) == 0 {
			effect = o.Value
			break // the first that fits decides
		}
		variants = append(variants, o)
	}
	if m.Def = b.definition(m, values, effect); m.Def == nil {
		return false
	}
	m.Effect = m.Def.Effect
	for _, o := range variants {
		if def := b.definition(m, values, o.Value); def != nil {
			m.variants = append(m.variants, variant{o.byResource(), def})
		}
	}
	return true
}

func (b *builder) definition(m *Member, values jsondoc.Value, effect string) *policy.Definition {
	key := compiledKey{m.Document, values.String(), effect, m.Assignment.ID, "", m.ReferenceID}
	o := policy.CompileOptions{Parameters: values, Aliases: b.o.Aliases, Names: b.names, Source: m.Document.Source, AssignmentID: m.Assignment.ID, ReferenceID: m.ReferenceID}
	if m.Initiative != nil {
		key.initiative, o.InitiativeID = m.Initiative.ID, m.Initiative.ID
	}
	if d := b.compiled[key]; d != nil {
		return d
	}
	doc := m.Document.Doc
	if effect != "" {
		body := m.Document.Body
		rule := body.Get("policyRule")
		body = body.With("policyRule", rule.With("then", rule.Get("then").With("effect", jsondoc.NewString(effect))))
		if doc.Get("properties").Get("policyRule").Exists() {
			doc = doc.With("properties", body)
		} else {
			doc = body
		}
	}
	d, diags := policy.Compile(doc, o)
	if d == nil {
		b.say(m.Assignment, diag.Error, diags[0].Code, "%s: %s", m.Document.Name, diags[0].Message)
		return nil
	}
	b.compiled[key] = d
	return d
}

// Verdict is how a resource stands to a member of an assignment.
type Verdict struct {
	*Member
	Resource  *resource.Resource
	Exemption *Exemption // where State is Exempt
	Conflicts []*Member  // that want the same property to be something else
	policy.Result
}

// Evaluator evaluates a plan for one goroutine.
type Evaluator struct {
	p      *Plan
	ev     *policy.Evaluator
	in     map[scopeKey]bool
	member *Member
}

type scopeKey struct{ scope, at string }

// Evaluator returns an evaluator; make one for each goroutine.
func (p *Plan) Evaluator() *Evaluator {
	e := &Evaluator{p: p, in: map[scopeKey]bool{}}
	o := p.o.Policy
	o.Inventory, o.Now, o.Attestation = p.o.Inventory, p.o.Now, e.attested
	e.ev = policy.NewEvaluator(o)
	return e
}

// Evaluate returns the verdicts of every member whose assignment covers a
// resource and whose rule applies to it, in the order of the plan.
func (e *Evaluator) Evaluate(r *resource.Resource) []Verdict {
	var out []Verdict
	for v := range e.each(r) {
		out = append(out, v)
	}
	e.conflicts(r, out)
	return out
}

func (e *Evaluator) each(r *resource.Resource) func(func(Verdict) bool) {
	return func(yield func(Verdict) bool) {
		for _, i := range e.candidates(r) {
			m := e.p.Members[i]
			def := m.definitionFor(r)
			if def.Effect == policy.Disabled || !judges(def, r) || !e.covers(m.Assignment, r) {
				continue
			}
			e.member = m
			v := Verdict{Member: m, Resource: r, Result: e.ev.Evaluate(def, r)}
			if v.State == finding.NotApplicable {
				continue
			}
			if x := e.exemption(m, r); x != nil {
				v.Exemption, v.State = x, finding.Exempt
			}
			if !yield(v) {
				return
			}
		}
	}
}

// candidates lists the members that can match a resource's type, in order.
func (e *Evaluator) candidates(r *resource.Resource) []int32 {
	own, others := e.p.index.Of(r.TypeKey()), e.p.index.Any()
	if len(others) == 0 {
		return own
	}
	all := slices.Concat(own, others)
	slices.Sort(all)
	return all
}

func (m *Member) definitionFor(r *resource.Resource) *policy.Definition {
	for i := range m.variants {
		all := true
		for k := range m.variants[i].selectors {
			all = all && m.variants[i].selectors[k].takes(r)
		}
		if all {
			return m.variants[i].def
		}
	}
	return m.Def
}

// covers tells whether an assignment is of a resource: in its scope, in none
// of its notScopes, and taken in by its selectors.
func (e *Evaluator) covers(a *Assignment, r *resource.Resource) bool {
	if !e.within(r.ID, a.Scope) {
		return false
	}
	for _, n := range a.NotScopes {
		if e.within(r.ID, n) {
			return false
		}
	}
	return selected(a.Selectors, r)
}

func (e *Evaluator) within(id, scope resource.ID) bool {
	if scope.Level() != resource.LevelManagementGroup || e.p.o.Inventory == nil {
		return id.Within(scope)
	}
	key := scopeKey{scope.Key(), id.Subscription()}
	if key.at == "" {
		return e.p.o.Inventory.Within(id, scope)
	}
	got, ok := e.in[key]
	if !ok {
		got = e.p.o.Inventory.Within(id, scope)
		e.in[key] = got
	}
	return got
}

// exemption returns the exemption that holds for a resource, or nil.
func (e *Evaluator) exemption(m *Member, r *resource.Resource) *Exemption {
	for _, x := range e.p.exempt[strings.ToLower(m.Assignment.ID)] {
		if x.exempts(m) && !x.Expired(e.p.o.Now) && e.within(r.ID, x.Scope) && selected(x.Selectors, r) {
			return x
		}
	}
	return nil
}

// attested answers for a manual policy.
func (e *Evaluator) attested(_ *policy.Definition, r *resource.Resource) (finding.State, bool) {
	m := e.member
	if m == nil {
		return finding.Unknown, false
	}
	for _, a := range e.p.attest[strings.ToLower(m.Assignment.ID)] {
		if a.expired(e.p.o.Now) || a.Reference != "" && !strings.EqualFold(a.Reference, m.ReferenceID) || !e.within(r.ID, a.Scope) {
			continue
		}
		if a.State != finding.Unknown {
			return a.State, true
		}
	}
	return finding.Unknown, false
}
