package posture

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
	"github.com/azward/azward/yamldoc"
)

// Exemption takes a scope out of one control, with a person's name and reason.
type Exemption struct {
	Control    string // id of a control or of a policy definition that it speaks of
	Definition string // id of an Azure Policy definition or assignment, where it names one instead
	Scope      resource.ID
	Category   Category
	Owner      string
	Reason     string
	Expires    time.Time // zero: never
	Source     string    // file, or id of the policyExemption
	Pos        diag.Position
}

// Expired tells whether the exemption no longer holds at a time.
func (e *Exemption) Expired(at time.Time) bool {
	return !e.Expires.IsZero() && !at.Before(e.Expires)
}

// Name returns what the exemption speaks of.
func (e *Exemption) Name() string {
	if e.Control != "" {
		return e.Control
	}
	return e.Definition
}

// Known says what exists, so that an exemption that names nothing is found.
// A nil function knows everything.
type Known struct {
	// Controls are the ids that "control" may name.
	Controls []string
	// Definition resolves an Azure Policy definition's id to the ids of the
	// controls that are that definition.
	Definition func(id string) []string
	// Scope tells whether the inventory has the scope, or anything in it.
	Scope func(id resource.ID) bool
}

// The codes of what ParseExemptions says.
const (
	codeSyntax   = "EXM0001" // not YAML
	codeShape    = "EXM0002" // a member is missing, of the wrong kind, or not known
	codeControl  = "EXM0003" // names a control or definition that does not exist
	codeScope    = "EXM0004" // names a scope that is no id or is not in the inventory
	codeExpiry   = "EXM0005" // not a date
	codeCategory = "EXM0006" // neither waiver nor mitigated
)

// ParseExemptions reads a YAML file of exemptions:
//
//	exemptions:
//	  - control: storage-public-blob-access
//	    scope: /subscriptions/…/resourceGroups/web
//	    category: waiver        # or mitigated
//	    owner: Ana Duarte
//	    reason: public web site, holds nothing private
//	    expires: 2027-03-31     # the first day on which it no longer holds
//
// Exemptions that are wrong are left out, each with a diagnostic that names
// file, line and column; the others are returned.
func ParseExemptions(name string, text []byte, known Known) ([]Exemption, diag.List) {
	p := exemptionParser{known: known, name: name, src: diag.NewSource(name, string(text))}
	doc, err := yamldoc.Parse(text)
	if err != nil {
		d := diag.Diagnostic{Code: codeSyntax, Message: err.Error(), Source: name}
		if syntax, ok := errors.AsType[*yamldoc.SyntaxError](err); ok {
			d.Message, d.Pos = syntax.Message, syntax.Pos
			if d.Pos.Line == 0 {
				d.Pos = p.src.Position(int(syntax.Offset))
			}
		}
		return nil, diag.List{d}
	}
	list := doc
	if doc.Kind() == jsondoc.Object {
		list = doc.Get("exemptions")
		for key, v := range doc.Members() {
			if key != "exemptions" {
				p.say(v, codeShape, fmt.Sprintf("no member %q is known here", key), `the file holds one member, "exemptions"`)
			}
		}
	}
	if list.Kind() != jsondoc.Array {
		p.say(doc, codeShape, "a list of exemptions was expected", `begin with "exemptions:" and a list below it`)
		return nil, p.list
	}
	var out []Exemption
	for _, v := range list.Elements() {
		if e, ok := p.exemption(v); ok {
			out = append(out, e)
		}
	}
	p.list.Sort()
	return out, p.list
}

type exemptionParser struct {
	known Known
	name  string
	src   *diag.Source
	list  diag.List
}

func (p *exemptionParser) say(at jsondoc.Value, code, message, hint string) {
	p.list.Add(diag.Diagnostic{Code: code, Message: message, Hint: hint, Source: p.name,
		Span: diag.Span{Start: at.Offset(), End: at.Offset() + 1}, Pos: p.src.Position(at.Offset())})
}

