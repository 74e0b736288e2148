package app

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/posture"
	"github.com/azward/azward/resource"
)

// Assess reads what the options name and assesses it. What could not be read
// or understood is in the assessment's notices and unknown verdicts; the error
// is for what leaves nothing to assess.
func Assess(ctx context.Context, o Options) (*report.Assessment, error) {
	s := &session{o: &o, start: o.clock()}
	return s.run(ctx)
}

// session carries one assessment from stage to stage.
type session struct {
	given   map[result]*finding.Verdict // verdicts that no evaluation gives
	o       *Options
	start   time.Time
	last    time.Time
	notices []report.Notice

	inv       *inventory.Inventory
	tenant    *tenant
	aliases   *policy.Aliases
	sources   []source
	rules     []rule
	resources []*resource.Resource
	library   func() (*library, error) // that the options name; nil where nobody reads it ahead
	names     func() []string          // of the resources, for a person
	results   []result
	scopes    scopeTable
	book      *posture.Book
	gaps      []gap
	timings   report.Timings
}

func (s *session) run(ctx context.Context) (*report.Assessment, error) {
	if err := s.gather(ctx); err != nil {
		return nil, err
	}
	a, err := s.judge()
	if err != nil {
		return nil, err
	}
	s.lap(&s.timings.Judge)
	s.timings.Total = report.Took(s.o.clock().Sub(s.start))
	a.Timings = s.timings
	return a, nil
}

// gather reads, derives facts and evaluates: everything before the judgement.
func (s *session) gather(ctx context.Context) error {
	s.last = s.start
	var err error
	if len(s.o.Policies) > 0 {
		s.library = sync.OnceValues(func() (*library, error) { return loadLibrary(s.o.Policies) })
		go func() { _, _ = s.library() }() // while the inventory is read
	}
	if s.inv, err = Load(ctx, s.o); err != nil {
		return err
	}
	s.lap(&s.timings.Load)

	if err := s.loadRules(); err != nil {
		return err
	}
	s.lap(&s.timings.Controls)

	s.o.progress("facts", 0, 0)
	s.deriveFacts()
	s.lap(&s.timings.Facts)

	if s.aliases = s.o.Aliases; s.aliases == nil && s.o.Inventory == nil {
		if s.aliases, err = SnapshotAliases(ctx, s.o.From); err != nil {
			return err
		}
	}
	if err := s.compileRules(); err != nil {
		return err
	}
	s.judgeOf(assessed(s.inv))
	s.scopes = newScopeTable(s.inv, s.resources)
	if err := s.loadExemptions(); err != nil {
		return err
	}
	if s.results, s.timings.Evaluations, err = evaluate(ctx, s.o, s.inv, s.resources, s.rules); err != nil {
		return err
	}
	s.gaps = findGaps(s.inv, s.rules)
	s.lap(&s.timings.Evaluate)
	return nil
}

// judgeOf sets the resources that rules are asked about.
func (s *session) judgeOf(resources []*resource.Resource) {
	s.resources = resources
	s.names = sync.OnceValue(s.displayNames)
}

// lap writes the time since the last lap.
func (s *session) lap(to *report.Milliseconds) {
	now := s.o.clock()
	*to = report.Took(now.Sub(s.last))
	s.last = now
}

func (s *session) notice(severity, place, message string) {
	s.notices = append(s.notices, report.Notice{Severity: severity, Place: place, Message: message})
}

