package policy

import (
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// CompileOptions say how a definition is compiled.
type CompileOptions struct {
	// Parameters are the values given, by name, plain or as {"value": ...};
	// what is not given has its default.
	Parameters jsondoc.Value
	// Assigning tells that the values would be assigned now, so that allowed
	// values count with regard to case. What Azure took once, perhaps against
	// another version of the definition, is not refused for its case.
	Assigning bool
	// Aliases is a list of aliases that wins over the rule; may be nil.
	Aliases *Aliases
	// Source is the text that the definition was parsed from; diagnostics then
	// carry its name, line and column. May be nil.
	Source *diag.Source

	// Names lets definitions that are compiled together share what they read, so
	// that an evaluator reads each field of a resource once for all of them.
	Names *Names

	// AssignmentID, InitiativeID and ReferenceID are what policy() answers.
	AssignmentID, InitiativeID, ReferenceID string
}

// Definition is a compiled policy definition. It is immutable and may be used
// by many goroutines at once.
type Definition struct {
	ID, Name, DisplayName, Description string
	Version                            string
	Category                           string
	PolicyType                         string // BuiltIn, Custom, Static
	Mode                               string // All, Indexed, or that of a resource provider
	AssignmentID                       string
	InitiativeID                       string
	ReferenceID                        string

	Effect     Effect
	EffectText string // as the rule or its parameter writes it

	rule                jsondoc.Value
	aliases             *Aliases
	source              *diag.Source
	params              []*Parameter
	root                *node
	applies             cond // nil: the rule speaks of everything
	quick, quickApplies cond // the same for resources of the types of the rule
	types               []string
	details             details
	indexed, provider   bool
	location            bool   // names the field location, in a condition or for a deployment
	identity            bool   // is modify and sets identity.type
	slots               int    // how many fields an evaluator may remember for it
	missing             string // why the effect cannot be known
	fields              []FieldUse
}

// FieldUse is an alias that a rule names, and where.
type FieldUse struct {
	Name string
	Span diag.Span
}

// Names are the fields that definitions have in common. Use one from one
// goroutine at a time, for definitions of the same list of aliases.
type Names struct {
	fields map[string]*fieldRef
	slots  int
}

// NewNames returns an empty set of names.
func NewNames() *Names { return &Names{fields: map[string]*fieldRef{}} }

func (n *Names) field(name string, aliases *Aliases) *fieldRef {
	ref := n.fields[name]
	if ref == nil {
		n.slots++
		ref = newFieldRef(name, aliases)
		ref.slot = n.slots
		n.fields[name] = ref
	}
	return ref
}

// compiler turns one definition into closures.
type compiler struct {
	names  *Names
	o      *CompileOptions
	def    *Definition
	diags  diag.List
	scope  *scope
	depth  int
	nodes  int
	refs   map[dynamicKey]*fieldRef
	fields []FieldUse
	place  diag.Span
	remedy bool // what is compiled is only what the effect would do
	effect bool // what is compiled is the name of the effect
}

// Compile checks a definition and turns it into code: a definition with or
// without its envelope, or a bare rule ({"if": ..., "then": ...}), whose
// parameters are those given. The definition is nil where the diagnostics hold
// an error; [StageOf] tells the stage of each.
func Compile(doc jsondoc.Value, o CompileOptions) (*Definition, diag.List) {
	d := &Definition{AssignmentID: o.AssignmentID, InitiativeID: o.InitiativeID, ReferenceID: o.ReferenceID, aliases: o.Aliases, source: o.Source}
	c := &compiler{o: &o, def: d, refs: map[dynamicKey]*fieldRef{}, names: o.Names}
	if c.names == nil {
		c.names = NewNames()
	}
	c.definition(doc)
	d.slots = c.names.slots
	if o.Source != nil {
		o.Source.Resolve(c.diags)
	}
	if c.diags.HasErrors() {
		c.diags.Sort()
		return nil, c.diags
	}
	d.fields, d.identity = c.fields, d.changesIdentity()
	return d, c.diags
}

func (c *compiler) definition(doc jsondoc.Value) {
	if doc.Kind() != jsondoc.Object {
		c.add(errShape(spanOf(doc), "a definition", "an object"))
		return
	}
	d := c.def
	body, pointer := doc, ""
	if p := doc.Get("properties"); p.Kind() == jsondoc.Object && p.Get("policyRule").Exists() {
		body, pointer = p, "/properties"
	}
	d.ID, d.Name = doc.Get("id").TextOr(""), doc.Get("name").TextOr("")
	d.DisplayName, d.Description = body.Get("displayName").TextOr(""), body.Get("description").TextOr("")
	d.Version = body.Get("version").TextOr(body.Path("metadata", "version").TextOr(""))
	d.Category, d.PolicyType = body.Path("metadata", "category").TextOr(""), body.Get("policyType").TextOr("")
	d.Mode = body.Get("mode").TextOr("All")
	if body.Get("mode").IsNull() {
		d.Mode = "Indexed" // "A null mode is the same as using indexed"
	}
	d.indexed = strings.EqualFold(d.Mode, "Indexed")
	d.provider = !strings.EqualFold(d.Mode, "All") && !d.indexed && strings.Contains(d.Mode, ".")
	if d.Name == "" {
		d.Name = d.ID[strings.LastIndexByte(d.ID, '/')+1:]
	}
	rule, bare := body.Get("policyRule"), false
	pointer += "/policyRule"
	if rule.IsMissing() && body.Get("if").Exists() && body.Get("then").Exists() {
		rule, bare, pointer = body, true, ""
	}
	if rule.IsMissing() {
		c.add(errNoRule(spanOf(doc)))
		return
	}
	if rule.Kind() != jsondoc.Object {
		c.add(errShape(spanOf(rule), "policyRule", "an object"))
		return
	}
	d.rule = rule
	c.parameters(body.Get("parameters"), c.o.Parameters, bare)
	ifs, then := rule.Get("if"), rule.Get("then")
	if ifs.IsMissing() {
		c.add(errMissing(spanOf(rule), "policyRule", "if"))
	} else {
		d.root = c.condition(ifs, pointer+"/if")
	}
	switch {
	case then.IsMissing():
		c.add(errMissing(spanOf(rule), "policyRule", "then"))
	case then.Kind() != jsondoc.Object:
		c.add(errShape(spanOf(then), "then", "an object"))
	default:
		c.then(then, pointer+"/then")
	}
	if d.root == nil {
		return
	}
	d.applies = d.root.applicable(deciding(d.root.subjects()))
	d.types = d.root.types()
	d.shorten()
}

// then compiles the effect and its details.
func (c *compiler) then(then jsondoc.Value, pointer string) {
	effect := then.Get("effect")
	if effect.IsMissing() {
		c.add(errMissing(spanOf(then), "then", "effect"))
		return
	}
	if effect.Kind() != jsondoc.String {
		c.add(errShape(spanOf(effect), "effect", "a text"))
		return
	}
	before := len(c.diags)
	c.effect = true
	o := c.operand(effect)
	c.effect = false
	if len(c.diags) > before {
		return
	}
	v := o.value
	if !o.constant() {
		f := frame{o: &Options{}, def: c.def}
		f.steps = MaxSteps
		got, unknown := o.eval(&f)
		if unknown {
			if f.failed != nil {
				c.add(errEffectExpression(spanOf(effect)))
				return
			}
			c.def.missing = strings.Join(f.missing, ", ")
			c.def.EffectText = o.text
			c.details(then.Get("details"), then, pointer+"/details")
			return
		}
		v = got
	}
	text, ok := v.Text()
	if !ok {
		c.add(errEffectExpression(spanOf(effect)))
		return
	}
	e, ok := ParseEffect(text)
	if !ok {
		c.add(errEffect(spanOf(effect), text))
		return
	}
	c.def.Effect, c.def.EffectText = e, text
	c.details(then.Get("details"), then, pointer+"/details")
}

func (d *Definition) parameter(name string) *Parameter {
	for _, p := range d.params {
		if len(p.Name) == len(name) && strings.EqualFold(p.Name, name) {
			return p
		}
	}
	return nil
}

// Parameters returns the parameters with the values that they have here. The
// rows must not be changed.
func (d *Definition) Parameters() []*Parameter { return d.params }

// Unset lists the parameters that the rule needs to decide and that have
// neither a value nor a default: what depends on them is Unknown.
func (d *Definition) Unset() []string {
	var out []string
	for _, p := range d.params {
		if p.judges && p.value.IsMissing() {
			out = append(out, p.Name)
		}
	}
	return out
}

// Types lists the resource types that the rule can match, in the rule's
// casing; nil means any.
func (d *Definition) Types() []string { return d.types }

// Aliases lists the aliases that the rule names.
func (d *Definition) Aliases() []FieldUse { return d.fields }

// Rule returns the policyRule as it was written.
func (d *Definition) Rule() jsondoc.Value { return d.rule }

// Indexed tells whether the mode leaves out what has no tags and location.
func (d *Definition) Indexed() bool { return d.indexed }

// AsksLocation tells whether a condition or the parameters of the deployment
// name the field location; such a rule is not of subscriptions.
func (d *Definition) AsksLocation() bool { return d.location }

// Protects tells whether the effect is denyAction and refuses that a resource
// is deleted, and whether it refuses that its resource group is, too. Names of
// actions that cannot be told are taken to have delete among them, which is the
// one action there is.
// Source: "Azure Policy definitions denyAction effect", DenyAction properties.
func (d *Definition) Protects() (resource, group bool) {
	if d.Effect != DenyAction {
		return false, false
	}
	resource = true
	if a := d.details.actions; a.constant() && a.value.Kind() == jsondoc.Array {
		resource = false
		for _, v := range a.value.Elements() {
			resource = resource || strings.EqualFold(v.TextOr(""), "delete")
		}
	}
	group = resource && d.indexed
	if o := d.details.cascade; group && o.constant() {
		group = !strings.EqualFold(o.value.TextOr("deny"), "allow")
	}
	return resource, group
}

// ChangesIdentity tells whether the effect is modify and sets identity.type.
func (d *Definition) ChangesIdentity() bool { return d.identity }

func (d *Definition) changesIdentity() bool {
	if d.Effect != Modify {
		return false
	}
	for i := range d.details.operations {
		if strings.EqualFold(d.details.operations[i].fieldText, "identity.type") {
			return true
		}
	}
	return false
}

// Provider tells whether the mode is one of a resource provider
// (Microsoft.Kubernetes.Data), whose objects are not in an inventory.
func (d *Definition) Provider() bool { return d.provider }
