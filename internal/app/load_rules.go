package app

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
)

// source is a rule before it is compiled: its definition and the parameters
// that it is given.
type source struct {
	rule
	body       jsondoc.Value
	parameters jsondoc.Value // an object of values by name; missing where the defaults stand
	text       *diag.Source  // for places in messages; nil where there is none
	place      string
}

// loadRules collects the controls and the user's own definitions. What is
// wrong with one of them becomes a notice, and the others are used.
func (s *session) loadRules() error {
	var controls []content.Control
	var problems diag.List
	if s.o.Controls != "" {
		controls, problems = content.LoadDir(s.o.Controls)
		if len(controls) == 0 {
			if len(problems) > 0 {
				return usagef("no control in %s can be used: %s", s.o.Controls, problems[0].Error())
			}
			return usagef("no control is in %s", s.o.Controls)
		}
	} else {
		controls, problems = content.Controls()
	}
	for _, d := range problems {
		s.notices = append(s.notices, noticeOf(d))
	}
	for i := range controls {
		s.sources = append(s.sources, source{rule: controlRule(&controls[i]), body: controls[i].Definition, place: controls[i].Source})
	}
	if len(s.o.Policies) > 0 || s.o.Initiative != "" {
		return s.loadCustom()
	}
	return nil
}

// loadCustom adds the user's definitions: those of the initiative where one is
// named, otherwise every one in the given paths.
func (s *session) loadCustom() error {
	load := s.library
	if load == nil {
		load = func() (*library, error) { return loadLibrary(s.o.Policies) }
	}
	lib, err := load()
	if err != nil {
		return err
	}
	if len(s.o.Policies) > 0 && len(lib.definitions)+len(lib.initiatives) == 0 && len(lib.problems) > 0 {
		// Nothing would be asked of what the caller named, and all would look well.
		n := noticeOf(lib.problems[0])
		return usagef("read the policies: %s: %s", n.Place, n.Message)
	}
	for _, d := range lib.problems {
		s.notices = append(s.notices, noticeOf(d))
	}
	taken := map[string]bool{}
	for i := range s.sources {
		taken[lower(s.sources[i].id)] = true
	}
	frameworks, err := loadFrameworks()
	if err != nil {
		return err
	}
	if s.o.Initiative == "" {
		ties := tie(lib, frameworks)
		static := 0
		for _, d := range lib.definitions {
			if !testifies(d) {
				static++
				continue
			}
			s.addCustom(d, "", jsondoc.Value{}, ties.of[d], taken)
		}
		if text := ties.note(); text != "" {
			s.notice("info", "", text)
		}
		s.noticeStatic(static)
		return nil
	}
	lib.addInventory(s.inv)
	set := lib.initiative(s.o.Initiative)
	if set == nil {
		hint := "give its file with --policies"
		if len(lib.initiatives) > 0 {
			hint = fmt.Sprintf("there are %d, %s among them", len(lib.initiatives), lib.initiatives[0].displayName())
		}
		return usagef("no initiative is called %q: %s", s.o.Initiative, hint)
	}
	static := 0
	for _, member := range set.body.Get("policyDefinitions").Elements() {
		id := member.Get("policyDefinitionId").TextOr("")
		reference := member.Get("policyDefinitionReferenceId").TextOr("")
		d := lib.find(id, member.Get("definitionVersion").TextOr(""))
		if d == nil {
			s.notice("warning", set.source, fmt.Sprintf("the initiative's member %s names the definition %s, which is not here; it is not assessed", cmp.Or(reference, "?"), id))
			continue
		}
		if !testifies(d) {
			static++
			continue
		}
		values, problems := policy.PassParameters(set.body.Get("parameters"), jsondoc.Value{}, member.Get("parameters"), set.text)
		if len(problems) > 0 { // a parameter without a value would leave the member's own default, which nobody asked for
			s.notice("error", set.source, fmt.Sprintf("the initiative's member %s: %s; it is not assessed", reference, problems[0].Message))
			continue
		}
		s.addCustom(d, reference, values, requirementsOf(frameworks, member), taken)
	}
	s.noticeStatic(static)
	return nil
}

// noticeStatic says that definitions are left out which are Microsoft's word
// about itself: their rule never matches, and that is no evidence of anything.
func (s *session) noticeStatic(n int) {
	if n > 0 {
		s.notice("info", "", fmt.Sprintf("definitions that are static, Microsoft's word about its own controls, are not assessed: %d", n))
	}
}

// addCustom adds one definition under an id of its own, with the requirements
// that an initiative ties it to.
func (s *session) addCustom(d *definition, reference string, parameters jsondoc.Value, tied mappings, taken map[string]bool) {
	id := d.name
	if taken[lower(id)] && reference != "" {
		id += "#" + reference
	}
	for n := 2; taken[lower(id)]; n++ {
		id = fmt.Sprintf("%s#%d", d.name, n)
	}
	taken[lower(id)] = true
	r := rule{
		id: id, title: d.displayName(), why: d.body.Get("description").TextOr(""), custom: true, severity: customSeverity(d.body),
		definition: d.id, mappings: tied,
	}
	s.sources = append(s.sources, source{rule: r, body: d.body, parameters: parameters, text: d.text, place: d.source})
}

// customSeverity reads the severity that a definition's metadata states, as
// Defender for Cloud's custom recommendations do; Medium where there is none.
func customSeverity(body jsondoc.Value) finding.Severity {
	for _, path := range [][]string{{"metadata", "securityCenter", "severity"}, {"metadata", "severity"}} {
		if text, ok := body.Path(path...).Text(); ok {
			if sev, err := finding.ParseSeverity(text); err == nil {
				return sev
			}
		}
	}
	return finding.Medium
}

// sortRules orders rules by id, ours before the user's own.
func sortRules(rules []rule) {
	slices.SortStableFunc(rules, func(a, b rule) int {
		if a.custom != b.custom {
			if b.custom {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.id, b.id)
	})
}
