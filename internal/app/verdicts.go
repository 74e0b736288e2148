package app

import (
	"cmp"
	"fmt"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// verdicts are findings of an assessment, kept as the indexes of a resource and
// a rule, and put into words when they are read: see [report.Source].
type verdicts struct {
	s    *session
	gaps []gap // come first
	list []verdict
}

// verdict is a result and its state after exemptions.
type verdict struct {
	result
	state finding.State
}

// Len implements [report.Source].
func (v *verdicts) Len() int { return len(v.gaps) + len(v.list) }

// Head implements [report.Source].
func (v *verdicts) Head(i int) report.Finding {
	if i < len(v.gaps) {
		return v.s.gapFinding(v.gaps[i])
	}
	one := v.list[i-len(v.gaps)]
	return v.s.head(one.result, one.state)
}

// Reader implements [report.Source].
func (v *verdicts) Reader() func(i int) report.Finding {
	t := v.s.teller()
	return func(i int) report.Finding {
		if i < len(v.gaps) {
			return v.s.gapFinding(v.gaps[i])
		}
		one := v.list[i-len(v.gaps)]
		f, _ := t.finding(one.result, one.state)
		return f
	}
}

func (s *session) gapFinding(g gap) report.Finding {
	return report.Finding{
		ResourceID: g.scope, ResourceName: g.typ, ResourceType: g.typ, ControlID: s.rules[g.rule].id, Title: s.rules[g.rule].title,
		State: finding.Unknown, Severity: s.rules[g.rule].severity, Reasons: []string{g.reason}, Missing: []string{g.typ},
	}
}

// head is a finding without what decided it.
func (s *session) head(r result, state finding.State) report.Finding {
	res, rule := s.resources[r.resource], &s.rules[r.rule]
	f := report.Finding{
		ResourceID: res.ID.String(), ResourceName: s.names()[r.resource], ResourceType: res.Type, ControlID: rule.id, Title: rule.title,
		State: state, Severity: rule.severity, File: res.From.File,
	}
	if state == finding.Exempt {
		if why := s.book.Holds(rule.id, res.ID); why != nil {
			f.Exemption = fmt.Sprintf("%s by %s: %s", why.Category, why.Owner, why.Reason)
		}
	}
	return f
}

// displayNames names every resource for a person.
func (s *session) displayNames() []string {
	out := make([]string, len(s.resources))
	for i, r := range s.resources {
		out[i] = displayName(s.inv, r)
	}
	return out
}

// nameOf is the name that a person knows a resource or scope by.
func (s *session) nameOf(id resource.ID) string {
	if r, ok := s.inv.Get(id); ok {
		return displayName(s.inv, r)
	}
	return cmp.Or(id.Name(), id.String())
}

// teller evaluates results once more and says what decided them: most are
// never asked about. It is one goroutine's.
type teller struct {
	s    *session
	ev   *policy.Evaluator
	last finding.Verdict
}

func (s *session) teller() *teller {
	return &teller{s: s, ev: policy.NewEvaluator(policy.Options{Inventory: s.inv, Now: s.o.Now})}
}

// finding makes a whole finding of a result, and returns what decided it, which
// is nil where all is as it should be and holds until the next call.
func (t *teller) finding(r result, state finding.State) (report.Finding, *finding.Verdict) {
	f := t.s.head(r, state)
	f.Reasons = []string{}
	v := t.why(r)
	if v != nil {
		f.Reasons = reasons(t.s.inv, t.s.resources[r.resource], v)
		f.Missing = v.Missing
		f.Evidence = v.Because
	}
	return f, v
}

func (t *teller) why(r result) *finding.Verdict {
	if r.state == finding.Compliant || r.state == finding.NotApplicable {
		return nil
	}
	if v := t.s.given[r]; v != nil {
		return v
	}
	t.last = t.ev.Why(t.s.rules[r.rule].def, t.s.resources[r.resource], r.state).Verdict
	return &t.last
}
