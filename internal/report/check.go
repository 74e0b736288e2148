package report

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/finding"
)

// Check is what one run over templates and plans found.
type Check struct {
	Tool        Tool          `json:"tool"`
	GeneratedAt time.Time     `json:"generatedAt"`
	Files       []CheckedFile `json:"files"`
	Findings    []Finding     `json:"findings"`
	Known       []Finding     `json:"known,omitempty"` // that an earlier check found as well
	Unknown     []Finding     `json:"unknown"`
	NotAssessed []NotAssessed `json:"notAssessed"` // what no rule was asked about
	Controls    []Control     `json:"controls"`
	Notices     []Notice      `json:"notices"`
	Timings     Timings       `json:"timings"`
}

// CheckedFile is one template or plan.
type CheckedFile struct {
	Path      string `json:"path"`
	Kind      string `json:"kind"` // template or plan
	Resources int    `json:"resources"`
	OK        bool   `json:"ok"` // false: it has an error, and Azure would refuse it
}

// NotAssessed is something that a file would deploy and that is not judged.
type NotAssessed struct {
	What   string `json:"what"`
	Type   string `json:"type,omitempty"`
	Reason string `json:"reason"`
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
}

// WriteCheck writes a check in one format.
type WriteCheck func(w io.Writer, c *Check) error

// CheckFormat is a format of a check that other tools read.
type CheckFormat struct {
	Name  string
	About string
	Write WriteCheck
}

// CheckFormats lists the formats of a check besides the terminal's table.
func CheckFormats() []CheckFormat {
	return []CheckFormat{
		{"json", "one object with everything", CheckJSON},
		{"sarif", "SARIF 2.1.0, for code scanning", func(w io.Writer, c *Check) error { return SARIF(w, c.assessment(true)) }},
		{"junit", "JUnit XML, for pipelines", func(w io.Writer, c *Check) error { return junit(w, c.assessment(false), "azward check") }},
		{"md", "Markdown, for a pull request", CheckMarkdown},
	}
}

// assessment is the check as the formats of assessments take it. What was not
// assessed is said as a notice; what keeps a file from being deployed is a
// finding at its place, for whoever reads findings alone. known takes what an
// earlier check found as well: whoever keeps a list would strike it off otherwise.
func (c *Check) assessment(known bool) *Assessment {
	a := &Assessment{Tool: c.Tool, GeneratedAt: c.GeneratedAt, Controls: c.Controls, Unknown: ListOf(c.Unknown), Timings: c.Timings}
	var findings []Finding
	for _, n := range c.Notices {
		f, ok := n.finding()
		if !ok {
			a.Notices = append(a.Notices, n)
			continue
		}
		findings = append(findings, f)
		if !slices.ContainsFunc(a.Controls, func(one Control) bool { return one.ID == n.Code }) {
			a.Controls = append(slices.Clip(a.Controls), Control{ID: n.Code, Title: f.Title, Severity: f.Severity})
		}
	}
	findings = append(findings, c.Findings...)
	if known {
		findings = append(findings, c.Known...)
	}
	a.Findings = ListOf(findings)
	for _, n := range c.NotAssessed {
		a.Notices = append(a.Notices, Notice{Severity: "warning", Place: n.place(), Message: n.What + " is not assessed: " + n.Reason})
	}
	return a
}

// finding is an error at a place of a file as a finding about the file.
func (n *Notice) finding() (f Finding, ok bool) {
	if n.Severity != "error" || n.Code == "" {
		return f, false
	}
	f = Finding{ControlID: n.Code, Title: "The file would not deploy", Severity: finding.High, State: finding.NonCompliant, Reasons: []string{n.Message}}
	if n.Hint != "" {
		f.Reasons = append(f.Reasons, n.Hint)
	}
	rest, column, ok := cutNumber(n.Place)
	if !ok {
		return f, false
	}
	if f.File, f.Line, ok = cutNumber(rest); !ok {
		return f, false
	}
	f.Column, f.ResourceName, f.ResourceID = column, path.Base(f.File), n.Place+" "+n.Message
	return f, true
}

// cutNumber takes a number behind a colon from the end of a text.
func cutNumber(s string) (rest string, n int, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 1 {
		return s, 0, false
	}
	n, err := strconv.Atoi(s[i+1:])
	return s[:i], n, err == nil
}

func (n *NotAssessed) place() string { return placeOf(n.File, n.Line) }

func placeOf(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// CheckJSON writes the whole check as one object.
func CheckJSON(w io.Writer, c *Check) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(c)
}

