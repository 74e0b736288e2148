// Package review runs access reviews: a campaign says which grants are looked at
// and what stale means, every grant becomes an item with a recommendation and
// its evidence, people decide, and the record of who decided what and when is a
// chain of hashes that an auditor can verify.
//
// Start with [ParseCampaign], make items with [Campaign.Items], a record with
// [Begin], and append decisions with [Record.Decide]. The package touches no
// file and no clock: text in, text out.
package review

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// Campaign is what a review is about.
type Campaign struct {
	Name       string   `json:"name"`
	Azure      []string `json:"azure,omitempty"`      // scopes whose role assignments are reviewed, with those below
	Directory  string   `json:"directory,omitempty"`  // "privileged", "all", or "" for none
	Groups     []string `json:"groups,omitempty"`     // groups whose members are reviewed
	Permission bool     `json:"applications"`         // application permissions
	Guests     bool     `json:"guests"`               // only grants of guests
	Reviewers  []string `json:"reviewers"`            // who may decide
	Recurrence string   `json:"recurrence,omitempty"` // "monthly", "quarterly", "half-yearly", "yearly"
	Stale      int      `json:"staleDays"`            // days without a sign-in after which a grant is stale
	Due        int      `json:"dueDays"`              // days that reviewers have
}

// Codes of what ParseCampaign says.
const (
	codeSyntax = "REV0001" // not YAML
	codeShape  = "REV0002" // a member is missing, of the wrong kind, or not known
)

var (
	campaignKeys = []string{"name", "scope", "reviewers", "recurrence", "stale", "due"}
	scopeKeys    = []string{"azure", "directoryRoles", "groups", "applications", "guestsOnly"}
	recurrences  = []string{"once", "monthly", "quarterly", "half-yearly", "yearly"}
)

// ParseCampaign reads a campaign:
//
//	name: Privileged access, fourth quarter
//	scope:
//	  azure: [lh-clinical, /subscriptions/…]   # names or ids; everything below too
//	  directoryRoles: privileged               # or all
//	  groups: [az-research-data]
//	  applications: true
//	  guestsOnly: false
//	reviewers: [adm-hedda.lorne@lindhaven.example]
//	recurrence: quarterly
//	stale: 90d
//	due: 14d
//
// A file that is wrong gives diagnostics that name line and column, and no
// campaign.
func ParseCampaign(name string, text []byte) (*Campaign, diag.List) {
	p := campaignParser{name: name, src: diag.NewSource(name, string(text))}
	doc, err := yamldoc.Parse(text)
	if err != nil {
		d := diag.Diagnostic{Code: codeSyntax, Message: err.Error(), Source: name}
		if syntax, ok := errors.AsType[*yamldoc.SyntaxError](err); ok {
			d.Message, d.Pos = syntax.Message, syntax.Pos
		}
		return nil, diag.List{d}
	}
	if doc.Kind() != jsondoc.Object {
		p.say(doc, "a campaign is a mapping", `begin with "name:"`)
		return nil, p.list
	}
	p.known(doc, campaignKeys)
	scope := doc.Get("scope")
	p.known(scope, scopeKeys)
	c := &Campaign{
		Name: doc.Get("name").TextOr(""), Azure: p.texts(scope, "azure"), Directory: scope.Get("directoryRoles").TextOr(""), Groups: p.texts(scope, "groups"),
		Permission: p.flag(scope, "applications"), Guests: p.flag(scope, "guestsOnly"), Reviewers: p.texts(doc, "reviewers"),
		Recurrence: doc.Get("recurrence").TextOr("once"), Stale: p.days(doc, "stale", 90), Due: p.days(doc, "due", 14),
	}
	if strings.TrimSpace(c.Name) == "" {
		p.say(doc, `a campaign needs a "name"`, "")
	}
	if len(c.Reviewers) == 0 {
		p.say(doc, `a campaign needs "reviewers"`, "list the mail addresses of the people who may decide")
	}
	if v := scope.Get("directoryRoles"); v.Exists() && c.Directory != "privileged" && c.Directory != "all" {
		p.say(v, fmt.Sprintf(`"directoryRoles" is %q`, c.Directory), "expected privileged or all")
	}
	if !slices.Contains(recurrences, c.Recurrence) {
		p.say(doc.Get("recurrence"), fmt.Sprintf(`"recurrence" is %q`, c.Recurrence), "expected "+strings.Join(recurrences, ", "))
	}
	if len(c.Azure) == 0 && c.Directory == "" && len(c.Groups) == 0 && !c.Permission {
		p.say(doc, "the campaign has no scope", "name azure scopes, directoryRoles, groups or applications below scope:")
	}
	p.list.Sort()
	if p.list.HasErrors() {
		return nil, p.list
	}
	return c, p.list
}

type campaignParser struct {
	name string
	src  *diag.Source
	list diag.List
}

func (p *campaignParser) say(at jsondoc.Value, message, hint string) {
	p.list.Add(diag.Diagnostic{Code: codeShape, Message: message, Hint: hint, Source: p.name,
		Span: diag.Span{Start: at.Offset(), End: at.Offset() + 1}, Pos: p.src.Position(at.Offset())})
}

func (p *campaignParser) known(v jsondoc.Value, keys []string) {
	for key, m := range v.Members() {
		if !slices.Contains(keys, key) {
			p.say(m, fmt.Sprintf("no member %q is known here", key), "members are "+strings.Join(keys, ", "))
		}
	}
}

// texts returns a member that is a text or a list of texts.
func (p *campaignParser) texts(v jsondoc.Value, key string) []string {
	m := v.Get(key)
	if s, ok := m.Text(); ok {
		return []string{s}
	}
	if !m.Exists() || m.IsNull() {
		return nil
	}
	if m.Kind() != jsondoc.Array {
		p.say(m, fmt.Sprintf("%q is a list of texts", key), "")
		return nil
	}
	var out []string
	for _, e := range m.Elements() {
		s, ok := e.Text()
		if !ok || strings.TrimSpace(s) == "" {
			p.say(e, fmt.Sprintf("%q is a list of texts", key), "")
			continue
		}
		out = append(out, s)
	}
	return out
}

func (p *campaignParser) flag(v jsondoc.Value, key string) bool {
	m := v.Get(key)
	b, ok := m.Bool()
	if m.Exists() && !ok {
		p.say(m, fmt.Sprintf("%q is true or false", key), "")
	}
	return b
}

// days reads "90d" or 90.
func (p *campaignParser) days(v jsondoc.Value, key string, def int) int {
	m := v.Get(key)
	if !m.Exists() {
		return def
	}
	text := m.TextOr("")
	if n, ok := m.Int(); ok {
		text = strconv.FormatInt(n, 10)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || n < 1 || n > 3660 {
		p.say(m, fmt.Sprintf("%q is a number of days", key), "write 90d")
		return def
	}
	return n
}

// DueOn returns the day by which a review that begins at a time is to be done.
func (c *Campaign) DueOn(begun time.Time) time.Time { return begun.AddDate(0, 0, c.Due) }

// Next returns when the campaign is to begin again, the zero time where it is
// held once.
func (c *Campaign) Next(begun time.Time) time.Time {
	months := map[string]int{"monthly": 1, "quarterly": 3, "half-yearly": 6, "yearly": 12}[c.Recurrence]
	if months == 0 {
		return time.Time{}
	}
	return begun.AddDate(0, months, 0)
}
