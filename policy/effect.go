package policy

import (
	"strings"

	"github.com/azward/azward/jsondoc"
)

// Effect is what a definition does where its rule matches. The zero Effect is
// not known: its parameter has no value.
type Effect uint8

// The effects. Source: "Azure Policy definitions effect basics".
const (
	EffectUnknown Effect = iota
	Disabled
	Append
	Modify
	Deny
	DenyAction
	Audit
	AuditIfNotExists
	DeployIfNotExists
	Manual
	AddToNetworkGroup
	Mutate
	EnforceRegoPolicy
	EnforceOPAConstraint
	EnforceSetting
	AuditAction
	None
)

var effectNames = [...]string{
	"unknown", "disabled", "append", "modify", "deny", "denyAction", "audit", "auditIfNotExists", "deployIfNotExists", "manual",
	"addToNetworkGroup", "mutate", "enforceRegoPolicy", "enforceOPAConstraint", "enforceSetting", "auditAction", "none",
}

// String returns the effect as the documentation spells it.
func (e Effect) String() string { return effectNames[e] }

// MarshalText writes the effect's name.
func (e Effect) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// ParseEffect reads an effect in any casing.
func ParseEffect(text string) (Effect, bool) {
	text = strings.TrimSpace(text)
	for i, n := range effectNames {
		if i > 0 && strings.EqualFold(n, text) {
			return Effect(i), true
		}
	}
	return EffectUnknown, false
}

// Order says when an effect is looked at: before the request is sent to the
// resource provider (append and modify, then deny, then audit), and after it
// was carried out. Source: "Azure Policy definitions effect basics", Order of
// evaluation.
func (e Effect) Order() int {
	switch e {
	case Disabled, None, EffectUnknown:
		return 0
	case Append, Modify, Mutate:
		return 1
	case Deny, DenyAction, EnforceRegoPolicy, EnforceOPAConstraint, EnforceSetting:
		return 2
	case Audit, AuditAction:
		return 3
	case Manual:
		return 4
	case AuditIfNotExists:
		return 5
	default:
		return 6
	}
}

// details is what stands beside the effect.
type details struct {
	at         jsondoc.Value // as written
	all        operand       // of effects that need no more than their text
	roles      operand
	existence  *existence
	operations []operation
	conflict   string
	deployment *deployment
	delay      operand
	state      string  // defaultState of manual
	actions    operand // what denyAction refuses
	cascade    operand // whether it refuses the deletion of the resource group
}

// operation is one change of modify or append.
type operation struct {
	kind      string // add, addOrReplace, remove, append
	field     operand
	fieldText string
	value     operand
	condition *operand
	at        jsondoc.Value
}

// deployment is what deployIfNotExists would deploy.
type deployment struct {
	scope, location operand
	body            jsondoc.Value // properties, as written
	parameters      operand
}

// details compiles what stands beside the effect, by the effect, or by its
// form where the effect is not known.
func (c *compiler) details(v, then jsondoc.Value, pointer string) {
	d := &c.def.details
	d.at = v
	c.remedy = true
	defer func() { c.remedy = false }()
	effect := c.def.Effect
	if effect == EffectUnknown || effect == Disabled || effect == None {
		switch {
		case v.Kind() == jsondoc.Array:
			effect = Append
		case v.Get("operations").Exists():
			effect = Modify
		case v.Get("existenceCondition").Exists() || v.Get("deployment").Exists():
			effect = AuditIfNotExists
		default:
			return
		}
	}
	// A definition whose effect is a parameter keeps the details of its main
	// effect: audit beside the operations of modify uses none of them.
	switch effect {
	case AuditIfNotExists, DeployIfNotExists:
		if v.Kind() != jsondoc.Object {
			c.add(errDetails(spanOf(then), effect.String(), "to be an object"))
			return
		}
		c.existence(v, pointer)
	case Modify:
		if v.Kind() != jsondoc.Object {
			c.add(errDetails(spanOf(then), effect.String(), "to be an object"))
			return
		}
		c.modify(v, then)
	case Append:
		c.appendDetails(v, then)
	case Manual:
		d.state = v.Get("defaultState").TextOr("")
		if o := c.operand(v.Get("defaultState")); o.constant() {
			d.state = o.value.TextOr(d.state)
		}
		d.all = c.operand(v)
	case Mutate, EnforceRegoPolicy, EnforceOPAConstraint, EnforceSetting, AuditAction, AddToNetworkGroup, DenyAction, Audit, Deny:
		if c.def.Provider() {
			return // evaluated where the objects are: in the cluster, in the vault
		}
		d.actions, d.cascade = c.operand(v.Get("actionNames")), c.operand(v.Path("cascadeBehaviors", "resourceGroup"))
		if v.Exists() && v.Get("deployment").IsMissing() && v.Get("operations").IsMissing() && v.Get("existenceCondition").IsMissing() {
			d.all = c.operand(v) // otherwise they are another effect's
		}
	default:
	}
	d.roles = c.operand(v.Get("roleDefinitionIds"))
}

