package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
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

// writeEach writes every finding, then every unknown verdict, in order and on
// every processor at once. It numbers them through.
func writeEach(out *writer, a *Assessment, newText func() text) error {
	if err := a.Findings.write(out, newText); err != nil {
		return err
	}
	return a.Unknown.write(out, func() text {
		one, after := newText(), a.Findings.Len()
		return func(dst []byte, i int, f *Finding) ([]byte, error) { return one(dst, after+i, f) }
	})
}

// encoded returns a text that encodes what value makes of a finding as JSON,
// between the elements of an array of which each is set off by sep.
func encoded(prefix, indent, sep string, value func(f *Finding) any) func() text {
	return func() text {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		enc.SetIndent(prefix, indent)
		return func(dst []byte, i int, f *Finding) ([]byte, error) {
			buf.Reset()
			if err := enc.Encode(value(f)); err != nil {
				return nil, err
			}
			if i > 0 {
				dst = append(dst, ',')
			}
			return append(append(dst, sep...), bytes.TrimSuffix(buf.Bytes(), []byte{'\n'})...), nil
		}
	}
}

// JSONL writes a finding or unknown verdict a line.
func JSONL(w io.Writer, a *Assessment) error {
	out := newWriter(w)
	err := writeEach(out, a, func() text {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		return func(dst []byte, _ int, f *Finding) ([]byte, error) {
			buf.Reset()
			err := enc.Encode(f)
			return append(dst, buf.Bytes()...), err
		}
	})
	if err != nil {
		return err
	}
	return out.flush()
}

// CSV writes a finding or unknown verdict a row, with a head. Cells that a
// spreadsheet would run as a formula are made text.
func CSV(w io.Writer, a *Assessment) error {
	out := newWriter(w)
	out.text("severity,state,controlId,title,resourceId,resourceName,resourceType,subscription,owner,reasons\n")
	owners := map[string]string{}
	for _, c := range a.Controls {
		owners[c.ID] = c.Owner
	}
	err := writeEach(out, a, func() text {
		var buf bytes.Buffer
		enc := csv.NewWriter(&buf)
		return func(dst []byte, _ int, f *Finding) ([]byte, error) {
			row := []string{f.Severity.String(), f.State.String(), f.ControlID, f.Title, f.ResourceID, f.ResourceName, f.ResourceType,
				subscriptionOf(f.ResourceID), owners[f.ControlID], strings.Join(f.Reasons, "; ")}
			for i, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					row[i] = "'" + cell
				}
			}
			buf.Reset()
			if err := enc.Write(row); err != nil {
				return nil, err
			}
			enc.Flush()
			return append(dst, buf.Bytes()...), enc.Error()
		}
	})
	if err != nil {
		return err
	}
	return out.flush()
}

// subscriptionOf returns the subscription's id in an ARM id, or "".
func subscriptionOf(id string) string {
	parts := strings.SplitN(strings.TrimPrefix(id, "/"), "/", 3)
	if len(parts) >= 2 && strings.EqualFold(parts[0], "subscriptions") {
		return parts[1]
	}
	return ""
}
