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
	Enrollments  []*Enrollment
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

	variants []variant // the first that fits a resource decides
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
	owners  []int32                   // the member of each definition of the index; nil where each has one
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
	var defs []*policy.Definition
	for i, m := range p.Members {
		for _, d := range m.definitions() {
			defs = append(defs, d)
			p.owners = append(p.owners, int32(i))
		}
	}
	if len(defs) == len(p.Members) {
		p.owners = nil
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
	version := a.version(a.Version, "")
	if d, ok := b.lib.Find(a.DefinitionID, version, false); d != nil {
		if !ok {
			b.say(a, diag.Warning, "POL0401", "version %s of %s is not here; version %s is used", version, d.Name, d.Version)
		}
		m := &Member{Assignment: a, Document: d, Message: a.message("")}
		if b.compile(m, a.DefinitionID, a.Parameters) {
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
		if reference != "" {
			version = a.version(version, reference)
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
		if b.compile(m, id, values) {
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

// version returns the version that an assignment has of what it assigns, or of
// the member of a reference: the first override that is of it and does not
// depend on the resource decides.
func (a *Assignment) version(given, reference string) string {
	for _, o := range a.Overrides {
		if o.ofVersion() && len(o.byResource()) == 0 && o.ofMembers() == (reference != "") && o.names(reference) {
			return o.Value
		}
	}
	return given
}

// ofMembers tells whether an override names members of an initiative.
func (o *Override) ofMembers() bool { return len(o.byResource()) < len(o.Selectors) }

// ofVersion tells whether an override changes the version: the page calls its
// kind policyVersion, ARM's schema definitionVersion.
func (o *Override) ofVersion() bool {
	return strings.EqualFold(o.Kind, "policyVersion") || strings.EqualFold(o.Kind, "definitionVersion")
}

// compile compiles a member with its overrides; false where it cannot be used.
// Of the overrides of a kind that fit a resource the first decides.
func (b *builder) compile(m *Member, id string, values jsondoc.Value) bool {
	type choice struct {
		selectors []Selector
		value     string
	}
	// choices lists the overrides of a kind that depend on the resource, and the
	// one behind them that does not, if there is one.
	choices := func(is func(*Override) bool) (out []choice) {
		for i := range m.Assignment.Overrides {
			o := &m.Assignment.Overrides[i]
			if !is(o) || !o.names(m.ReferenceID) {
				continue
			}
			out = append(out, choice{o.byResource(), o.Value})
			if len(o.byResource()) == 0 {
				return out
			}
		}
		return append(out, choice{})
	}
	effects := choices(func(o *Override) bool { return strings.EqualFold(o.Kind, "policyEffect") })
	versions := []choice{{}}
	if m.Initiative == nil {
		if versions = choices((*Override).ofVersion); len(versions[len(versions)-1].selectors) == 0 {
			versions[len(versions)-1].value = "" // which the member's document is of already
		}
	}
	for _, v := range versions {
		d := m.Document
		if v.value != "" {
			other, ok := b.lib.Find(id, v.value, false)
			if other == nil || !ok {
				b.say(m.Assignment, diag.Warning, "POL0401", "version %s of %s is not here; version %s is used", v.value, d.Name, d.Version)
			} else {
				d = other
			}
		}
		for _, e := range effects {
			def := b.definition(m, d, values, e.value)
			if def == nil {
				if len(v.selectors)+len(e.selectors) == 0 {
					return false
				}
				continue
			}
			if len(v.selectors)+len(e.selectors) == 0 {
				m.Def = def
				continue
			}
			m.variants = append(m.variants, variant{slices.Concat(v.selectors, e.selectors), def})
		}
	}
	m.Effect = m.Def.Effect
	return true
}

func (b *builder) definition(m *Member, document *Document, values jsondoc.Value, effect string) *policy.Definition {
	key := compiledKey{document, values.String(), effect, m.Assignment.ID, "", m.ReferenceID}
	o := policy.CompileOptions{Parameters: values, Aliases: b.o.Aliases, Names: b.names, Source: document.Source, AssignmentID: m.Assignment.ID, ReferenceID: m.ReferenceID,
		Assigning: !m.Assignment.stands && m.Initiative == nil}
	if m.Initiative != nil {
		key.initiative, o.InitiativeID = m.Initiative.ID, m.Initiative.ID
	}
	if d := b.compiled[key]; d != nil {
		return d
	}
	doc := document.Doc
	if effect != "" {
		body := document.Body
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
		b.say(m.Assignment, diag.Error, diags[0].Code, "%s: %s", document.Name, diags[0].Message)
		return nil
	}
	b.compiled[key] = d
	return d
}

// Verdict is how a resource stands to a member of an assignment.
type Verdict struct {
	*Member
	Resource  *resource.Resource
	Enforced  bool       // the effect takes place on a request
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
			if def.Effect == policy.Disabled || !Judges(def, r, e.p.o.Inventory) || !e.covers(m.Assignment, r) {
				continue
			}
			e.member = m
			v := Verdict{Member: m, Resource: r, Enforced: e.enforced(m, r), Result: e.ev.Evaluate(def, r)}
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
	if len(others) == 0 && e.p.owners == nil {
		return own
	}
	all := slices.Concat(own, others)
	for i := range all {
		if e.p.owners != nil {
			all[i] = e.p.owners[all[i]]
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// definitions lists the definitions of a member that the index is to know: its
// own, and those of overrides by resource that are switched on or of other types.
func (m *Member) definitions() []*policy.Definition {
	out := []*policy.Definition{m.Def}
	for i := range m.variants {
		d := m.variants[i].def
		if !slices.ContainsFunc(out, func(o *policy.Definition) bool {
			return (o.Effect == policy.Disabled) == (d.Effect == policy.Disabled) && slices.Equal(o.Types(), d.Types())
		}) {
			out = append(out, d)
		}
	}
	return out
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

// enforced tells whether the effects of a member take place on a resource.
func (e *Evaluator) enforced(m *Member, r *resource.Resource) bool {
	if !m.Assignment.Enroll {
		return m.Assignment.Enforced
	}
	for _, x := range e.p.o.Enrollments {
		if speaksOf(x.AssignmentID, x.References, m) && e.within(r.ID, x.Scope) && selected(x.Selectors, r) {
			return true
		}
	}
	return false
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
