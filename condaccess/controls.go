package condaccess

import (
	"strings"

	"github.com/azward/azward/jsondoc"
)

// ControlKind is the kind of a grant control.
type ControlKind uint8

// The kinds, in the order in which Entra asks for them ("Conditional Access: Grant").
const (
	ControlUnknown ControlKind = iota
	ControlMFA
	ControlCompliantDevice
	ControlHybridJoined
	ControlApprovedApp
	ControlProtectedApp
	ControlPasswordChange
	ControlRiskRemediation
	ControlTerms
	ControlCustom
	ControlStrength
)

var controlNames = map[string]ControlKind{
	"mfa": ControlMFA, "compliantdevice": ControlCompliantDevice, "domainjoineddevice": ControlHybridJoined, "approvedapplication": ControlApprovedApp,
	"compliantapplication": ControlProtectedApp, "passwordchange": ControlPasswordChange, "riskremediation": ControlRiskRemediation,
}

// Control is one thing that a policy may ask for.
type Control struct {
	Kind     ControlKind
	Name     string // Graph's word, or the id of terms, factor or strength
	Strength *Strength
}

// MFA tells whether meeting the control is multifactor authentication.
func (c Control) MFA() Tri {
	switch c.Kind {
	case ControlMFA:
		return True
	case ControlStrength:
		return c.Strength.impliesMFA()
	case ControlUnknown:
		return Unknown
	default:
		return False
	}
}

// PhishingResistant tells whether meeting the control is authentication that resists phishing.
func (c Control) PhishingResistant() Tri {
	switch c.Kind {
	case ControlStrength:
		return c.Strength.PhishingResistant()
	case ControlUnknown:
		return Unknown
	default:
		return False
	}
}

// Clause is one requirement: any one of the controls.
type Clause struct {
	Policy   *Policy
	Controls []Control
}

// demand is what a policy asks for: to block, or all of its clauses.
type demand struct {
	block   bool
	clauses []Clause
	unread  bool // a part of it is not understood
}

func demandOf(p *Policy, strengths map[string]*Strength) demand {
	var d demand
	for _, u := range p.Unread {
		d.unread = d.unread || u.Part == PartGrant
	}
	g := p.Grant
	if g == nil {
		return d
	}
	var all []Control
	for _, b := range g.BuiltIn {
		if strings.EqualFold(b, "block") {
			d.block = true
			continue
		}
		all = append(all, Control{Kind: controlNames[fold(b)], Name: b})
	}
	if g.Strength != nil {
		s := g.Strength
		if known := strengths[fold(s.ID)]; s.Allowed == nil && known != nil {
			s = known
		}
		all = append(all, Control{Kind: ControlStrength, Name: orElse(s.DisplayName, s.ID), Strength: s})
	}
	for _, t := range g.Terms {
		all = append(all, Control{Kind: ControlTerms, Name: t})
	}
	for _, c := range g.Custom {
		all = append(all, Control{Kind: ControlCustom, Name: c})
	}
	if !g.And {
		if len(all) > 0 {
			d.clauses = []Clause{{Policy: p, Controls: all}}
		}
		return d
	}
	for i := range all {
		d.clauses = append(d.clauses, Clause{Policy: p, Controls: all[i : i+1]})
	}
	return d
}

// Demands tells whether the policy is enforced and asks something of whoever it
// applies to: a control, or that they stay out. A session control is none.
func (p *Policy) Demands() Tri {
	d := demandOf(p, nil)
	switch {
	case p.State == StateUnknown:
		return Unknown
	case p.State != Enabled:
		return False
	case d.block || len(d.clauses) > 0:
		return True
	case d.unread:
		return Unknown
	}
	return False
}

// guarantees tells whether every alternative of the clause has a property: only
// then does the clause guarantee it. "mfa or compliantDevice" guarantees neither.
func (c Clause) guarantees(property func(Control) Tri) Tri {
	out := True
	for _, x := range c.Controls {
		switch property(x) {
		case False:
			return False
		case Unknown:
			out = Unknown
		default:
		}
	}
	return out
}

// grants tells whether the demand guarantees that whoever gets in has a property.
func (d *demand) grants(property func(Control) Tri) Tri {
	if d.block {
		return True
	}
	out := False
	for _, c := range d.clauses {
		switch c.guarantees(property) {
		case True:
			return True
		case Unknown:
			out = Unknown
		default:
		}
	}
	return out
}

// JSON returns the clause: operator, controls, and the policy it is of.
func (c Clause) JSON() jsondoc.Value {
	var names []string
	strength := jsondoc.Value{}
	for _, x := range c.Controls {
		if x.Kind == ControlStrength {
			strength = jsondoc.NewObject(jsondoc.Member{Name: "id", Value: jsondoc.NewString(x.Strength.ID)}, jsondoc.Member{Name: "displayName", Value: jsondoc.NewString(x.Strength.DisplayName)})
			names = append(names, "authenticationStrength")
			continue
		}
		names = append(names, x.Name)
	}
	out := jsondoc.NewObject(jsondoc.Member{Name: "policy", Value: jsondoc.NewString(c.Policy.ID)}, jsondoc.Member{Name: "anyOf", Value: jsondoc.FromAny(names)})
	if strength.Exists() {
		out = out.With("authenticationStrength", strength)
	}
	return out
}
