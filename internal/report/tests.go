package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// TestOutcome is how a case of a [TestReport] ended.
type TestOutcome uint8

// The outcomes.
const (
	TestPassed TestOutcome = iota
	TestFailed
	TestSkipped
)

// TestReport is what JUnit XML says of anything that has cases: checks of
// policies, tests of definitions.
type TestReport struct {
	Name   string
	At     time.Time
	Took   time.Duration
	Suites []TestSuite
}

// TestSuite is a set of cases.
type TestSuite struct {
	Name  string
	Cases []TestCase
}

// TestCase is one check.
type TestCase struct {
	Class, Name string
	Outcome     TestOutcome
	Kind        string // of a failure
	Message     string // in a line
	Text        string // in full
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

// WriteTestsJUnit writes a report as JUnit XML.
func WriteTestsJUnit(w io.Writer, r *TestReport) error {
	doc := junitSuites{Name: r.Name, Time: fmt.Sprintf("%.3f", r.Took.Seconds())}
	for _, s := range r.Suites {
		one := junitSuite{Name: s.Name, Timestamp: r.At.UTC().Format("2006-01-02T15:04:05"), Tests: len(s.Cases)}
		for _, c := range s.Cases {
			x := junitCase{Class: c.Class, Name: c.Name}
			switch c.Outcome {
			case TestFailed:
				x.Failure = &junitMessage{Type: c.Kind, Message: c.Message, Text: c.Text}
				one.Failures++
			case TestSkipped:
				x.Skipped = &junitMessage{Message: c.Message}
				one.Skipped++
			case TestPassed:
			}
			one.Cases = append(one.Cases, x)
		}
		doc.Tests, doc.Failures, doc.Skipped = doc.Tests+one.Tests, doc.Failures+one.Failures, doc.Skipped+one.Skipped
		doc.Suites = append(doc.Suites, one)
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
