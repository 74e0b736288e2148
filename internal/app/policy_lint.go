package app

import (
	"cmp"
	"slices"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/policy/assign"
	"github.com/azward/azward/policy/lint"
)

// PolicyLint is what is wrong with definitions and initiatives.
type PolicyLint struct {
	Documents int       // that were looked at
	Files     []string  // they came from, in order
	Remarks   diag.List // by file and place; the source of what came from an inventory is its id
}

// LintPolicies remarks on every document of a library, and on the files that
// could not be read. Only documents that were read from the given paths, or all
// where there are none, are looked at; the others are known to initiatives.
func LintPolicies(lib *PolicyLibrary, aliases *policy.Aliases, wanted func(d *assign.Document) bool) *PolicyLint {
	out := &PolicyLint{}
	for _, d := range lib.Problems {
		d.Severity = diag.Error
		if d.Code == "APP0003" { // the JSON itself
			d.Code = lint.CodeSyntax
		}
		out.Remarks.Add(d)
		out.file(d.Source)
	}
	o := lint.Options{Aliases: aliases, Find: versionsOf(lib)}
	for _, d := range lib.Documents() {
		if wanted != nil && !wanted(d) {
			continue
		}
		out.Documents++
		check := lint.Definition
		if d.Initiative {
			check = lint.Initiative
		}
		remarks := check(d.Doc, d.Source, o)
		for i := range remarks {
			if remarks[i].Source == "" {
				remarks[i].Source = idOf(d)
			}
		}
		if d.Source != nil {
			out.file(d.Source.Name)
		} else {
			out.file(idOf(d))
		}
		out.Remarks = append(out.Remarks, remarks...)
	}
	slices.SortStableFunc(out.Remarks, func(a, b diag.Diagnostic) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column), strings.Compare(a.Code, b.Code))
	})
	return out
}

// versionsOf finds every version of a definition that fits a pattern; without
// a pattern, all.
func versionsOf(lib *PolicyLibrary) func(id, version string) ([]jsondoc.Value, bool) {
	all := map[string][]*assign.Document{}
	for _, d := range lib.Documents() {
		if !d.Initiative {
			all[lower(idOf(d))] = append(all[lower(idOf(d))], d)
		}
	}
	return func(id, version string) ([]jsondoc.Value, bool) {
		found, ok := lib.Find(id, version, false)
		if found == nil {
			return nil, false
		}
		bodies := []jsondoc.Value{found.Body}
		for _, d := range all[lower(idOf(found))] {
			if d != found && version == "" {
				bodies = append(bodies, d.Body)
			}
		}
		return bodies, ok || found.Version == ""
	}
}

func (l *PolicyLint) file(name string) {
	if !slices.Contains(l.Files, name) {
		l.Files = append(l.Files, name)
	}
}

// Assessment is the remarks as the formats of findings take them: SARIF.
func (l *PolicyLint) Assessment(tool report.Tool) *report.Assessment {
	a := &report.Assessment{Tool: tool}
	severities := map[diag.Severity]finding.Severity{diag.Error: finding.High, diag.Warning: finding.Medium, diag.Info: finding.Low}
	var findings []report.Finding
	known := map[string]bool{}
	for _, c := range lint.Checks() {
		known[c.Code] = true
		control := report.Control{ID: c.Code, Title: c.Title, Severity: severities[c.Severity]}
		if c.Source != "" {
			control.References = []string{c.Source}
		}
		a.Controls = append(a.Controls, control)
	}
	for _, d := range l.Remarks {
		if !known[d.Code] {
			known[d.Code] = true
			a.Controls = append(a.Controls, report.Control{ID: d.Code, Title: "the definition does not compile", Severity: severities[d.Severity]})
		}
		f := report.Finding{
			ControlID: d.Code, ResourceID: d.Source + "#" + d.Message, ResourceName: d.Source, Title: d.Message, State: finding.NonCompliant, Severity: severities[d.Severity],
			Reasons: []string{d.Message}, Line: d.Pos.Line, Column: d.Pos.Column,
		}
		if d.Hint != "" {
			f.Reasons = append(f.Reasons, d.Hint)
		}
		if d.Pos.Line > 0 {
			f.File = d.Source
		}
		findings = append(findings, f)
	}
	a.Findings = report.ListOf(findings)
	return a
}
