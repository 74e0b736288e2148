package app

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/policy/assign"
)

// PolicyLibrary is the definitions and initiatives that a command was given.
type PolicyLibrary struct {
	*assign.Library
	Problems diag.List // what could not be read, with its place
}

// LoadPolicies reads definitions and initiatives from files, folders and
// archives (see [Options].Policies), and from an inventory where there is one.
// A file that is wrong is a problem of the library; the error is for paths
// that cannot be read at all.
func LoadPolicies(paths []string, inv *inventory.Inventory) (*PolicyLibrary, error) {
	read, err := loadLibrary(paths)
	if err != nil {
		return nil, err
	}
	lib := &PolicyLibrary{Library: assign.NewLibrary(), Problems: read.problems}
	for _, list := range [][]*definition{read.definitions, read.initiatives} {
		for _, d := range list {
			lib.Add(d.doc, d.name, d.text)
		}
	}
	if inv != nil {
		lib.AddInventory(inv)
	}
	return lib, nil
}

// PolicySummary is a definition or an initiative as a catalog lists it.
type PolicySummary struct {
	Kind        string   `json:"kind"` // definition or initiative
	Name        string   `json:"name"`
	ID          string   `json:"id,omitempty"`
	DisplayName string   `json:"displayName"`
	Category    string   `json:"category,omitempty"`
	PolicyType  string   `json:"policyType,omitempty"`
	Version     string   `json:"version,omitempty"`
	Versions    []string `json:"versions,omitempty"` // every one that the document names
	Mode        string   `json:"mode,omitempty"`     // of a definition
	Effect      string   `json:"effect,omitempty"`   // the default, or as written
	Effects     []string `json:"effects,omitempty"`  // those that may be chosen
	Types       []string `json:"resourceTypes,omitempty"`
	Members     int      `json:"members,omitempty"` // definitions of an initiative
	Deprecated  bool     `json:"deprecated,omitempty"`
	Preview     bool     `json:"preview,omitempty"`
	Place       string   `json:"place,omitempty"` // file, where it came from one
	Error       string   `json:"error,omitempty"` // why it does not compile
}

// PolicyParameter is a parameter of a definition or an initiative.
type PolicyParameter struct {
	Name        string        `json:"name"`
	Type        string        `json:"type"`
	StrongType  string        `json:"strongType,omitempty"`
	DisplayName string        `json:"displayName,omitempty"`
	Description string        `json:"description,omitempty"`
	Default     jsondoc.Value `json:"defaultValue,omitzero"`
	Allowed     jsondoc.Value `json:"allowedValues,omitzero"`
}

// PolicyMember is a definition of an initiative.
type PolicyMember struct {
	Reference    string        `json:"policyDefinitionReferenceId"`
	DefinitionID string        `json:"policyDefinitionId"`
	Version      string        `json:"definitionVersion,omitempty"`
	DisplayName  string        `json:"displayName,omitempty"` // "" where the definition is not here
	Groups       []string      `json:"groupNames,omitempty"`
	Parameters   jsondoc.Value `json:"parameters,omitzero"`
}

// PolicyDetail is all of one definition or initiative.
type PolicyDetail struct {
	PolicySummary
	Description string            `json:"description,omitempty"`
	Parameters  []PolicyParameter `json:"parameters"`
	Aliases     []string          `json:"aliases,omitempty"`
	Groups      []string          `json:"groups,omitempty"`
	Definitions []PolicyMember    `json:"policyDefinitions,omitempty"`
	Rule        jsondoc.Value     `json:"policyRule,omitzero"`
}

// PolicyFilter narrows a catalog. Empty members let everything through.
type PolicyFilter struct {
	Kind, Category, Effect, Mode, Search, Type string
}

// Catalog lists what the library has, by kind, category and display name.
func (l *PolicyLibrary) Catalog(f PolicyFilter) []PolicySummary {
	var out []PolicySummary
	for _, d := range l.Documents() {
		if f.Kind != "" && f.Kind != kindOf(d) || f.Category != "" && !strings.EqualFold(f.Category, d.Category) {
			continue
		}
		s := l.summary(d)
		if f.lets(&s) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b PolicySummary) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(lower(a.Category), lower(b.Category)), strings.Compare(a.DisplayName, b.DisplayName), strings.Compare(a.Name, b.Name))
	})
	return out
}

func (f *PolicyFilter) lets(s *PolicySummary) bool {
	has := func(list []string, want string) bool {
		return slices.ContainsFunc(list, func(e string) bool { return strings.EqualFold(e, want) })
	}
	switch {
	case f.Mode != "" && !strings.EqualFold(f.Mode, s.Mode),
		f.Effect != "" && !has(s.Effects, f.Effect),
		f.Type != "" && !has(s.Types, f.Type),
		f.Search != "" && !strings.Contains(lower(s.DisplayName+" "+s.Name+" "+s.ID), lower(f.Search)):
		return false
	}
	return true
}

func kindOf(d *assign.Document) string {
	if d.Initiative {
		return "initiative"
	}
	return "definition"
}

