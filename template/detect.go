package template

import (
	"github.com/azward/azward/jsondoc"
)

// Kind says what a text is.
type Kind uint8

// The kinds.
const (
	KindOther      Kind = iota
	KindTemplate        // an ARM template, or what holds one
	KindParameters      // a parameter file of a deployment
	KindPlan            // a Terraform plan, as terraform show -json writes it
	KindInvalid         // no JSON
)

// Detect tells what a text is by its contents.
func Detect(text []byte) Kind {
	doc, err := jsondoc.Parse(withoutComments(text))
	switch {
	case err != nil:
		return KindInvalid
	case doc.Kind() != jsondoc.Object:
		return KindOther
	case doc.Get("format_version").Exists() && (doc.Get("planned_values").Exists() || doc.Get("resource_changes").Exists()):
		return KindPlan
	case IsTemplate(doc):
		return KindTemplate
	case IsParameters(doc):
		return KindParameters
	}
	return KindOther
}
