// Package content loads and checks what azward ships as data, and what a user
// adds in the same form: controls, each a YAML file that holds an Azure Policy
// definition with its reasons, mappings, remediation and examples.
//
// Start with [Controls] for those in the binary and [LoadDir] for a folder.
// Evaluating definitions is left to package policy, scoring to package posture.
package content

import (
	"slices"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
)

//go:generate go test . -run TestIndexIsFresh -count=1 -rewrite

// Control is one question that azward asks of resources.
type Control struct {
	ID           string           // stable slug; the file's name
	Title        string           // a sentence that is true of a compliant resource
	Why          string           // two or three sentences
	Severity     finding.Severity //
	ScoreControl string           // a name in ScoreControls; "" where it is not scored
	Preview      bool             // shown, never scored
	Area         string           // a name in Areas
	Owner        string           // a name in Owners: the team that mends it as a rule
	Mappings     map[string][]string
	BuiltIn      []string      // names (GUIDs) of the built-in Azure Policy definitions that ask the same
	Definition   jsondoc.Value // properties of an Azure Policy definition, deployable as they are
	Remediation  Remediation
	References   []string // pages of Microsoft Learn

	// Source is where the control was read: a path below content, or on disk.
	Source string
	// load reads the file again for what is not kept in memory.
	load func() ([]byte, error)
}

// Remediation says how to mend a finding. The texts hold the placeholders
// {{name}}, {{resourceGroup}}, {{id}}, {{subscription}} and {{location}}.
type Remediation struct {
	Effort    string // low, medium or high
	Breaks    string // what a fix could break
	AzCLI     string
	Bicep     string
	Terraform string
}

// Example is a resource with the state that the control must give it.
type Example struct {
	Name          string
	State         finding.State
	Resource      jsondoc.Value
	Related       []jsondoc.Value // other resources of the same inventory
	Unread        []string        // paths of Resource that were not read ("properties.x")
	RelatedUnread []string        // types that were not read
}

// Names that a control may use.
var (
	scoreControls = []string{
		"Enable MFA", "Secure management ports", "Apply system updates", "Remediate vulnerabilities", "Remediate security configurations",
		"Manage access and permissions", "Enable encryption at rest", "Encrypt data in transit", "Restrict unauthorized network access",
		"Apply adaptive application control", "Protect applications against DDoS attacks", "Enable endpoint protection",
		"Enable auditing and logging", "Enable enhanced security features", "Implement security best practices",
	}
	areas      = []string{"operating system", "runtime", "network configuration", "identity and access", "data and encryption", "application", "monitoring"}
	owners     = []string{"platform", "identity", "data", "application", "security"}
	frameworks = []string{"cis-azure-3.0", "mcsb-v1", "nist-800-53-r5", "iso-27001-2022", "soc2", "hipaa", "pci-dss-4.0"}
)

// ScoreControls lists the names of Secure Score's controls, as Defender for
// Cloud's page "Secure score security controls" has them.
func ScoreControls() []string { return slices.Clone(scoreControls) }

// Areas lists the areas of the shared responsibility that a control can be in.
func Areas() []string { return slices.Clone(areas) }

// Frameworks lists the frameworks that mappings name.
func Frameworks() []string { return slices.Clone(frameworks) }

// Examples reads the control's examples from its file.
func (c Control) Examples() ([]Example, error) {
	text, err := c.load()
	if err != nil {
		return nil, err
	}
	d := newDecoder(c.Source, text)
	doc := d.parse()
	examples := d.examples(doc.Get("examples"))
	return examples, d.finish().Err()
}