// judge turns verdicts into the assessment.
func (s *session) judge() (*report.Assessment, error) {
	a := &report.Assessment{
		Tool:        report.Tool{Name: "azward", Version: s.o.Version},
		GeneratedAt: s.o.Now,
		Subject:     s.subject(),
		Exemptions:  []report.Exemption{},
		Manifest:    s.inv.Manifest().Entries(),
	}
	a.Inventory = s.summary()
	facts := s.scoreFacts(a)
	a.Score = posture.Calculate(facts)
	for i := range a.Score.Scopes {
		a.Score.Scopes[i].Name = a.Inventory.Names[strings.ToLower(a.Score.Scopes[i].Scope)]
	}
	a.Plan = s.plan(facts, a.Controls)
	a.Access = s.accessMatrix()
	a.Path = s.worstPath()
	if err := s.comply(a); err != nil {
		return nil, err
	}
	for _, e := range s.book.Applied() {
		one := report.Exemption{Control: e.Name(), Scope: e.Scope.String(), Category: e.Category, Owner: e.Owner, Reason: e.Reason, Expired: e.Expired, Verdicts: e.Results, Source: e.Source}
		if !e.Expires.IsZero() {
			one.Expires = e.Expires.Format(time.DateOnly)
		}
		if e.Expired {
			s.notices = append(s.notices, report.Notice{Severity: "warning", Code: report.CodeExpired, Place: e.Source, Message: fmt.Sprintf("the exemption of %s for %s expired on %s and no longer counts", e.Name(), s.nameOf(e.Scope), one.Expires)})
		}
		a.Exemptions = append(a.Exemptions, one)
	}
	for _, d := range s.inv.Diagnostics() {
		s.notices = append(s.notices, noticeOf(d))
	}
	a.Notices = s.notices
	if a.Notices == nil {
		a.Notices = []report.Notice{}
	}
	return a, nil
}

// scoreFacts walks the verdicts once: it fills in the controls' counts, lists
// the findings and unknown verdicts, and returns what the score is made of.
// Custom rules never count in it and are left out.
func (s *session) scoreFacts(a *report.Assessment) posture.Facts {
	a.Controls = make([]report.Control, len(s.rules))
	f := posture.Facts{Scopes: s.scopes.ids, Directory: tenantScope, ResourceScope: s.scopes.of, Recommendations: make([]posture.Recommendation, len(s.rules))}
	exempts := make([]bool, len(s.rules))
	for i := range s.rules {
		a.Controls[i] = s.rules[i].report()
		f.Recommendations[i] = s.rules[i].recommendation()
		exempts[i] = s.book.Exempts(s.rules[i].id)
	}
	states := s.o.States
	if len(states) == 0 {
		states = []finding.State{finding.NonCompliant, finding.Exempt}
	}
	ordered, gaps := s.byRule()
	for _, g := range gaps {
		a.Controls[g.rule].Unknown++
	}
	findings, unknown := &verdicts{s: s}, &verdicts{s: s, gaps: gaps}
	findings.list = make([]verdict, 0, s.count(func(state finding.State) bool { return state != finding.Unknown && slices.Contains(states, state) }))
	unknown.list = make([]verdict, 0, s.count(func(state finding.State) bool { return state == finding.Unknown }))
	for _, r := range ordered {
		res, rule := s.resources[r.resource], &s.rules[r.rule]
		one := posture.Result{Resource: int(r.resource), Recommendation: int(r.rule), State: r.state}
		state := r.state
		if exempts[r.rule] {
			if why := s.book.Find(rule.id, res.ID); why != nil {
				one.Exemption = why.Category
				state = finding.Exempt
			}
		}
		if !rule.custom {
			f.Results = append(f.Results, one)
		}
		switch c := &a.Controls[r.rule]; state {
		case finding.NonCompliant:
			c.NonCompliant++
		case finding.Compliant:
			c.Compliant++
		case finding.Exempt:
			c.Exempt++
		default:
			c.Unknown++
			unknown.list = append(unknown.list, verdict{r, state})
			continue
		}
		if slices.Contains(states, state) {
			findings.list = append(findings.list, verdict{r, state})
		}
	}
	a.Findings, a.Unknown = report.NewList(findings), report.NewList(unknown)
	for i := range a.Controls {
		a.Controls[i].State = controlState(&a.Controls[i])
	}
	return f
}

// count counts the results of some states.
func (s *session) count(of func(finding.State) bool) int {
	n := 0
	for i := range s.results {
		if of(s.results[i].state) {
			n++
		}
	}
	return n
}

// byRule returns the verdicts and gaps in the order in which findings are
// listed: the gravest rule first, then by id, then by resource. Verdicts come
// in ordered by resource, so counting them is sorting them.
func (s *session) byRule() ([]result, []gap) {
	order := make([]int, len(s.rules))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, k int) int {
		a, b := &s.rules[i], &s.rules[k]
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(a.id, b.id))
	})
	counts := make([]int, len(s.rules))
	for _, r := range s.results {
		counts[r.rule]++
	}
	next := make([]int, len(s.rules))
	rank := make([]int, len(s.rules))
	total := 0
	for at, i := range order {
		next[i], rank[i] = total, at
		total += counts[i]
	}
	out := make([]result, len(s.results))
	for _, r := range s.results {
		out[next[r.rule]] = r
		next[r.rule]++
	}
	gaps := slices.Clone(s.gaps)
	slices.SortStableFunc(gaps, func(a, b gap) int { return cmp.Compare(rank[a.rule], rank[b.rule]) })
	return out, gaps
}

