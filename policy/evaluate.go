package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Options say what an evaluation may know beyond the resource.
type Options struct {
	// Inventory answers what was read, and holds related resources. Without
	// one a resource is taken for whole.
	Inventory *inventory.Inventory
	// Related are the related resources that auditIfNotExists and
	// deployIfNotExists look among, in place of the inventory's; not nil means
	// that these are all there are.
	Related []*resource.Resource
	// Now is what utcNow() answers; zero makes it Unknown.
	Now time.Time
	// Request, Policy, ResourceGroup and Subscription are what the functions
	// requestContext(), policy(), resourceGroup() and subscription() answer;
	// where missing, what the resource's id and the inventory tell.
	Request, Policy, ResourceGroup, Subscription jsondoc.Value
	// APIVersion is that of the request; aliases with paths by version go by it.
	APIVersion string
	// Holes says that bodies may hold values that cannot be known ([arm.Hole]):
	// resources of a template before deployment.
	Holes bool
	// Attestations answer for manual definitions; may be nil.
	Attestation func(def *Definition, res *resource.Resource) (state finding.State, ok bool)
}

// Evaluator evaluates definitions. It holds the scratch memory of one
// goroutine; make one for each.
type Evaluator struct {
	o Options
	f frame
}

// NewEvaluator returns an evaluator.
func NewEvaluator(o Options) *Evaluator {
	e := &Evaluator{o: o}
	e.f.o, e.f.inv = &e.o, o.Inventory
	if o.Inventory != nil {
		e.f.doubted = doubtedTypes(o.Inventory)
	}
	return e
}

// Fork returns an evaluator of the same options for another goroutine.
func (e *Evaluator) Fork() *Evaluator {
	n := &Evaluator{o: e.o}
	n.f.o, n.f.inv, n.f.doubted = &n.o, e.f.inv, e.f.doubted
	return n
}

// doubtedTypes lists the types of which the manifest says that some properties
// were not read: for those it is asked even where a value is there.
func doubtedTypes(inv *inventory.Inventory) map[string]bool {
	var out map[string]bool
	for _, e := range inv.Manifest().Entries() {
		if len(e.Unread) > 0 {
			if out == nil {
				out = map[string]bool{}
			}
			out[strings.ToLower(e.Type)] = true
		}
	}
	return out
}

// Result is what a definition says of a resource.
type Result struct {
	finding.Verdict
	// Match tells whether the rule's if holds.
	Match finding.Truth
	// Fires tells whether the effect would take place: the if holds, and of an
	// if-not-exists effect, what it looks for is not there.
	Fires bool
	// Err is the expression that failed, where that left the answer Unknown.
	Err *diag.Diagnostic
}

// Failed tells whether the rule itself is to blame that the answer is Unknown:
// an expression that cannot be evaluated on this resource. An evaluation that
// was given up for its length is not.
func (r *Result) Failed() bool {
	return r.State == finding.Unknown && r.Err != nil && r.Err.Code != codeBudget
}

// Evaluate answers what a definition says of a resource: NotApplicable where
// the conditions on type, kind and name do not let it through, Compliant,
// NonCompliant with the clauses that decided, or Unknown with what is missing.
// It allocates nothing where the rule does not match.
func (e *Evaluator) Evaluate(d *Definition, r *resource.Resource) Result {
	f := e.ready(d, r)
	if d.Effect == Disabled || d.Effect == None || d.passesOver(r) {
		return Result{Verdict: finding.Verdict{State: finding.NotApplicable}}
	}
	root, applies := d.root.eval, d.applies
	if f.brief {
		root, applies = d.quick, d.quickApplies
	}
	truth := root(f)
	if truth == finding.False {
		if d.Effect == AuditIfNotExists || d.Effect == DeployIfNotExists || applies != nil && applies(f) == finding.False {
			return Result{Verdict: finding.Verdict{State: finding.NotApplicable}}
		}
		if d.Effect == Manual || d.Provider() {
			return Result{Verdict: finding.Verdict{State: finding.NotApplicable}}
		}
		return Result{Verdict: finding.Verdict{State: finding.Compliant}}
	}
	return e.matched(d, truth)
}

