package report

import (
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/azward/azward/compliance"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/posture"
)

// Limits that keep the page below 3 MB however large the tenant is. What is
// left out stands in the JSON output, and the page says so.
const (
	pageFindings = 10_000 // findings listed
	pageIDs      = 2_500  // findings up to which each shows its full id
	pageCommands = 40     // commands of one action
	pageScripts  = 500_000
	pageRows     = 300 // rows of the matrix without findings
	pageNotices  = 100
	pageActions  = 300 // actions of the plan
	pageWhys     = 400 // controls that say why they matter
	pageReasons  = 150 // reasons of unknown verdicts
	pageFirst    = 4   // findings shown above everything
)

// HTML writes one self-contained page: no network, no other files.
func HTML(w io.Writer, a *Assessment) error {
	return writePage(w, "assess.tmpl", percent(a.Score.Percentage)+" · Azure security · "+a.Subject, func(f frame) any {
		v := newPageView(a)
		v.Frame = f
		return v
	})
}

// pageView is what the template shows.
type pageView struct {
	*Assessment
	Frame      frame
	Severities []pageSeverity
	Matters    []pageMatter
	First      []pageMatter // those that matter most, shown above everything
	Owners     []string
	ScopeNames []string
	Actions    []pageAction
	ActionsCut int
	Open       pageMatrix // types with open findings
	Quiet      pageMatrix // the others
	RowsCut    int
	Unknowns   []UnknownGroup
	ReasonsCut int
	Shown      []Notice
	NoticesCut int
	Picture    accessView // of what Conditional Access asks, empty where it was not read
	Steps      []pathBox  // of the worst attack path, none where there is none
}

type pageSeverity struct {
	Name  string
	Count int
}

type pageMatter struct {
	Matter
	Why    string // left out far down a long list
	Who    string // the resource it is about, and how many more there are
	Count  int
	Step   int // of the plan that mends it, 0 where none is shown
	Groups []pageGroup
	Cut    int
}

type pageGroup struct {
	Reason string
	Items  []pageItem
}

type pageItem struct {
	Name, Place, ID string
	Scope           int
}

type pageAction struct {
	posture.Action
	Script      string
	CutCommands int
}

type pageMatrix struct {
	Areas []string
	Rows  []pageRow
}

type pageRow struct {
	compliance.Row
	Short template.HTML
}

// breakable writes the name of a type or a thing so that lines break between its
// words.
func breakable(name string) template.HTML {
	var b strings.Builder
	last := ' '
	for _, r := range name {
		if last == '/' || r == '@' || r == '#' && last != '#' || r == '.' || unicode.IsUpper(r) && unicode.IsLower(last) {
			b.WriteString("<wbr>")
		}
		b.WriteString(template.HTMLEscapeString(string(r)))
		last = r
	}
	return template.HTML(b.String()) //nolint:gosec // escaped above
}

func newPageView(a *Assessment) *pageView {
	v := &pageView{Assessment: a, Open: pageMatrix{Areas: compliance.Areas()}, Quiet: pageMatrix{Areas: compliance.Areas()}, Unknowns: a.UnknownGroups()}
	if p := a.Path; p != nil {
		v.Steps = pathBoxes(p.Steps, p.Changes)
	}
	v.Picture = newAccessView(a.Access)
	open := a.CountOpen()
	for s := finding.Critical; ; s-- {
		if s > finding.Informational || open[s] > 0 {
			v.Severities = append(v.Severities, pageSeverity{s.String(), open[s]})
		}
		if s == finding.Informational {
			break
		}
	}
	if len(v.Unknowns) > pageReasons {
		v.ReasonsCut = len(v.Unknowns) - pageReasons
		v.Unknowns = v.Unknowns[:pageReasons]
	}
	v.matters(a)
	v.actions(a)
	v.link()
	for i, r := range a.Responsibility {
		row := pageRow{r, breakable(strings.TrimPrefix(r.Type, "Microsoft."))}
		switch {
		case rowOpen(r):
			v.Open.Rows = append(v.Open.Rows, row)
		case i >= pageRows:
			v.RowsCut++
		default:
			v.Quiet.Rows = append(v.Quiet.Rows, row)
		}
	}
	notices := slices.DeleteFunc(slices.Clone(a.Notices), func(n Notice) bool { return n.Code == CodeExpired }) // the exemptions say it
	v.Shown = notices[:min(pageNotices, len(notices))]
	v.NoticesCut = len(notices) - len(v.Shown)
	return v
}