// displayName returns the name that a person knows a resource by: of what
// somebody holds in the directory, the holder's.
func displayName(inv *inventory.Inventory, r *resource.Resource) string {
	if strings.HasPrefix(r.TypeKey(), "microsoft.graph/") || strings.EqualFold(r.Type, resource.TypeSubscription) {
		for _, key := range []string{"userPrincipalName", "displayName"} {
			if text, ok := r.Body.Get(key).Text(); ok && text != "" {
				return text
			}
		}
		if text, ok := r.Properties().Get("displayName").Text(); ok && text != "" {
			return text
		}
		if id, ok := r.Body.Get("principalId").Text(); ok {
			for _, collection := range []string{"users", "groups", "servicePrincipals"} {
				if holder, ok := inv.Get(resource.GraphID(collection, id)); ok {
					return displayName(inv, holder)
				}
			}
		}
	}
	if strings.EqualFold(r.Type, typeRoleAssignment) {
		if name := roleAssignmentName(inv, r); name != "" {
			return name
		}
	}
	if r.ID.FullName() != "" && strings.Count(r.ID.Type(), "/") > 1 && r.ID.Level() == resource.LevelResource {
		return r.ID.FullName()
	}
	return r.Name()
}

// roleAssignmentName says who holds which role, as far as both are known: the
// assignment's own name is a GUID.
func roleAssignmentName(inv *inventory.Inventory, r *resource.Resource) string {
	p := r.Properties()
	for _, collection := range []string{"users", "groups", "servicePrincipals"} {
		holder, ok := inv.Get(resource.GraphID(collection, p.Get("principalId").TextOr("")))
		if !ok {
			continue
		}
		role := p.Get("roleDefinitionId").TextOr("")
		// Built-in roles are the tenant's; assignments name them by their own subscription.
		for _, text := range []string{role, "/providers/Microsoft.Authorization/roleDefinitions/" + role[strings.LastIndexByte(role, '/')+1:]} {
			if id, err := resource.ParseID(text); err == nil {
				if def, ok := inv.Get(id); ok {
					return displayName(inv, holder) + " as " + def.Properties().Get("roleName").TextOr(def.Name())
				}
			}
		}
		return displayName(inv, holder)
	}
	return ""
}

// subject says in words what was assessed.
func (s *session) subject() string {
	var names []string
	for r := range s.inv.OfType("Microsoft.Graph/organization") {
		if text := r.Body.Get("displayName").TextOr(""); text != "" {
			names = append(names, text)
		}
	}
	name := strings.Join(names, ", ")
	if s.o.Demo {
		if name == "" {
			name = "a made-up hospital group"
		}
		return name + " (demo)"
	}
	if name != "" {
		return name
	}
	var files []string
	for _, p := range s.o.From {
		files = append(files, cmp.Or(s.o.Names[p], filepath.Base(p)))
	}
	if len(files) > 3 {
		files = append(files[:3], fmt.Sprintf("%d more", len(files)-3))
	}
	return strings.Join(files, ", ")
}

func (s *session) summary() report.Inventory {
	out := report.Inventory{Resources: s.inv.Len(), Types: len(s.inv.Types()), Subscriptions: []report.Subscription{}, Names: map[string]string{tenantScope: "Tenant and directory"}}
	for _, id := range s.inv.Subscriptions() {
		sub := report.Subscription{ID: id.Subscription()}
		if r, ok := s.inv.Get(id); ok {
			sub.Name = subscriptionName(r)
		}
		if sub.Name != "" {
			out.Names[strings.ToLower(sub.ID)] = sub.Name
		}
		out.Subscriptions = append(out.Subscriptions, sub)
	}
	return out
}

func subscriptionName(r *resource.Resource) string {
	for _, v := range []string{r.Body.Get("displayName").TextOr(""), r.Properties().Get("displayName").TextOr(""), r.Body.Get("name").TextOr("")} {
		if v != "" && !strings.EqualFold(v, r.ID.Subscription()) {
			return v
		}
	}
	return ""
}