// ready makes the frame ready for a definition and a resource.
func (e *Evaluator) ready(d *Definition, r *resource.Resource) *frame {
	f := &e.f
	f.def = d
	if f.res != r {
		f.at(r)
	}
	f.clear(false)
	if d.slots >= len(f.memo) {
		f.memo = append(f.memo, make([]remembered, d.slots+1-len(f.memo))...)
	}
	return f
}

// passesOver tells whether the mode leaves a resource out, whatever the rule says.
//
// Source: "Azure Policy definition structure basics", Mode: indexed leaves out
// resource groups and subscriptions, resource provider modes are of that
// provider's objects alone. Policies are of Resource Manager's resources: a
// rule that names no type does not speak of directory objects.
func (d *Definition) passesOver(r *resource.Resource) bool {
	if d.indexed && (r.ID.Level() != resource.LevelResource && !r.ID.IsZero() || r.ID.IsZero() && containers[r.TypeKey()]) {
		return true
	}
	if d.identity && r.Type != "" && !machines[r.TypeKey()] {
		return true
	}
	if d.types != nil {
		return false
	}
	return d.provider && !d.provides(r.Type) || r.IsGraph()
}

// containers are the types of resources that hold others; an id tells them as well.
var containers = map[string]bool{"microsoft.resources/subscriptions": true, "microsoft.resources/subscriptions/resourcegroups": true, "microsoft.resources/resourcegroups": true}

// machines are the types whose identity modify can set; of others the policy is
// not applicable.
//
// Source: "Azure Policy definitions modify effect", Skipped modification.
var machines = map[string]bool{"microsoft.compute/virtualmachines": true, "microsoft.compute/virtualmachinescalesets": true}

// provides tells whether a type is of the resource provider that a mode names.
func (d *Definition) provides(typ string) bool {
	namespace, _, _ := strings.Cut(typ, "/")
	mode := strings.ToLower(d.Mode)
	if strings.EqualFold(mode, "Microsoft.Kubernetes.Data") {
		return strings.EqualFold(typ, "Microsoft.ContainerService/managedClusters") || strings.EqualFold(typ, "Microsoft.Kubernetes/connectedClusters")
	}
	return typ == "" || strings.HasPrefix(mode, strings.ToLower(namespace)+".") || strings.EqualFold(mode, namespace)
}

// matched answers where the if holds or may hold.
func (e *Evaluator) matched(d *Definition, truth finding.Truth) Result {
	f := &e.f
	if truth == finding.Maybe {
		failed, missing := f.failed, f.missing
		f.failed = nil
		if d.applies != nil && d.applies(f) == finding.False {
			return Result{Match: finding.False, Verdict: finding.Verdict{State: finding.NotApplicable}}
		}
		return Result{Match: truth, Err: d.located(failed), Verdict: finding.Verdict{State: finding.Unknown, Missing: missing}}
	}
	if f.brief {
		return e.brief(d, truth)
	}
	unknown := func(why string) Result {
		return Result{Match: truth, Fires: true, Verdict: finding.Verdict{State: finding.Unknown, Because: e.trace(d), Missing: []string{why}}}
	}
	switch d.Effect {
	case EffectUnknown:
		r := unknown("the effect: " + d.missing)
		r.Fires = false
		return r
	case Manual:
		if e.o.Attestation != nil {
			if state, ok := e.o.Attestation(d, f.res); ok {
				return Result{Match: truth, Fires: state != finding.Compliant, Verdict: finding.Verdict{State: state}}
			}
		}
		switch strings.ToLower(d.details.state) {
		case "compliant":
			return Result{Match: truth, Fires: true, Verdict: finding.Verdict{State: finding.Compliant}}
		case "noncompliant", "non-compliant":
			return Result{Match: truth, Fires: true, Verdict: finding.Verdict{State: finding.NonCompliant, Because: e.trace(d)}}
		}
		return unknown("an attestation: the policy is answered by hand")
	case AuditIfNotExists, DeployIfNotExists:
		return e.notExists(d)
	case AddToNetworkGroup:
		return unknown("the members of the network group that this policy fills")
	case DenyAction:
		// What may be done with the resource is limited; its state is not judged.
		return Result{Match: truth, Fires: true, Verdict: finding.Verdict{State: finding.Compliant}}
	default:
		if d.Provider() {
			return unknown("the objects that " + d.Mode + " decides about, which no inventory holds")
		}
	}
	return Result{Match: truth, Fires: true, Verdict: finding.Verdict{State: finding.NonCompliant, Because: e.trace(d)}}
}