func (l *PolicyLibrary) summary(d *assign.Document) PolicySummary {
	s := PolicySummary{
		Kind: kindOf(d), Name: d.Name, ID: d.ID, DisplayName: d.DisplayName, Category: d.Category, Version: d.Version,
		PolicyType: d.Body.Get("policyType").TextOr(""),
	}
	for _, v := range d.Body.Get("versions").Elements() {
		s.Versions = append(s.Versions, v.TextOr(""))
	}
	meta := d.Body.Get("metadata")
	s.Deprecated, _ = meta.Get("deprecated").Bool()
	s.Preview, _ = meta.Get("preview").Bool()
	if d.Source != nil {
		s.Place = d.Source.Name
	}
	if d.Initiative {
		s.Members = d.Body.Get("policyDefinitions").Len()
		return s
	}
	s.Mode = d.Body.Get("mode").TextOr("All")
	def, diags := policy.Compile(d.Doc, policy.CompileOptions{Source: d.Source})
	if def == nil {
		s.Error = diags[0].Code + ": " + diags[0].Message
	} else {
		s.Types = def.Types()
	}
	s.Effect, s.Effects = EffectsOf(d.Body)
	return s
}

// EffectsOf returns the effect that the body of a definition has by default
// ("" where it has none), and those that its parameter lets an assignment
// choose, as they are written.
func EffectsOf(body jsondoc.Value) (def string, allowed []string) {
	text := body.Path("policyRule", "then", "effect").TextOr("")
	name, ok := parameterNamed(text)
	if !ok {
		return text, []string{text}
	}
	p := body.Get("parameters").Get(name)
	def = p.Get("defaultValue").TextOr("")
	for _, v := range p.Get("allowedValues").Elements() {
		allowed = append(allowed, v.TextOr(""))
	}
	if len(allowed) == 0 && def != "" {
		allowed = []string{def}
	}
	return def, allowed
}

// parameterNamed returns the parameter that a text such as
// "[parameters('effect')]" stands for.
func parameterNamed(text string) (name string, ok bool) {
	if !arm.IsExpression(text) {
		return "", false
	}
	e, _ := arm.Parse(text)
	if e == nil {
		return "", false
	}
	call, ok := e.Root.(*arm.Call)
	if !ok || !strings.EqualFold(call.Name, "parameters") || len(call.Args) != 1 {
		return "", false
	}
	lit, ok := call.Args[0].(*arm.Lit)
	if !ok {
		return "", false
	}
	return lit.Val.Text()
}

// Pick returns the documents of an id, name or display name: every version,
// the newest first.
func (l *PolicyLibrary) Pick(want string) ([]*assign.Document, error) {
	var first *assign.Document
	for _, initiative := range []bool{false, true} {
		if first = l.Named(want, initiative); first != nil {
			break
		}
	}
	if first == nil {
		return nil, usagef("%s", l.unknownName(want))
	}
	out := []*assign.Document{first}
	for _, d := range l.Documents() {
		if d != first && d.Initiative == first.Initiative && strings.EqualFold(d.Name, first.Name) && strings.EqualFold(d.ID, first.ID) {
			out = append(out, d)
		}
	}
	return out, nil
}

// unknownName says that nothing has a name, and what comes near.
func (l *PolicyLibrary) unknownName(want string) string {
	text := fmt.Sprintf("no definition or initiative has the id or name %q", want)
	if len(l.Documents()) == 0 {
		return text + ": nothing was read; give files with --policies, or a clone of Azure/azure-policy with --builtin"
	}
	var near []string
	for _, d := range l.Documents() {
		if want != "" && strings.Contains(lower(d.DisplayName), lower(want)) {
			near = append(near, fmt.Sprintf("%s (%s)", d.Name, d.DisplayName))
		}
	}
	if len(near) == 0 {
		var names []string
		for _, d := range l.Documents() {
			names = append(names, d.Name, d.DisplayName)
		}
		if near := diag.Nearest(want, names); near != "" {
			return text + fmt.Sprintf("; did you mean %q?", near)
		}
		return text + "; azward policy list shows what there is"
	}
	if len(near) > 3 {
		near = append(near[:3], fmt.Sprintf("%d more", len(near)-3))
	}
	return text + "; there are " + strings.Join(near, ", ")
}

// Detail describes one document.
func (l *PolicyLibrary) Detail(d *assign.Document) PolicyDetail {
	out := PolicyDetail{PolicySummary: l.summary(d), Description: d.Body.Get("description").TextOr(""), Parameters: []PolicyParameter{}, Rule: d.Body.Get("policyRule")}
	for name, p := range d.Body.Get("parameters").Members() {
		out.Parameters = append(out.Parameters, PolicyParameter{
			Name: name, Type: p.Get("type").TextOr(""), StrongType: p.Path("metadata", "strongType").TextOr(""), DisplayName: p.Path("metadata", "displayName").TextOr(""),
			Description: p.Path("metadata", "description").TextOr(""), Default: p.Get("defaultValue"), Allowed: p.Get("allowedValues"),
		})
	}
	for _, g := range d.Body.Get("policyDefinitionGroups").Elements() {
		out.Groups = append(out.Groups, g.Get("name").TextOr(""))
	}
	for _, m := range d.Body.Get("policyDefinitions").Elements() {
		one := PolicyMember{
			Reference: m.Get("policyDefinitionReferenceId").TextOr(""), DefinitionID: m.Get("policyDefinitionId").TextOr(""),
			Version: m.Get("definitionVersion").TextOr(""), Parameters: m.Get("parameters"),
		}
		for _, g := range m.Get("groupNames").Elements() {
			one.Groups = append(one.Groups, g.TextOr(""))
		}
		if found, _ := l.Find(one.DefinitionID, one.Version, false); found != nil {
			one.DisplayName = found.DisplayName
		}
		out.Definitions = append(out.Definitions, one)
	}
	if def, _ := policy.Compile(d.Doc, policy.CompileOptions{}); def != nil && !d.Initiative {
		for _, u := range def.Aliases() {
			if !slices.Contains(out.Aliases, u.Name) {
				out.Aliases = append(out.Aliases, u.Name)
			}
		}
	}
	return out
}
