package content

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// Codes of this package's diagnostics; a code never changes meaning.
const (
	codeSyntax  = "CTL0001" // not YAML
	codeUnknown = "CTL0002" // a member that no control has
	codeMissing = "CTL0003" // a member that every control has is not there
	codeKind    = "CTL0004" // text where a list was expected, and the like
	codeValue   = "CTL0005" // not one of the values that are known
	codeName    = "CTL0006" // the id is not the file's name
	codeTwice   = "CTL0007" // the id stands in two files
	codeFile    = "CTL0008" // the file could not be read
)

// maxControlSize is the longest control file that is read, in bytes.
const maxControlSize = 1 << 20

// decoder turns one document into a control and keeps what was wrong with it.
type decoder struct {
	file string
	text []byte
	list diag.List
}

func newDecoder(file string, text []byte) *decoder { return &decoder{file: file, text: text} }

func (d *decoder) add(code string, at jsondoc.Value, format string, args ...any) {
	d.addAt(code, at.Offset(), fmt.Sprintf(format, args...))
}

func (d *decoder) addAt(code string, off int, msg string) {
	d.list.Add(diag.Diagnostic{Code: code, Message: msg, Span: diag.Span{Start: off, End: off}})
}

// finish resolves places and returns what was wrong.
func (d *decoder) finish() diag.List {
	if len(d.list) == 0 {
		return nil
	}
	diag.NewSource(d.file, string(d.text)).Resolve(d.list)
	d.list.Sort()
	return d.list
}

func (d *decoder) parse() jsondoc.Value {
	if len(d.text) > maxControlSize {
		d.addAt(codeFile, 0, fmt.Sprintf("longer than %d KiB", maxControlSize>>10))
		return jsondoc.Value{}
	}
	doc, err := yamldoc.Parse(d.text)
	if err != nil {
		off := 0
		msg := err.Error()
		if se, ok := errors.AsType[*yamldoc.SyntaxError](err); ok {
			off, msg = int(se.Offset), se.Message
		}
		d.addAt(codeSyntax, off, msg)
		return jsondoc.Value{}
	}
	return doc
}

var controlMembers = []string{"id", "title", "why", "severity", "scoreControl", "preview", "area", "owner", "mappings", "builtIn", "definition", "remediation", "references", "examples"}

// control decodes a document. withExamples says whether it is a whole file or a
// line of the index, which leaves the examples out.
func (d *decoder) control(doc jsondoc.Value, withExamples bool) Control {
	c := Control{Source: d.file}
	if !d.object(doc, "a control", controlMembers) {
		return c
	}
	c.ID = d.required(doc, "id")
	c.Title = d.required(doc, "title")
	c.Why = strings.TrimSpace(d.required(doc, "why"))
	if s := d.required(doc, "severity"); s != "" {
		sev, err := finding.ParseSeverity(s)
		if err != nil || sev == finding.Informational {
			d.add(codeValue, doc.Get("severity"), "severity %q is not known, expected low, medium, high or critical", s)
		}
		c.Severity = sev
	}
	c.ScoreControl = d.oneOf(doc, "scoreControl", scoreControls, false)
	c.Area = d.oneOf(doc, "area", areas, true)
	c.Owner = d.oneOf(doc, "owner", owners, true)
	if p := doc.Get("preview"); p.Exists() {
		b, ok := p.Bool()
		if !ok {
			d.add(codeKind, p, "preview is %s, expected true or false", p.Kind())
		}
		c.Preview = b
	}
	c.Mappings = d.mappings(doc)
	c.BuiltIn = d.texts(doc, "builtIn", false)
	c.Definition = doc.Get("definition")
	d.definition(doc)
	c.Remediation = d.remediation(doc)
	c.References = d.texts(doc, "references", true)
	if base := strings.TrimSuffix(path.Base(d.file), path.Ext(d.file)); c.ID != "" && base != c.ID {
		d.add(codeName, doc.Get("id"), "id %q is not the file's name %q", c.ID, base)
	}
	if withExamples {
		d.examples(doc.Get("examples"))
	}
	return c
}

func (d *decoder) definition(doc jsondoc.Value) {
	def := doc.Get("definition")
	if !def.Exists() {
		d.add(codeMissing, doc, `"definition" is missing`)
		return
	}
	if !d.object(def, "definition", []string{"displayName", "description", "mode", "metadata", "parameters", "policyRule", "policyType", "version"}) {
		return
	}
	if rule := def.Get("policyRule"); rule.Kind() != jsondoc.Object {
		d.add(codeKind, def, `"policyRule" of the definition is %s, expected an object with "if" and "then"`, rule.Kind())
	}
}