// state answers as [Evaluator.Evaluate] does of a resource of a type that the
// rule can match, and gives the state alone, without the work of saying why.
func (e *Evaluator) quickState(d *Definition, r *resource.Resource) finding.State {
	e.f.brief = true
	v := e.Evaluate(d, r)
	e.f.brief = false
	return v.State
}

// brief is matched where only the state is asked for, and the if holds.
func (e *Evaluator) brief(d *Definition, truth finding.Truth) Result {
	r := Result{Match: truth, Fires: true, Verdict: finding.Verdict{State: finding.Unknown}}
	switch d.Effect {
	case EffectUnknown, AddToNetworkGroup:
	case Manual:
		e.f.brief = false
		r = e.matched(d, truth)
	case AuditIfNotExists, DeployIfNotExists:
		t, _ := e.f.related(d.details.existence)
		switch t {
		case finding.True:
			r.State = finding.Compliant
		case finding.False:
			r.State = finding.NonCompliant
		case finding.Maybe:
		}
	case DenyAction:
		r.State = finding.Compliant
	default:
		if !d.Provider() {
			r.State = finding.NonCompliant
		}
	}
	return r
}

// notExists looks for what an if-not-exists effect wants to be there.
func (e *Evaluator) notExists(d *Definition) Result {
	f := &e.f
	f.clear(false)
	want := d.details.existence
	truth, seen := f.related(want)
	switch truth {
	case finding.True:
		return Result{Match: finding.True, Verdict: finding.Verdict{State: finding.Compliant}}
	case finding.Maybe:
		missing := f.missing
		if len(missing) == 0 {
			missing = []string{"the related " + want.typ.text}
		}
		return Result{Match: finding.True, Err: d.located(f.failed), Verdict: finding.Verdict{State: finding.Unknown, Missing: missing}}
	case finding.False:
	}
	return f.notThere(want, seen)
}

// notThere is the answer where none of the resources seen is what an
// if-not-exists effect wants to be there.
func (f *frame) notThere(want *existence, seen int) Result {
	typ, _ := want.typ.str(f)
	found := "there is none"
	if seen > 0 {
		found = fmt.Sprintf("none of %d is as it should be", seen)
	}
	return Result{Match: finding.True, Fires: true, Verdict: finding.Verdict{
		State: finding.NonCompliant, Because: []finding.Step{{Clause: "exists " + typ, Value: found, Truth: finding.False}},
	}}
}

// Why answers as [Evaluator.Evaluate] does of a resource whose state is known
// from a sweep over the same inventory, and leaves out the work of finding it
// out again.
func (e *Evaluator) Why(d *Definition, r *resource.Resource, state finding.State) Result {
	if state != finding.NonCompliant || d.Effect == Manual {
		return e.Evaluate(d, r)
	}
	e.ready(d, r)
	if d.Effect == AuditIfNotExists || d.Effect == DeployIfNotExists {
		return e.f.notThere(d.details.existence, e.f.candidates(d.details.existence))
	}
	return Result{Match: finding.True, Fires: true, Verdict: finding.Verdict{State: finding.NonCompliant, Because: e.trace(d)}}
}

// trace evaluates the rule once more and returns the clauses that decided it.
func (e *Evaluator) trace(d *Definition) []finding.Step {
	f := &e.f
	f.clear(true)
	d.root.eval(f)
	steps := f.because()
	f.trace = false
	return steps
}

// located fills in where in the definition's text an expression failed.
func (d *Definition) located(p *diag.Diagnostic) *diag.Diagnostic {
	if p != nil && d.source != nil && p.Span != (diag.Span{}) {
		p.Source, p.Pos = d.source.Name, d.source.Position(p.Span.Start)
	}
	return p
}
