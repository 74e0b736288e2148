// Package report shows an assessment: as text for a terminal, as a page, and
// in the formats that other tools read.
//
// An Assessment is plain data, made by internal/app; its JSON form is the
// contract of `azward assess --format json`. Each format is a function that
// writes one to an io.Writer; Formats lists them. Other answers have pages of the
// same look (page.go): attack paths, the matrix of Conditional Access, the tables
// of a server. Nothing here reads files, clocks or the network.
package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/azward/azward/attackpath"
	"github.com/azward/azward/compliance"
	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/posture"
)

// Assessment is everything that one run found.
type Assessment struct {
	Tool           Tool                         `json:"tool"`
	GeneratedAt    time.Time                    `json:"generatedAt"`
	Subject        string                       `json:"subject"` // what was assessed, in words
	Inventory      Inventory                    `json:"inventory"`
	Score          posture.Score                `json:"score"`
	Controls       []Control                    `json:"controls"`
	Findings       List                         `json:"findings"`
	Unknown        List                         `json:"unknown"`
	Responsibility []compliance.Row             `json:"responsibility"`
	Compliance     []compliance.FrameworkResult `json:"compliance"`
	Plan           []posture.Action             `json:"plan"`
	Exemptions     []Exemption                  `json:"exemptions"`
	Notices        []Notice                     `json:"notices"`
	Manifest       []inventory.Entry            `json:"manifest"`
	Timings        Timings                      `json:"timings"`

	Access *condaccess.Matrix `json:"-"` // what Conditional Access asks; nil where it was not read
	Path   *AttackPath        `json:"-"` // the worst way in; nil where there is none, or no directory was read
}

// AttackPath is the worst way from an ordinary account to the crown jewels, and
// what cuts it.
type AttackPath struct {
	Accounts int // ordinary accounts
	Reaching int // of them, those that reach a crown jewel
	Target   string
	Steps    []attackpath.Step
	Changes  []attackpath.Change
	Unknown  []string // there may be paths that nobody can see
}

// Tool names what made the assessment.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// String returns the name and the version.
func (t Tool) String() string { return strings.TrimSpace(t.Name + " " + t.Version) }

// Inventory is the size of what was assessed.
type Inventory struct {
	Resources     int               `json:"resources"`
	Types         int               `json:"types"`
	Subscriptions []Subscription    `json:"subscriptions"`
	Names         map[string]string `json:"-"` // of subscriptions, by id in lower case
}

// Subscription is one subscription and its name, where that was read.
type Subscription struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Control is a control or a policy definition, and what it found.
type Control struct {
	ID           string              `json:"id"`
	Title        string              `json:"title"`
	Why          string              `json:"why,omitempty"`
	Severity     finding.Severity    `json:"severity"`
	ScoreControl string              `json:"scoreControl,omitempty"`
	Area         string              `json:"area,omitempty"`
	Owner        string              `json:"owner,omitempty"`
	Effort       string              `json:"effort,omitempty"`
	Preview      bool                `json:"preview,omitempty"`
	Custom       bool                `json:"custom,omitempty"` // the user's own definition
	State        compliance.State    `json:"state"`
	Compliant    int                 `json:"compliant"`
	NonCompliant int                 `json:"nonCompliant"`
	Unknown      int                 `json:"unknown"`
	Exempt       int                 `json:"exempt"`
	Mappings     map[string][]string `json:"mappings,omitempty"`
	References   []string            `json:"references,omitempty"`
	Breaks       string              `json:"breaks,omitempty"`
	Remediation  map[string]string   `json:"remediation,omitempty"` // az CLI, Bicep, Terraform with placeholders
}

// Finding is one verdict. Where nothing of a type was read, ResourceID is the
// scope that was to be read.
type Finding struct {
	ResourceID   string           `json:"resourceId"`
	ResourceName string           `json:"resourceName,omitempty"`
	ResourceType string           `json:"resourceType,omitempty"`
	ControlID    string           `json:"controlId"`
	Title        string           `json:"title,omitempty"`
	State        finding.State    `json:"state"`
	Severity     finding.Severity `json:"severity"`
	Reasons      []string         `json:"reasons"`
	Missing      []string         `json:"missing,omitempty"` // what would have to be known
	Evidence     []finding.Step   `json:"evidence,omitempty"`
	Exemption    string           `json:"exemption,omitempty"` // category, owner and reason
	File         string           `json:"file,omitempty"`      // where the resource was read, or is declared
	Line         int              `json:"line,omitempty"`      // what decided it there, where that is known
	Column       int              `json:"column,omitempty"`
	Address      string           `json:"address,omitempty"` // what Terraform calls it, or its symbolic name
}

// Exemption is an exemption and what it did.
type Exemption struct {
	Control  string           `json:"controlId"`
	Scope    string           `json:"scope"`
	Category posture.Category `json:"category"`
	Owner    string           `json:"owner"`
	Reason   string           `json:"reason"`
	Expires  string           `json:"expires,omitempty"`
	Expired  bool             `json:"expired"`
	Verdicts int              `json:"verdicts"` // that it changed, or no longer changes
	Source   string           `json:"source"`
}