func (d *decoder) mappings(doc jsondoc.Value) map[string][]string {
	m := doc.Get("mappings")
	if !m.Exists() {
		return nil
	}
	if !d.object(m, "mappings", frameworks) {
		return nil
	}
	out := make(map[string][]string, m.Len())
	for name := range m.Members() {
		out[name] = d.texts(m, name, true)
	}
	return out
}

func (d *decoder) remediation(doc jsondoc.Value) Remediation {
	r := doc.Get("remediation")
	if !r.Exists() {
		d.add(codeMissing, doc, `"remediation" is missing`)
		return Remediation{}
	}
	if !d.object(r, "remediation", []string{"effort", "breaks", "azcli", "bicep", "terraform"}) {
		return Remediation{}
	}
	return Remediation{
		Effort:    d.oneOf(r, "effort", []string{"low", "medium", "high"}, true),
		Breaks:    strings.TrimSpace(d.required(r, "breaks")),
		AzCLI:     d.optional(r, "azcli"),
		Bicep:     d.optional(r, "bicep"),
		Terraform: d.optional(r, "terraform"),
	}
}

func (d *decoder) examples(list jsondoc.Value) []Example {
	if !list.Exists() {
		return nil
	}
	if list.Kind() != jsondoc.Array {
		d.add(codeKind, list, `"examples" is %s, expected a list`, list.Kind())
		return nil
	}
	var out []Example
	for _, v := range list.Elements() {
		if !d.object(v, "an example", []string{"name", "state", "resource", "related", "unread", "relatedUnread"}) {
			continue
		}
		e := Example{Name: d.required(v, "name"), Resource: v.Get("resource"), Unread: d.texts(v, "unread", false), RelatedUnread: d.texts(v, "relatedUnread", false)}
		if err := e.State.UnmarshalText([]byte(d.required(v, "state"))); err != nil {
			d.add(codeValue, v.Get("state"), "%v", err)
		}
		if e.Resource.Kind() != jsondoc.Object {
			d.add(codeMissing, v, `"resource" of example %q is missing`, e.Name)
		}
		for _, r := range v.Get("related").Elements() {
			e.Related = append(e.Related, r)
		}
		out = append(out, e)
	}
	return out
}

// object checks that v is an object of known members, and tells whether it is an object.
func (d *decoder) object(v jsondoc.Value, what string, known []string) bool {
	if v.Kind() != jsondoc.Object {
		if len(d.list) == 0 || v.Exists() { // what did not parse was already said
			d.add(codeKind, v, "%s is %s, expected an object", what, v.Kind())
		}
		return false
	}
	for name, m := range v.Members() {
		if !slices.Contains(known, name) {
			d.add(codeUnknown, m, "%s has no %q, expected one of %s", what, name, strings.Join(known, ", "))
		}
	}
	return true
}

func (d *decoder) required(v jsondoc.Value, name string) string {
	s := d.optional(v, name)
	if s == "" && (!v.Get(name).Exists() || v.Get(name).Kind() == jsondoc.String) {
		d.add(codeMissing, v, "%q is missing", name)
	}
	return s
}

func (d *decoder) optional(v jsondoc.Value, name string) string {
	m := v.Get(name)
	if !m.Exists() {
		return ""
	}
	s, ok := m.Text()
	if !ok {
		d.add(codeKind, m, "%q is %s, expected text", name, m.Kind())
	}
	return s
}

func (d *decoder) oneOf(v jsondoc.Value, name string, known []string, required bool) string {
	if !required && !v.Get(name).Exists() {
		return ""
	}
	s := d.required(v, name)
	if s != "" && !slices.Contains(known, s) {
		d.add(codeValue, v.Get(name), "%s %q is not known, expected one of: %s", name, s, strings.Join(known, ", "))
	}
	return s
}

func (d *decoder) texts(v jsondoc.Value, name string, required bool) []string {
	list := v.Get(name)
	if !list.Exists() {
		if required {
			d.add(codeMissing, v, "%q is missing", name)
		}
		return nil
	}
	if list.Kind() != jsondoc.Array {
		d.add(codeKind, list, "%q is %s, expected a list of texts", name, list.Kind())
		return nil
	}
	out := make([]string, 0, list.Len())
	for _, e := range list.Elements() {
		s, ok := e.Text()
		if !ok {
			d.add(codeKind, e, "%q holds %s, expected texts", name, e.Kind())
			continue
		}
		out = append(out, s)
	}
	return out
}