var exemptionKeys = []string{"control", "definition", "scope", "category", "owner", "reason", "expires"}

func (p *exemptionParser) exemption(v jsondoc.Value) (Exemption, bool) {
	errorsBefore := len(p.list)
	e := Exemption{Source: p.name, Pos: p.src.Position(v.Offset())}
	if v.Kind() != jsondoc.Object {
		p.say(v, codeShape, "an exemption is a mapping", "")
		return e, false
	}
	for key, member := range v.Members() {
		if !slices.Contains(exemptionKeys, key) {
			hint := "members are " + strings.Join(exemptionKeys, ", ")
			if near := diag.Nearest(key, exemptionKeys); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			p.say(member, codeShape, fmt.Sprintf("an exemption has no member %q", key), hint)
		}
	}
	e.Owner, e.Reason = p.text(v, "owner"), p.text(v, "reason")
	p.subject(v, &e)
	p.scope(v, &e)
	p.category(v, &e)
	p.expiry(v, &e)
	return e, len(p.list) == errorsBefore
}

// text returns a member that must be a string with something in it.
func (p *exemptionParser) text(v jsondoc.Value, key string) string {
	m := v.Get(key)
	text, ok := m.Text()
	if !ok || strings.TrimSpace(text) == "" {
		at := m
		if m.IsMissing() {
			at = v
		}
		p.say(at, codeShape, fmt.Sprintf("an exemption needs a %q that says something", key), "")
	}
	return text
}

func (p *exemptionParser) subject(v jsondoc.Value, e *Exemption) {
	control, definition := v.Get("control"), v.Get("definition")
	switch {
	case control.Exists() == definition.Exists():
		p.say(v, codeShape, `an exemption names either a "control" or a "definition"`, "")
	case control.Exists():
		e.Control, _ = control.Text()
		if p.known.Controls == nil {
			return
		}
		for _, id := range p.known.Controls {
			if strings.EqualFold(id, e.Control) {
				e.Control = id
				return
			}
		}
		hint := "azward controls list shows the ids"
		if near := diag.Nearest(e.Control, p.known.Controls); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		p.say(control, codeControl, fmt.Sprintf("no control is called %q", e.Control), hint)
	default:
		e.Definition, _ = definition.Text()
		if p.known.Definition != nil && len(p.known.Definition(e.Definition)) == 0 {
			p.say(definition, codeControl, fmt.Sprintf("no policy definition that is assessed here has the id %q", e.Definition),
				"give the definitions with --policies")
		}
	}
}

func (p *exemptionParser) scope(v jsondoc.Value, e *Exemption) {
	m := v.Get("scope")
	text := p.text(v, "scope")
	if text == "" {
		return
	}
	id, err := resource.ParseID(text)
	if err != nil {
		p.say(m, codeScope, fmt.Sprintf("the scope is no id: %v", err), "scopes look like /subscriptions/{id}/resourceGroups/{name}")
		return
	}
	e.Scope = id
	if p.known.Scope != nil && !p.known.Scope(id) {
		p.say(m, codeScope, fmt.Sprintf("nothing in the inventory is at or below the scope %q", text), "")
	}
}

func (p *exemptionParser) category(v jsondoc.Value, e *Exemption) {
	text := p.text(v, "category")
	switch strings.ToLower(text) {
	case "waiver":
		e.Category = Waiver
	case "mitigated":
		e.Category = Mitigated
	case "":
	default:
		p.say(v.Get("category"), codeCategory, fmt.Sprintf("no category is called %q", text), "categories are waiver and mitigated")
	}
}

func (p *exemptionParser) expiry(v jsondoc.Value, e *Exemption) {
	m := v.Get("expires")
	if m.IsMissing() || m.IsNull() {
		return
	}
	text, _ := m.Text()
	at, err := parseDay(text)
	if err != nil {
		p.say(m, codeExpiry, fmt.Sprintf("%s is not a date", m), "dates look like 2027-03-31 or 2027-03-31T12:00:00Z")
		return
	}
	e.Expires = at
}

func parseDay(text string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, text)
}