// CodeExpired is the code of the notice of an exemption that expired.
const CodeExpired = "EXM0007"

// Notice is something that a person should know about the run itself.
type Notice struct {
	Severity string `json:"severity"` // error, warning or info
	Code     string `json:"code,omitempty"`
	Place    string `json:"place,omitempty"` // file:line:column
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

// Timings says what each part of the run took.
type Timings struct {
	Load        Milliseconds `json:"loadMs"`
	Controls    Milliseconds `json:"controlsMs"`
	Facts       Milliseconds `json:"factsMs"`
	Evaluate    Milliseconds `json:"evaluateMs"`
	Judge       Milliseconds `json:"judgeMs"`
	Total       Milliseconds `json:"totalMs"`
	Evaluations int          `json:"evaluations"` // pairs of resource and definition that the index let through
}

// Milliseconds is a duration as the JSON output counts it.
type Milliseconds float64

// Took returns the duration in milliseconds with one decimal.
func Took(d time.Duration) Milliseconds {
	return Milliseconds(float64(d.Microseconds()/100) / 10)
}

// Open returns how many findings are neither exempt nor compliant.
func (a *Assessment) Open() int {
	n := 0
	for _, open := range a.CountOpen() {
		n += open
	}
	return n
}

// CountOpen counts the open findings by severity.
func (a *Assessment) CountOpen() map[finding.Severity]int {
	out := map[finding.Severity]int{}
	for _, f := range a.Findings.Heads() {
		if f.State == finding.NonCompliant {
			out[f.Severity]++
		}
	}
	return out
}

// scopeName returns a scope's name for a person.
func (a *Assessment) scopeName(scope string) string {
	if name := a.Inventory.Names[strings.ToLower(scope)]; name != "" {
		return name
	}
	return scope
}

// Matter is a control with open findings, as the summary ranks them.
type Matter struct {
	*Control
	Gain   float64
	Effort string

	list List
	at   []int32 // its open findings, by their places in the list
}

// Open returns how many findings are open.
func (m *Matter) Open() int { return len(m.at) }

// First makes the first n findings, or as many as there are.
func (m *Matter) First(n int) []Finding {
	n = min(n, len(m.at))
	out := make([]Finding, n)
	read := m.list.reader()
	for i := range out {
		out[i] = read(int(m.at[i]))
	}
	return out
}

// Matters returns the controls with open findings, those that matter most
// first: by severity, then by what fixing them adds to the score, then by the
// number of resources.
func (a *Assessment) Matters() []Matter {
	by := map[string]int{}
	var out []Matter
	gains := map[string]float64{}
	for _, g := range a.Score.Gains {
		gains[g.ID] = g.Percentage
	}
	index := map[string]*Control{}
	for i := range a.Controls {
		index[a.Controls[i].ID] = &a.Controls[i]
	}
	for at, f := range a.Findings.Heads() {
		if f.State != finding.NonCompliant || index[f.ControlID] == nil {
			continue
		}
		i, ok := by[f.ControlID]
		if !ok {
			i = len(out)
			by[f.ControlID] = i
			c := index[f.ControlID]
			out = append(out, Matter{Control: c, Gain: gains[f.ControlID], Effort: c.Effort, list: a.Findings})
		}
		out[i].at = append(out[i].at, int32(at))
	}
	slices.SortStableFunc(out, func(a, b Matter) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Gain, a.Gain), cmp.Compare(len(b.at), len(a.at)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// UnknownGroup is one reason why verdicts are Unknown.
type UnknownGroup struct {
	Reason   string
	Verdicts int
	Controls int
}

// UnknownGroups groups the unknown verdicts by reason, the most first.
func (a *Assessment) UnknownGroups() []UnknownGroup {
	type group struct {
		n        int
		controls map[string]bool
	}
	var mu sync.Mutex
	var counts []map[string]*group // of each goroutine
	a.Unknown.Each(func() func(f *Finding) {
		by := map[string]*group{}
		mu.Lock()
		counts = append(counts, by)
		mu.Unlock()
		return func(f *Finding) {
			reason := "not known"
			if len(f.Reasons) > 0 {
				reason = f.Reasons[0]
			}
			g := by[reason]
			if g == nil {
				g = &group{controls: map[string]bool{}}
				by[reason] = g
			}
			g.n++
			g.controls[f.ControlID] = true
		}
	})
	all := map[string]*group{}
	for _, by := range counts {
		for reason, g := range by {
			if all[reason] == nil {
				all[reason] = g
				continue
			}
			all[reason].n += g.n
			maps.Copy(all[reason].controls, g.controls)
		}
	}
	out := make([]UnknownGroup, 0, len(all))
	for reason, g := range all {
		out = append(out, UnknownGroup{reason, g.n, len(g.controls)})
	}
	slices.SortFunc(out, func(a, b UnknownGroup) int {
		return cmp.Or(cmp.Compare(b.Verdicts, a.Verdicts), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}
