package posture

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/resource"
)

// Fix is what a plan needs to know of one open recommendation.
type Fix struct {
	Recommendation int // index into Facts.Recommendations, or -1 where it is not scored
	ID             string
	Title          string
	Severity       finding.Severity
	Effort         string // low, medium or high
	Owner          string
	Breaks         string
	AzCLI          string // with placeholders
	Bicep          string
	Terraform      string
	Targets        []Target
	Untold         int // findings whose targets are left out, where there is no command to fill in
}

// findings returns how many findings the fix mends.
func (f *Fix) findings() int { return len(f.Targets) + f.Untold }

// Action is one thing to do: the findings of one or several recommendations
// that the same command mends, for all their resources.
type Action struct {
	Title      string           `json:"title"`
	Controls   []string         `json:"controlIds"`
	Severity   finding.Severity `json:"severity"` // the highest of its findings
	Effort     string           `json:"effort"`
	Owner      string           `json:"owner"`
	Breaks     []string         `json:"breaks"`
	Findings   int              `json:"findings"`
	Resources  int              `json:"resources"`
	Gain       float64          `json:"gain"`       // of the score, 0 to 1, if done alone and now
	ScoreAfter float64          `json:"scoreAfter"` // once this and every action before it is done
	Commands   []Command        `json:"commands"`
	Bicep      []string         `json:"bicep,omitempty"` // one text a control, with placeholders
	Terraform  []string         `json:"terraform,omitempty"`
}

// Command is the exact command for one resource.
type Command struct {
	Resource string `json:"resourceId"`
	AzCLI    string `json:"azcli"`
}

// Plan groups fixes into the fewest actions and orders them: score gained and
// severity first, against effort. Fixes whose commands update the same
// resources by the same command at the same effort become one action with one
// command a resource. sim is used up: its score afterwards is that of a tenant
// with everything fixed.
func Plan(fixes []Fix, sim *Simulator) []Action {
	groups := group(fixes)
	type draft struct {
		action Action
		recs   []int
		rank   float64
	}
	drafts := make([]draft, 0, len(groups))
	for _, g := range groups {
		a := action(g)
		d := draft{action: a, recs: recommendations(g)}
		d.action.Gain = sim.Gain(d.recs)
		d.rank = rank(d.action)
		drafts = append(drafts, d)
	}
	slices.SortStableFunc(drafts, func(a, b draft) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(b.action.Findings, a.action.Findings), cmp.Compare(a.action.Title, b.action.Title))
	})
	out := make([]Action, 0, len(drafts))
	for _, d := range drafts {
		sim.Fix(d.recs)
		d.action.ScoreAfter = sim.Percentage()
		out = append(out, d.action)
	}
	return out
}

// rank weighs a hundredth of the score as much as a critical finding's
// severity, grows slowly with the number of findings, and shrinks with effort.
func rank(a Action) float64 {
	severity := [...]float64{0.1, 0.5, 2, 6, 12}[a.Severity]
	effort := map[string]float64{"low": 1, "medium": 2, "high": 4}[a.Effort]
	if effort == 0 {
		effort = 2
	}
	return (1200*a.Gain + severity*(1+math.Log10(float64(max(1, a.Findings))))) / effort
}

func recommendations(fixes []*Fix) []int {
	var out []int
	for _, f := range fixes {
		if f.Recommendation >= 0 {
			out = append(out, f.Recommendation)
		}
	}
	return out
}

// updateBase splits a command of one line like "az storage account update
// --ids {{id}} --flag value" into what comes before the flags and the flags.
// ok is false where the command is of another shape.
func updateBase(command string) (base, flags string, ok bool) {
	command = strings.TrimSpace(command)
	if strings.ContainsAny(command, "\n;|&#$`") {
		return "", "", false
	}
	const ids = " --ids {{id}} "
	at := strings.Index(command, ids)
	if at < 0 || !strings.HasPrefix(command, "az ") || !strings.HasSuffix(command[:at], " update") {
		return "", "", false
	}
	return command[:at+len(ids)-1], strings.TrimSpace(command[at+len(ids):]), true
}

// group puts together the fixes that one command mends. Order of first sight.
func group(fixes []Fix) [][]*Fix {
	index := map[string]int{}
	var out [][]*Fix
	for i := range fixes {
		f := &fixes[i]
		if f.findings() == 0 {
			continue
		}
		key := "same\x00" + strings.TrimSpace(f.AzCLI)
		if base, _, ok := updateBase(f.AzCLI); ok && len(f.Targets) > 0 {
			key = "update\x00" + base + "\x00" + f.Effort + "\x00" + typeOf(f.Targets[0].ID)
		}
		key += "\x00" + f.Owner
		if strings.TrimSpace(f.AzCLI) == "" {
			key = "alone\x00" + f.ID
		}
		at, ok := index[key]
		if !ok {
			at = len(out)
			index[key] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], f)
	}
	return out
}

// typeOf returns the type of the resource of an id in lower case: what one
// command mends is of one type, whatever the command is called.
func typeOf(id string) string {
	parsed, err := resource.ParseID(id)
	if err != nil {
		return ""
	}
	return strings.ToLower(parsed.Type())
}

func action(fixes []*Fix) Action {
	// The gravest names the action.
	slices.SortStableFunc(fixes, func(a, b *Fix) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.findings(), a.findings()))
	})
	first := fixes[0]
	a := Action{Title: first.Title, Severity: first.Severity, Effort: first.Effort, Owner: first.Owner, Breaks: []string{}, Commands: []Command{}}
	type resource struct {
		target Target
		fixes  []*Fix
	}
	var order []*resource
	byID := map[string]*resource{}
	for _, f := range fixes {
		a.Controls = append(a.Controls, f.ID)
		a.Findings += f.findings()
		a.Resources += f.Untold // a finding each
		if f.Breaks != "" && !slices.Contains(a.Breaks, f.Breaks) {
			a.Breaks = append(a.Breaks, f.Breaks)
		}
		if f.Bicep != "" {
			a.Bicep = append(a.Bicep, f.Bicep)
		}
		if f.Terraform != "" {
			a.Terraform = append(a.Terraform, f.Terraform)
		}
		for _, t := range f.Targets {
			r := byID[t.ID]
			if r == nil {
				r = &resource{target: t}
				byID[t.ID] = r
				order = append(order, r)
			}
			r.fixes = append(r.fixes, f)
		}
	}
	a.Resources += len(order)
	for _, r := range order {
		if text := command(r.fixes); text != "" {
			a.Commands = append(a.Commands, Command{Resource: r.target.ID, AzCLI: Fill(text, r.target, Shell)})
		}
	}
	return a
}

// command joins the commands of the fixes of one resource.
func command(fixes []*Fix) string {
	base, _, ok := updateBase(fixes[0].AzCLI)
	if !ok {
		return strings.TrimSpace(fixes[0].AzCLI)
	}
	var text strings.Builder
	text.WriteString(base)
	seen := map[string]bool{}
	for _, f := range fixes {
		_, flags, _ := updateBase(f.AzCLI)
		if !seen[flags] {
			seen[flags] = true
			text.WriteString(" " + flags)
		}
	}
	return text.String()
}