func (c *compiler) modify(v, then jsondoc.Value) {
	d := &c.def.details
	ops := v.Get("operations")
	if ops.Kind() != jsondoc.Array || ops.Len() == 0 {
		c.add(errDetails(spanOf(then), "modify", "operations, an array that is not empty"))
		return
	}
	if roles := v.Get("roleDefinitionIds"); roles.IsMissing() {
		c.add(errDetails(spanOf(v), "modify", "roleDefinitionIds"))
		return
	}
	d.conflict = v.Get("conflictEffect").TextOr("deny")
	if o := c.operand(v.Get("conflictEffect")); o.constant() {
		d.conflict = o.value.TextOr(d.conflict)
	}
	for _, op := range ops.Elements() {
		if op.Kind() != jsondoc.Object {
			c.add(errShape(spanOf(op), "an operation", "an object"))
			continue
		}
		kind := op.Get("operation").TextOr("")
		o := operation{at: op}
		switch strings.ToLower(kind) {
		case "add":
			o.kind = "add"
		case "addorreplace":
			o.kind = "addOrReplace"
		case "remove":
			o.kind = "remove"
		case "":
			c.add(errMissing(spanOf(op), "an operation", "operation"))
			continue
		default:
			c.add(errOperation(spanOf(op.Get("operation")), kind))
			continue
		}
		if !c.change(&o, op, o.kind != "remove") {
			continue
		}
		if cond := op.Get("condition"); cond.Exists() {
			one := c.operand(cond)
			o.condition = &one
		}
		d.operations = append(d.operations, o)
	}
}

// change reads the field and value of an operation.
func (c *compiler) change(o *operation, op jsondoc.Value, needsValue bool) bool {
	field := op.Get("field")
	if field.Kind() != jsondoc.String {
		c.add(errMissing(spanOf(op), "an operation", "field"))
		return false
	}
	o.fieldText = field.TextOr("")
	o.field = c.operand(field)
	if o.field.constant() {
		name := o.field.value.TextOr("")
		if strings.TrimSpace(name) == "" {
			c.add(errFieldName(spanOf(field), name))
			return false
		}
		if aliasSlash(name) >= 0 && !c.o.Aliases.modifiable(name) {
			c.add(errNotModifiable(spanOf(field), name))
			return false
		}
	}
	value := op.Get("value")
	if value.IsMissing() && needsValue {
		c.add(errMissing(spanOf(op), "an operation", "value"))
		return false
	}
	o.value = c.operand(value)
	return true
}

func (c *compiler) appendDetails(v, then jsondoc.Value) {
	list := v
	if v.Kind() == jsondoc.Object {
		list = jsondoc.NewArray(v)
	}
	if list.Kind() != jsondoc.Array || list.Len() == 0 {
		c.add(errDetails(spanOf(then), "append", "to be an array of fields and values"))
		return
	}
	for _, op := range list.Elements() {
		if op.Kind() != jsondoc.Object {
			c.add(errShape(spanOf(op), "an element of append's details", "an object"))
			continue
		}
		o := operation{kind: "append", at: op}
		if c.change(&o, op, true) {
			c.def.details.operations = append(c.def.details.operations, o)
		}
	}
}
