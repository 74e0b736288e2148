package app

import (
	"strings"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/posture"
)

// rule is one question asked of resources: a control of ours, or a definition
// of the user's own.
type rule struct {
	id, title, why string
	severity       finding.Severity
	scoreControl   string
	preview        bool
	custom         bool // not ours: never scored
	area, owner    string
	mappings       map[string][]string
	references     []string
	remediation    content.Remediation
	definition     string   // id of the Azure Policy definition, where it has one
	builtIn        []string // names of the built-in definitions that ask the same
	def            *policy.Definition
}

func controlRule(c *content.Control) rule {
	return rule{
		id: c.ID, title: c.Title, why: c.Why, severity: c.Severity, scoreControl: c.ScoreControl, preview: c.Preview,
		area: c.Area, owner: c.Owner, mappings: c.Mappings, references: c.References, remediation: c.Remediation, builtIn: c.BuiltIn,
	}
}

func (r *rule) recommendation() posture.Recommendation {
	return posture.Recommendation{ID: r.id, Control: r.scoreControl, Preview: r.preview, Custom: r.custom}
}

func (r *rule) report() report.Control {
	c := report.Control{
		ID: r.id, Title: r.title, Why: r.why, Severity: r.severity, ScoreControl: r.scoreControl, Preview: r.preview, Custom: r.custom,
		Area: r.area, Owner: r.owner, Effort: r.remediation.Effort, Breaks: r.remediation.Breaks, Mappings: r.mappings, References: r.references,
	}
	for name, text := range map[string]string{"azcli": r.remediation.AzCLI, "bicep": r.remediation.Bicep, "terraform": r.remediation.Terraform} {
		if text != "" {
			if c.Remediation == nil {
				c.Remediation = map[string]string{}
			}
			c.Remediation[name] = text
		}
	}
	return c
}

// typeName returns the casing in which the rule writes a type.
func (r *rule) typeName(typ string) string {
	for _, t := range r.def.Types() {
		if strings.EqualFold(t, typ) {
			return t
		}
	}
	return typ
}

func lower(s string) string { return strings.ToLower(s) }

func cutFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}
