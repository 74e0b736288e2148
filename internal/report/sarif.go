package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/azward/azward/finding"
)

// The part of SARIF 2.1.0 (OASIS standard) that an assessment fills.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
	ColumnKind  string            `json:"columnKind"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID                   string         `json:"id"`
	Name                 string         `json:"name"`
	ShortDescription     sarifText      `json:"shortDescription"`
	FullDescription      *sarifText     `json:"fullDescription,omitempty"`
	HelpURI              string         `json:"helpUri,omitempty"`
	Help                 *sarifText     `json:"help,omitempty"`
	DefaultConfiguration sarifConfig    `json:"defaultConfiguration"`
	Properties           map[string]any `json:"properties"`
}

type sarifConfig struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	EndTimeUTC          string              `json:"endTimeUtc"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Kind         string             `json:"kind"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifLocation struct {
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Logical  []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type sarifLogical struct {
	Name          string `json:"name"`
	QualifiedName string `json:"fullyQualifiedName"`
	Kind          string `json:"kind"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification,omitempty"`
}

// SARIF writes the assessment as SARIF 2.1.0. Open findings are results of
// kind fail, unknown verdicts of kind open, exempt ones are suppressed.
func SARIF(w io.Writer, a *Assessment) error {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{Name: a.Tool.Name, Version: a.Tool.Version, InformationURI: "https://github.com/azward/azward", Rules: []sarifRule{}}},
		Results:    []sarifResult{},
		ColumnKind: "unicodeCodePoints",
	}
	invocation := sarifInvocation{ExecutionSuccessful: true, EndTimeUTC: a.GeneratedAt.UTC().Format("2006-01-02T15:04:05Z")}
	for _, n := range a.Notices {
		level := map[string]string{"error": "error", "warning": "warning"}[n.Severity]
		if level == "" {
			level = "note"
		}
		text := n.Message
		if n.Place != "" {
			text = n.Place + ": " + text
		}
		invocation.Notifications = append(invocation.Notifications, sarifNotification{level, sarifText{text}})
	}
	run.Invocations = []sarifInvocation{invocation}
	index := map[string]int{}
	for i, c := range a.Controls {
		index[c.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(&c))
	}
	out := newWriter(w)
	var frame bytes.Buffer
	enc := json.NewEncoder(&frame)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}); err != nil {
		return err
	}
	// The results go in one by one: in a text of JSON, this stands nowhere else.
	const none = `"results": []`
	head, tail, _ := strings.Cut(frame.String(), none)
	out.text(head)
	if a.Findings.Len()+a.Unknown.Len() == 0 {
		out.text(none)
	} else {
		out.text(`"results": [`)
		err := writeEach(out, a, encoded("    ", " ", "\n    ", func(f *Finding) any {
			i, ok := index[f.ControlID]
			if !ok {
				i = -1
			}
			return sarifResultOf(f, i)
		}))
		if err != nil {
			return err
		}
		out.text("\n   ]")
	}
	out.text(tail)
	return out.flush()
}

func sarifRuleOf(c *Control) sarifRule {
	r := sarifRule{
		ID: c.ID, Name: c.ID, ShortDescription: sarifText{c.Title},
		DefaultConfiguration: sarifConfig{sarifLevel(c.Severity)},
		Properties:           map[string]any{"security-severity": securitySeverity(c.Severity), "tags": []string{"security", "azure"}},
	}
	if c.Why != "" {
		r.FullDescription = &sarifText{c.Why}
		r.Help = &sarifText{c.Why}
	}
	if len(c.References) > 0 {
		r.HelpURI = c.References[0]
	}
	return r
}

func sarifResultOf(f *Finding, rule int) sarifResult {
	text := f.Title
	if len(f.Reasons) > 0 {
		text = strings.Join(f.Reasons, "; ")
	}
	if text == "" {
		text = f.ControlID
	}
	sum := sha256.Sum256([]byte(strings.ToLower(f.ControlID + "\x00" + f.ResourceID)))
	r := sarifResult{
		RuleID: f.ControlID, RuleIndex: rule, Kind: "fail", Level: sarifLevel(f.Severity),
		Message:      sarifText{f.ResourceName + ": " + text},
		Locations:    []sarifLocation{{Logical: []sarifLogical{{Name: f.ResourceName, QualifiedName: qualified(f), Kind: "resource"}}}},
		Fingerprints: map[string]string{"azward/v1": hex.EncodeToString(sum[:16])},
	}
	if f.File != "" {
		r.Locations[0].Physical = &sarifPhysical{sarifArtifact{fileURI(f.File)}, sarifRegion{max(f.Line, 1), f.Column}}
	}
	switch f.State {
	case finding.NonCompliant:
	case finding.Unknown:
		r.Kind, r.Level = "open", "none"
	case finding.Compliant:
		r.Kind, r.Level = "pass", "none"
	case finding.NotApplicable:
		r.Kind, r.Level = "notApplicable", "none"
	case finding.Exempt:
		r.Suppressions = []sarifSuppression{{Kind: "external", Status: "accepted", Justification: f.Exemption}}
	}
	return r
}

// fileURI writes a path as a URI reference: relative ones stay relative.
func fileURI(name string) string {
	name = filepath.ToSlash(name)
	u := url.URL{Path: name}
	if strings.HasPrefix(name, "/") {
		u.Scheme = "file"
		return "file://" + u.EscapedPath()
	}
	return strings.TrimPrefix(u.EscapedPath(), "./")
}

func sarifLevel(s finding.Severity) string {
	switch s {
	case finding.Critical, finding.High:
		return "error"
	case finding.Medium:
		return "warning"
	case finding.Low, finding.Informational:
	}
	return "note"
}

// securitySeverity is the number that code scanning sorts by, 0 to 10.
func securitySeverity(s finding.Severity) string {
	return [...]string{"0.0", "2.0", "5.0", "7.5", "9.5"}[s]
}

// qualified is a finding's resource as its own language names it.
func qualified(f *Finding) string {
	if strings.Contains(f.Address, ".") {
		return f.Address // Terraform's
	}
	return f.ResourceID
}