// CheckTable writes a check for a person: a line for each finding with its
// place, and what is not known.
func CheckTable(w io.Writer, c *Check, o TerminalOptions) error {
	t := &terminal{w: newWriter(w), o: o, width: min(max(o.Width, 60), 140)}
	for i := range c.Findings {
		f := &c.Findings[i]
		t.line("%s  %s  %s", t.style(bold, clean(placeOf(f.File, f.Line))), t.style(severityStyle(f.Severity), checkWord(f)), clean(f.ControlID))
		t.line("  %s: %s", clean(resourceWords(f)), clean(f.Title))
		for _, reason := range f.Reasons {
			t.line("    %s", t.style(dim, clean(reason)))
		}
	}
	if len(c.Unknown) > 0 {
		t.line("%s", t.style(bold, "Not known before deployment"))
		const most = 20
		for i := range c.Unknown[:min(most, len(c.Unknown))] {
			f := &c.Unknown[i]
			t.line("  %s  %s  %s", clean(placeOf(f.File, f.Line)), clean(f.ControlID), t.style(dim, clean(clip(strings.Join(f.Reasons, "; "), 160))))
		}
		if more := len(c.Unknown) - most; more > 0 {
			t.line("  and %d more; --format json has all of them", more)
		}
	}
	if len(c.NotAssessed) > 0 {
		t.line("%s", t.style(bold, "Not assessed"))
		for _, n := range c.NotAssessed {
			t.line("  %s  %s  %s", clean(n.place()), clean(n.What), t.style(dim, clean(n.Reason)))
		}
	}
	t.line("%s", c.Summary())
	return t.w.flush()
}

func checkWord(f *Finding) string {
	if f.State == finding.NonCompliant {
		return f.Severity.String()
	}
	return f.State.String()
}

func resourceWords(f *Finding) string {
	if strings.Contains(f.Address, ".") {
		return f.Address
	}
	return f.ResourceType + " " + f.ResourceName
}

// Summary says in one line what was found.
func (c *Check) Summary() string {
	resources, broken := 0, 0
	for _, f := range c.Files {
		resources += f.Resources
		if !f.OK {
			broken++
		}
	}
	open := 0
	for i := range c.Findings {
		if c.Findings[i].State == finding.NonCompliant {
			open++
		}
	}
	s := fmt.Sprintf("%s in %s: %s, %d not known before deployment", plural(resources, "resource"), plural(len(c.Files), "file"), plural(open, "finding"), len(c.Unknown))
	if n := len(c.NotAssessed); n > 0 {
		s += fmt.Sprintf(", %d not assessed", n)
	}
	if n := len(c.Known); n > 0 {
		s += fmt.Sprintf("; %s in the baseline as well", plural(n, "more finding"))
	}
	if broken > 0 {
		s += fmt.Sprintf("; %s with errors", plural(broken, "file"))
	}
	return s
}

// CheckMarkdown writes a check for a pull request.
func CheckMarkdown(w io.Writer, c *Check) error {
	out := newWriter(w)
	p := func(format string, args ...any) { out.printf(format+"\n", args...) }
	p("# Azure security before deployment\n\n%s.\n", escapeMD(c.Summary()))
	if len(c.Findings) > 0 {
		p("| Severity | Where | Resource | Finding |\n|---|---|---|---|")
		for i := range c.Findings {
			f := &c.Findings[i]
			p("| %s | %s | %s | %s<br>%s<br>`%s` |", checkWord(f), escapeMD(placeOf(f.File, f.Line)), escapeMD(resourceWords(f)), escapeMD(f.Title), escapeMD(strings.Join(f.Reasons, "; ")), f.ControlID)
		}
	}
	if len(c.Unknown) > 0 {
		p("\n## Not known before deployment\n\n| Where | Resource | Control | Why |\n|---|---|---|---|")
		for i := range c.Unknown {
			f := &c.Unknown[i]
			p("| %s | %s | `%s` | %s |", escapeMD(placeOf(f.File, f.Line)), escapeMD(resourceWords(f)), f.ControlID, escapeMD(strings.Join(f.Reasons, "; ")))
		}
	}
	if len(c.NotAssessed) > 0 {
		p("\n## Not assessed\n")
		for _, n := range c.NotAssessed {
			p("- %s: %s (%s)", escapeMD(n.place()), escapeMD(n.What), escapeMD(n.Reason))
		}
	}
	if len(c.Notices) > 0 {
		p("\n## About the input\n")
		for _, n := range c.Notices {
			p("- %s: %s %s", n.Severity, escapeMD(n.Place), escapeMD(n.Message))
		}
	}
	return out.flush()
}
