package app

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/posture"
	"github.com/azward/azward/resource"
)

// maxExemptionFile is the size in bytes of the largest file of exemptions.
const maxExemptionFile = 8 << 20

// loadExemptions reads the user's file and the inventory's policyExemptions.
func (s *session) loadExemptions() error {
	var list []posture.Exemption
	if s.o.Exemptions != "" {
		text, err := readSmall(s.o.Exemptions, maxExemptionFile)
		if err != nil {
			return usagef("read the exemptions: %v", err)
		}
		ids := make([]string, len(s.rules))
		for i := range s.rules {
			ids[i] = s.rules[i].id
		}
		read, problems := posture.ParseExemptions(s.o.Exemptions, text, posture.Known{
			Controls: ids, Definition: s.controlsOf, Scope: s.hasScope,
		})
		list = read
		if len(read) == 0 && len(problems) > 0 && problems[0].Severity == diag.Error {
			n := noticeOf(problems[0])
			return usagef("read the exemptions: %s: %s", n.Place, n.Message)
		}
		for _, d := range problems {
			s.notices = append(s.notices, noticeOf(d))
		}
	}
	for r := range s.inv.OfType("Microsoft.Authorization/policyExemptions") {
		read, ok := posture.AzureExemption(r, s.controlsAssigned)
		if !ok {
			s.notice("warning", r.ID.String(), "this policy exemption has no assignment, category or date that azward understands, and was passed over")
			continue
		}
		if len(read) == 1 && read[0].Control == "" {
			s.notice("info", r.ID.String(), fmt.Sprintf("this policy exemption is of the assignment %s, which nothing that is assessed here comes from", read[0].Definition))
			continue
		}
		list = append(list, read...)
	}
	s.book = posture.NewBook(list, s.o.Now, s.controlsOf, func(scope, id resource.ID) bool { return s.inv.Within(id, scope) })
	return nil
}

func readSmall(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return text, err
}

// controlsOf returns the rules that are an Azure Policy definition: by its
// whole id, by its name where a control of ours was deployed under its id, or
// because it is a built-in one that asks what the control asks.
func (s *session) controlsOf(definition string) []string {
	var out []string
	last := definition[strings.LastIndexByte(definition, '/')+1:]
	tenantWide := strings.HasPrefix(lower(definition), "/providers/microsoft.authorization/policydefinitions/")
	for i := range s.rules {
		r := &s.rules[i]
		same := r.definition != "" && strings.EqualFold(r.definition, definition) || strings.EqualFold(r.id, last)
		if same || tenantWide && slices.Contains(r.builtIn, lower(last)) {
			out = append(out, r.id)
		}
	}
	return out
}

// controlsAssigned returns the rules that an assignment of the inventory
// stands for; references narrow an initiative's.
func (s *session) controlsAssigned(assignment string, references []string) []string {
	definition := ""
	if r, ok := s.inv.Lookup(assignment); ok {
		definition = r.Properties().Get("policyDefinitionId").TextOr("")
	}
	if definition == "" {
		return nil
	}
	if ids := s.controlsOf(definition); len(ids) > 0 {
		return ids
	}
	set, ok := s.inv.Lookup(definition)
	if !ok {
		return nil
	}
	var out []string
	for _, member := range set.Properties().Get("policyDefinitions").Elements() {
		reference := member.Get("policyDefinitionReferenceId").TextOr("")
		wanted := len(references) == 0
		for _, r := range references {
			wanted = wanted || strings.EqualFold(r, reference)
		}
		if wanted {
			out = append(out, s.controlsOf(member.Get("policyDefinitionId").TextOr(""))...)
		}
	}
	return out
}

// hasScope tells whether the inventory has a scope or anything in it.
func (s *session) hasScope(id resource.ID) bool {
	if _, ok := s.inv.Get(id); ok || id.Level() == resource.LevelTenant {
		return true
	}
	for range s.inv.Under(id, "") {
		return true
	}
	return false
}

// noticeOf turns a diagnostic into a notice.
func noticeOf(d diag.Diagnostic) report.Notice {
	n := report.Notice{Severity: d.Severity.String(), Code: d.Code, Message: d.Message, Hint: d.Hint, Place: d.Source}
	if d.Pos.Line > 0 {
		n.Place = fmt.Sprintf("%s:%d:%d", d.Source, d.Pos.Line, d.Pos.Column)
	}
	return n
}
