package app

import (
	"fmt"
	"io/fs"

	"github.com/azward/azward/compliance"
	"github.com/azward/azward/content"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/posture"
	"github.com/azward/azward/resource"
)

// controlState says how a control stands over all its resources.
func controlState(c *report.Control) compliance.State {
	switch {
	case c.NonCompliant > 0:
		return compliance.NotMet
	case c.Unknown > 0:
		return compliance.Unknown
	case c.Compliant+c.Exempt > 0:
		return compliance.Met
	}
	return compliance.NotAssessed
}

func tallyOf(c *report.Control) compliance.Tally {
	return compliance.Tally{Open: c.NonCompliant, Compliant: c.Compliant, Unknown: c.Unknown, Exempt: c.Exempt}
}

// comply fills in the matrix of responsibility and the frameworks.
func (s *session) comply(a *report.Assessment) error {
	text, err := content.Files.ReadFile("responsibility/model.yaml")
	if err != nil {
		return err
	}
	model, err := compliance.ParseModel("responsibility/model.yaml", text)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, t := range s.inv.Types() {
		counts[t.Type] = t.Count
	}
	a.Responsibility = model.Matrix(counts, s.byArea())

	frameworks, err := loadFrameworks()
	if err != nil {
		return err
	}
	index := map[string]*report.Control{}
	for i := range a.Controls {
		index[a.Controls[i].ID] = &a.Controls[i]
	}
	for _, f := range frameworks {
		answers := map[string][]string{}
		for i := range a.Controls {
			for _, id := range a.Controls[i].Mappings[f.ID] {
				r := f.Requirement(id)
				if r == nil {
					s.notice("warning", a.Controls[i].ID, fmt.Sprintf("the control maps to %s, which %s does not have", id, f.Name))
					continue
				}
				answers[r.ID] = append(answers[r.ID], a.Controls[i].ID)
			}
		}
		a.Compliance = append(a.Compliance, f.Assess(answers, func(id string) (compliance.Tally, bool) { return tallyOf(index[id]), index[id].Custom }))
	}
	return nil
}

// loadFrameworks returns the frameworks in the binary, in the order of their
// file names.
func loadFrameworks() ([]*compliance.Framework, error) {
	names, err := fs.Glob(content.Files, "frameworks/*.yaml")
	if err != nil {
		return nil, err
	}
	var out []*compliance.Framework
	for _, name := range names {
		text, err := content.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := compliance.ParseFramework(name, text)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// byArea counts verdicts by resource type and area.
func (s *session) byArea() map[compliance.TypeArea]compliance.Tally {
	out := map[compliance.TypeArea]compliance.Tally{}
	for _, r := range s.results {
		rule := &s.rules[r.rule]
		if rule.area == "" {
			continue
		}
		res := s.resources[r.resource]
		key := compliance.TypeArea{Type: res.TypeKey(), Area: rule.area}
		t := out[key]
		state := r.state
		if s.book.Exempts(rule.id) && s.exempt(rule.id, res) {
			state = finding.Exempt
		}
		switch state {
		case finding.NonCompliant:
			t.Open++
		case finding.Compliant:
			t.Compliant++
		case finding.Exempt:
			t.Exempt++
		default:
			t.Unknown++
		}
		out[key] = t
	}
	return out
}

func (s *session) exempt(control string, r *resource.Resource) bool {
	return s.book.Holds(control, r.ID) != nil
}

// plan groups the open findings into actions. Custom rules have no commands:
// of them it counts.
func (s *session) plan(facts posture.Facts, controls []report.Control) []posture.Action {
	fixes := make([]posture.Fix, len(s.rules))
	for i := range s.rules {
		r := &s.rules[i]
		fixes[i] = posture.Fix{
			Recommendation: i, ID: r.id, Title: r.title, Severity: r.severity, Effort: r.remediation.Effort, Owner: r.owner, Breaks: r.remediation.Breaks,
			AzCLI: r.remediation.AzCLI, Bicep: r.remediation.Bicep, Terraform: r.remediation.Terraform,
		}
		if r.custom {
			fixes[i].Untold = controls[i].NonCompliant
		}
	}
	for _, r := range facts.Results {
		if r.State == finding.NonCompliant && r.Exemption == posture.NotExempt {
			fixes[r.Recommendation].Targets = append(fixes[r.Recommendation].Targets, target(s.resources[r.Resource]))
		}
	}
	return posture.Plan(fixes, posture.NewSimulator(facts))
}

func target(r *resource.Resource) posture.Target {
	t := posture.Target{ID: r.ID.String(), Name: r.ID.Name(), ResourceGroup: r.ID.ResourceGroup(), Subscription: r.ID.Subscription(), Location: r.Location()}
	if parent, ok := r.ID.Parent(); ok && parent.Level() == resource.LevelResource {
		t.Parent = parent.Name()
	}
	return t
}
