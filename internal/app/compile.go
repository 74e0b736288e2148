package app

import (
	"errors"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/report"
)

// compileRules compiles every definition. One that cannot be used becomes a
// notice, and the others are assessed.
func (s *session) compileRules() error {
	doubted := doubtedTypes(s.inv)
	for i := range s.sources {
		src := &s.sources[i]
		c, err := compileWith(s.inv, doubted, src.body, src.parameters)
		if errors.Is(err, errDisabled) {
			continue
		}
		if err != nil {
			n := report.Notice{Severity: diag.Error.String(), Place: src.place, Message: src.id + ": " + err.Error()}
			if src.custom {
				n.Severity = diag.Warning.String()
			}
			s.notices = append(s.notices, n)
			continue
		}
		c.now = s.o.Now
		src.rule.eval = c
		s.rules = append(s.rules, src.rule)
	}
	if len(s.rules) == 0 {
		return errors.New("no control or policy can be assessed")
	}
	sortRules(s.rules)
	return nil
}