func rowOpen(r compliance.Row) bool {
	return slices.ContainsFunc(r.Cells, func(c compliance.Cell) bool { return c.Open > 0 })
}

func (v *pageView) matters(a *Assessment) {
	matters := a.Matters()
	total := 0
	for _, m := range matters {
		total += m.Open()
	}
	left := pageFindings
	scopes := map[string]int{}
	for _, m := range matters {
		pm := pageMatter{Matter: m, Who: who(&m), Count: m.Open()}
		if len(v.Matters) < pageWhys {
			pm.Why = m.Control.Why
		}
		groups := map[string]int{}
		for _, f := range m.First(left) {
			reason := strings.Join(f.Reasons, "; ")
			i, ok := groups[reason]
			if !ok {
				i = len(pm.Groups)
				groups[reason] = i
				pm.Groups = append(pm.Groups, pageGroup{Reason: reason})
			}
			scope, place := a.place(f.ResourceID)
			if _, ok := scopes[scope]; !ok {
				scopes[scope] = len(v.ScopeNames)
				v.ScopeNames = append(v.ScopeNames, scope)
			}
			item := pageItem{Name: f.ResourceName, Place: place, Scope: scopes[scope]}
			if total <= pageIDs {
				item.ID = f.ResourceID
			}
			pm.Groups[i].Items = append(pm.Groups[i].Items, item)
		}
		pm.Cut = max(0, m.Open()-left)
		left = max(0, left-m.Open())
		if m.Control.Owner != "" && !slices.Contains(v.Owners, m.Control.Owner) {
			v.Owners = append(v.Owners, m.Control.Owner)
		}
		v.Matters = append(v.Matters, pm)
	}
	slices.Sort(v.Owners)
	v.First = v.Matters[:min(pageFirst, len(v.Matters))]
}

// link says for each control which step of the plan mends it.
func (v *pageView) link() {
	step := map[string]int{}
	for i := range v.Actions {
		for _, c := range v.Actions[i].Controls {
			if step[c] == 0 {
				step[c] = i + 1
			}
		}
	}
	for i := range v.Matters {
		v.Matters[i].Step = step[v.Matters[i].Control.ID]
	}
}

// who names the first resource of a control's findings.
func who(m *Matter) string {
	first := m.First(1)
	switch m.Open() {
	case 0:
		return ""
	case 1:
		return first[0].ResourceName
	}
	return fmt.Sprintf("%s and %s more", first[0].ResourceName, thousands(m.Open()-1))
}

// place returns the subscription's name (or the directory's) of an id, and
// where in it the resource is, for a person.
func (a *Assessment) place(id string) (scope, place string) {
	sub := subscriptionOf(id)
	if sub == "" {
		if strings.Contains(strings.ToLower(id), "/microsoft.graph/") {
			return "Microsoft Entra ID", "Microsoft Entra ID"
		}
		return "Tenant", "tenant"
	}
	scope = a.scopeName(sub)
	parts := strings.Split(strings.Trim(id, "/"), "/")
	if len(parts) > 4 && strings.EqualFold(parts[2], "resourceGroups") {
		return scope, parts[3] + " · " + scope
	}
	return scope, scope
}

func (v *pageView) actions(a *Assessment) {
	budget := pageScripts
	v.ActionsCut = max(0, len(a.Plan)-pageActions)
	for _, act := range a.Plan[:len(a.Plan)-v.ActionsCut] {
		p := pageAction{Action: act}
		var lines []string
		for i, c := range act.Commands {
			if i == pageCommands || budget < len(c.AzCLI) {
				p.CutCommands = len(act.Commands) - i
				break
			}
			budget -= len(c.AzCLI)
			lines = append(lines, c.AzCLI)
		}
		p.Script = strings.Join(lines, "\n")
		p.Action.Commands = nil
		v.Actions = append(v.Actions, p)
	}
}
