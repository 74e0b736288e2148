package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/azward/azward/finding"
)

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
}

type junitMessage struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// controlSuite is what a control has: its cases by their places in the
// assessment's findings and unknown verdicts.
type controlSuite struct {
	open, unknown            []int32
	tests, failures, skipped int
}

// JUnit writes a suite for each control: a failing case for each open finding,
// a skipped one for each unknown or exempt verdict, and one passing case where
// nothing is wrong.
func JUnit(w io.Writer, a *Assessment) error { return junit(w, a, "azward assess") }

func junit(w io.Writer, a *Assessment, name string) error {
	suites := suitesOf(a)
	var all controlSuite
	for i := range suites {
		all.tests += suites[i].tests
		all.failures += suites[i].failures
		all.skipped += suites[i].skipped
	}
	out := newWriter(w)
	out.text(xml.Header)
	enc := xml.NewEncoder(out)
	enc.Indent("", " ")
	start := func(element, name string, s *controlSuite, rest ...string) xml.StartElement {
		e := xml.StartElement{Name: xml.Name{Local: element}}
		attributes := append([]string{"name", name, "tests", strconv.Itoa(s.tests), "failures", strconv.Itoa(s.failures), "skipped", strconv.Itoa(s.skipped)}, rest...)
		for i := 0; i < len(attributes); i += 2 {
			e.Attr = append(e.Attr, xml.Attr{Name: xml.Name{Local: attributes[i]}, Value: attributes[i+1]})
		}
		return e
	}
	root := start("testsuites", name, &all, "time", fmt.Sprintf("%.3f", float64(a.Timings.Total)/1000))
	if err := enc.EncodeToken(root); err != nil {
		return err
	}
	open, unknown := a.Findings.reader(), a.Unknown.reader()
	for i := range suites {
		c, s := &a.Controls[i], &suites[i]
		suite := start("testsuite", c.ID, s, "timestamp", a.GeneratedAt.UTC().Format("2006-01-02T15:04:05"))
		if err := enc.EncodeToken(suite); err != nil {
			return err
		}
		put := func(v junitCase) error {
			return enc.EncodeElement(v, xml.StartElement{Name: xml.Name{Local: "testcase"}})
		}
		for _, at := range s.open {
			f := open(int(at))
			if err := put(junitCaseOf(&f)); err != nil {
				return err
			}
		}
		for _, at := range s.unknown {
			f := unknown(int(at))
			if err := put(junitCaseOf(&f)); err != nil {
				return err
			}
		}
		if len(s.open)+len(s.unknown) == 0 {
			one := junitCase{Class: c.ID, Name: c.Title}
			if s.skipped > 0 {
				one.Skipped = &junitMessage{Message: "nothing to assess"}
			}
			if err := put(one); err != nil {
				return err
			}
		}
		if err := enc.EncodeToken(suite.End()); err != nil {
			return err
		}
	}
	if err := enc.EncodeToken(root.End()); err != nil {
		return err
	}
	if err := enc.Flush(); err != nil {
		return err
	}
	out.text("\n")
	return out.flush()
}

// suitesOf counts the cases of each control: JUnit says how many there are
// before it says which.
func suitesOf(a *Assessment) []controlSuite {
	suites := make([]controlSuite, len(a.Controls))
	index := make(map[string]int, len(a.Controls))
	for i := range a.Controls {
		index[a.Controls[i].ID] = i
	}
	count := func(s *controlSuite, state finding.State) {
		s.tests++
		switch state {
		case finding.NonCompliant:
			s.failures++
		case finding.Compliant, finding.NotApplicable:
		default:
			s.skipped++
		}
	}
	for at, f := range a.Findings.Heads() {
		if i, ok := index[f.ControlID]; ok {
			suites[i].open = append(suites[i].open, int32(at))
			count(&suites[i], f.State)
		}
	}
	for at, f := range a.Unknown.Heads() {
		if i, ok := index[f.ControlID]; ok {
			suites[i].unknown = append(suites[i].unknown, int32(at))
			count(&suites[i], f.State)
		}
	}
	for i := range suites {
		s := &suites[i]
		if s.tests > 0 {
			continue
		}
		s.tests = 1
		if a.Controls[i].Compliant == 0 {
			s.skipped = 1
		}
	}
	return suites
}

func junitCaseOf(f *Finding) junitCase {
	c := junitCase{Class: f.ControlID, Name: qualified(f)}
	if f.Line > 0 {
		c.File, c.Line = f.File, f.Line
	}
	switch f.State {
	case finding.NonCompliant:
		c.Failure = &junitMessage{Type: f.Severity.String(), Message: f.Title, Text: strings.Join(f.Reasons, "\n")}
	case finding.Compliant, finding.NotApplicable:
	case finding.Exempt:
		c.Skipped = &junitMessage{Message: "exempt: " + f.Exemption}
	default:
		c.Skipped = &junitMessage{Message: "unknown: " + strings.Join(f.Reasons, "; ")}
	}
	return c
}
