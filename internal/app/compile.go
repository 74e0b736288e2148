package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/policy"
)

// compileRules compiles every definition. One that cannot be used becomes a
// notice, and the others are assessed.
func (s *session) compileRules() error {
	names := policy.NewNames()
	for i := range s.sources {
		src := &s.sources[i]
		def, diags := policy.Compile(src.body, policy.CompileOptions{Parameters: src.parameters, Source: src.text, Names: names, Aliases: s.aliases})
		if def == nil {
			s.notices = append(s.notices, s.refused(src, diags))
			continue
		}
		if def.Effect == policy.Disabled || def.Effect == policy.None {
			continue
		}
		if unset := def.Unset(); src.custom && len(unset) > 0 {
			s.notices = append(s.notices, report.Notice{
				Severity: diag.Warning.String(), Place: src.place,
				Message: src.id + ": it is not assessed: it needs values for " + strings.Join(unset, ", "), Hint: "an initiative can give them: name it with --initiative",
			})
			continue
		}
		src.rule.def = def
		s.rules = append(s.rules, src.rule)
	}
	if len(s.rules) == 0 {
		return errors.New("no control or policy can be assessed")
	}
	sortRules(s.rules)
	return nil
}

// refused says why a definition cannot be used.
func (s *session) refused(src *source, diags diag.List) report.Notice {
	first := diags[0]
	n := report.Notice{Severity: diag.Error.String(), Code: first.Code, Place: src.place, Message: src.id + ": " + first.Message, Hint: first.Hint}
	if src.custom {
		n.Severity = diag.Warning.String()
	}
	if first.Pos.Line > 0 {
		n.Place = fmt.Sprintf("%s:%d:%d", src.place, first.Pos.Line, first.Pos.Column)
	}
	return n
}
