package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/azward/azward/finding"
)

// Write writes an assessment in one format.
type Write func(w io.Writer, a *Assessment) error

// Format is a format that other tools or a browser read.
type Format struct {
	Name  string
	About string
	Write Write
}

// Formats lists the formats besides the terminal's table.
func Formats() []Format {
	return []Format{
		{"json", "one object with everything", JSON},
		{"jsonl", "a finding or unknown verdict a line", JSONL},
		{"csv", "a finding or unknown verdict a row", CSV},
		{"sarif", "SARIF 2.1.0, for code scanning", SARIF},
		{"ocsf", "OCSF Compliance Findings, for security data lakes", OCSF},
		{"junit", "JUnit XML, for pipelines", JUnit},
		{"md", "Markdown, for a wiki or a pull request", Markdown},
		{"html", "one page that opens without a network", HTML},
	}
}

// JSON writes the whole assessment as one object. Lists are written element by
// element, so that memory does not grow with them.
func JSON(w io.Writer, a *Assessment) error {
	out := newWriter(w)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	put := func(v any, indent string) error {
		buf.Reset()
		enc.SetIndent(indent, " ")
		if err := enc.Encode(v); err != nil {
			return err
		}
		_, err := out.Write(bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}))
		return err
	}
	v := reflect.ValueOf(a).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue // for pages only
		}
		sep := ",\n "
		if i == 0 {
			sep = "{\n "
		}
		out.printf("%s%q: ", sep, name)
		field := v.Field(i)
		if field.Kind() != reflect.Slice || field.Len() == 0 {
			if field.Kind() == reflect.Slice {
				out.text("[]")
				continue
			}
			if err := put(field.Interface(), " "); err != nil {
				return err
			}
			continue
		}
		for k := range field.Len() {
			if k == 0 {
				out.text("[\n  ")
			} else {
				out.text(",\n  ")
			}
			if err := put(field.Index(k).Addr().Interface(), "  "); err != nil {
				return err
			}
		}
		out.text("\n ]")
	}
	out.text("\n}\n")
	return out.flush()
}

// each calls f for every finding, then every unknown verdict.
func each(a *Assessment, f func(*Finding) error) error {
	for i := range a.Findings {
		if err := f(&a.Findings[i]); err != nil {
			return err
		}
	}
	for i := range a.Unknown {
		if err := f(&a.Unknown[i]); err != nil {
			return err
		}
	}
	return nil
}

// JSONL writes a finding or unknown verdict a line.
func JSONL(w io.Writer, a *Assessment) error {
	out := newWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := each(a, func(f *Finding) error { return enc.Encode(f) }); err != nil {
		return err
	}
	return out.flush()
}

// CSV writes a finding or unknown verdict a row, with a head. Cells that a
// spreadsheet would run as a formula are made text.
func CSV(w io.Writer, a *Assessment) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"severity", "state", "controlId", "title", "resourceId", "resourceName", "resourceType", "subscription", "owner", "reasons"}); err != nil {
		return err
	}
	owners := map[string]string{}
	for _, c := range a.Controls {
		owners[c.ID] = c.Owner
	}
	err := each(a, func(f *Finding) error {
		row := []string{f.Severity.String(), f.State.String(), f.ControlID, f.Title, f.ResourceID, f.ResourceName, f.ResourceType,
			subscriptionOf(f.ResourceID), owners[f.ControlID], strings.Join(f.Reasons, "; ")}
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				row[i] = "'" + cell
			}
		}
		return out.Write(row)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// subscriptionOf returns the subscription's id in an ARM id, or "".
func subscriptionOf(id string) string {
	parts := strings.SplitN(strings.TrimPrefix(id, "/"), "/", 3)
	if len(parts) >= 2 && strings.EqualFold(parts[0], "subscriptions") {
		return parts[1]
	}
	return ""
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

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

// JUnit writes a suite for each control: a failing case for each open finding,
// a skipped one for each unknown or exempt verdict, and one passing case where
// nothing is wrong.
func JUnit(w io.Writer, a *Assessment) error { return junit(w, a, "azward assess") }

func junit(w io.Writer, a *Assessment, name string) error {
	doc := junitSuites{Name: name, Time: fmt.Sprintf("%.3f", float64(a.Timings.Total)/1000)}
	index := map[string]int{}
	for _, c := range a.Controls {
		index[c.ID] = len(doc.Suites)
		doc.Suites = append(doc.Suites, junitSuite{Name: c.ID, Timestamp: a.GeneratedAt.UTC().Format("2006-01-02T15:04:05")})
	}
	err := each(a, func(f *Finding) error {
		i, ok := index[f.ControlID]
		if !ok {
			return nil
		}
		s := &doc.Suites[i]
		c := junitCase{Class: f.ControlID, Name: qualified(f)}
		if f.Line > 0 {
			c.File, c.Line = f.File, f.Line
		}
		m := &junitMessage{Message: f.Title, Text: strings.Join(f.Reasons, "\n")}
		switch f.State {
		case finding.NonCompliant:
			m.Type = f.Severity.String()
			c.Failure = m
			s.Failures++
		case finding.Compliant, finding.NotApplicable:
		case finding.Exempt:
			c.Skipped = &junitMessage{Message: "exempt: " + f.Exemption}
			s.Skipped++
		default:
			c.Skipped = &junitMessage{Message: "unknown: " + strings.Join(f.Reasons, "; ")}
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
		return nil
	})
	if err != nil {
		return err
	}
	for i, c := range a.Controls {
		s := &doc.Suites[i]
		if len(s.Cases) == 0 {
			one := junitCase{Class: c.ID, Name: c.Title}
			if c.Compliant == 0 {
				one.Skipped = &junitMessage{Message: "nothing to assess"}
				s.Skipped++
			}
			s.Cases = append(s.Cases, one)
		}
		s.Tests = len(s.Cases)
		doc.Tests += s.Tests
		doc.Failures += s.Failures
		doc.Skipped += s.Skipped
	}
	out := newWriter(w)
	out.text(xml.Header)
	enc := xml.NewEncoder(out)
	enc.Indent("", " ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	out.text("\n")
	return out.flush()
}
