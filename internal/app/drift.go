package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Judged is one reading of a tenant with its verdicts.
type Judged struct {
	Assessment *report.Assessment

	s      *session
	inv    *inventory.Inventory
	rules  map[string]*rule
	states map[verdictKey]finding.State
	at     time.Time // when it was read
	actors actors    // what its logs say of who did what

	since time.Time         // when the reading before was made, while they are compared
	names map[string]string // of people, by user principal name; made when first asked
}

// Inventory is what was judged.
func (j *Judged) Inventory() *inventory.Inventory { return j.inv }

type verdictKey struct{ control, resource string }

// Judge reads and assesses what the options name, and keeps the state of every
// verdict. What a snapshot holds is judged at the time at which it was read.
func Judge(ctx context.Context, o Options) (*Judged, error) {
	at := ReadAt(o.From)
	if !at.IsZero() {
		o.Now = at
	}
	who, err := logActors(ctx, o.From)
	if err != nil {
		return nil, err
	}
	s := &session{o: &o, start: o.clock()}
	a, err := s.run(ctx)
	if err != nil {
		return nil, err
	}
	j := &Judged{at: at, actors: who, Assessment: a, s: s, inv: s.inv, rules: map[string]*rule{}, states: make(map[verdictKey]finding.State, len(s.results))}
	exempts := make([]bool, len(s.rules))
	for i := range s.rules {
		j.rules[s.rules[i].id] = &s.rules[i]
		exempts[i] = s.book.Exempts(s.rules[i].id)
	}
	for _, r := range s.results {
		state, res := r.state, s.resources[r.resource]
		if exempts[r.rule] && s.book.Find(s.rules[r.rule].id, res.ID) != nil {
			state = finding.Exempt
		}
		j.states[verdictKey{s.rules[r.rule].id, res.ID.Key()}] = state
	}
	return j, nil
}

// ReadAt returns when a snapshot was made, and nothing for other files.
func ReadAt(paths []string) (at time.Time) {
	if len(paths) != 1 {
		return at
	}
	f, err := os.Open(paths[0])
	if err != nil {
		return at // reading it says so
	}
	defer func() { _ = f.Close() }() // only read
	_ = snapshot.Scan(io.LimitReader(f, 1<<20), func(l snapshot.Line) error {
		if l.Header != nil {
			at = l.Header.CreatedAt
		}
		return errEnough
	}) // what is no snapshot has no time
	return at
}

var errEnough = errors.New("enough")

// Compare says what became of a tenant between two readings that were judged by
// the same rules. A finding counts as closed only where it is known that it is
// not open: a resource that was not read again is no resource that was mended.
func (j *Judged) Compare(after *Judged) *report.Drift {
	d := &report.Drift{
		Before: j.side(), After: after.side(), New: []report.VerdictMove{}, Closed: []report.VerdictMove{}, Verdicts: []report.VerdictMove{},
		Changes: snapshot.Compare(j.inv, after.inv), People: []report.Change{},
	}
	b, a := j.Assessment.Score, after.Assessment.Score
	d.Score = report.ScoreMove{Points: round(a.Current-b.Current, 2), Percentage: round(a.Percentage-b.Percentage, 4), Controls: []report.ControlMove{}}
	was := map[string]report.ControlMove{}
	for _, c := range b.Controls {
		was[c.Name] = report.ControlMove{Name: c.Name, Before: c.Current, MaxWas: c.Max}
	}
	for _, c := range a.Controls {
		m := was[c.Name]
		delete(was, c.Name)
		m.Name, m.After, m.MaxIs = c.Name, c.Current, c.Max
		if m.Before != m.After || m.MaxWas != m.MaxIs {
			d.Score.Controls = append(d.Score.Controls, m)
		}
	}
	for _, c := range b.Controls {
		if m, gone := was[c.Name]; gone && m.MaxWas > 0 {
			d.Score.Controls = append(d.Score.Controls, m)
		}
	}
	after.since = j.at
	j.verdicts(after, d)
	for _, r := range d.Changes.Added {
		after.ask(d, r.ID, "added")
	}
	for _, c := range d.Changes.Changed {
		after.ask(d, c.ID, "changed")
	}
	for _, r := range d.Changes.Removed {
		if id, err := resource.ParseID(r.ID); err == nil {
			if p, ok := after.actors.deleter(id, j.at, after.at); ok {
				after.named(&p)
				d.People = append(d.People, report.Change{ResourceID: r.ID, What: "removed", Ask: p})
				continue
			}
		}
		j.ask(d, r.ID, "removed")
	}
	return d
}

func round(f float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(f*p) / p
}

func (j *Judged) side() report.DriftSide {
	a := j.Assessment
	return report.DriftSide{
		Subject: a.Subject, JudgedAt: a.GeneratedAt, Resources: a.Inventory.Resources, Current: a.Score.Current, Max: a.Score.Max, Percentage: a.Score.Percentage,
		Open: a.Open(), Unknown: a.Unknown.Len(),
	}
}

// verdicts files the verdicts whose state changed.
func (j *Judged) verdicts(after *Judged, d *report.Drift) {
	reasons := after.reasons(j)
	move := func(k verdictKey, before, now string) {
		if before == now || quiet(before) && quiet(now) {
			return
		}
		r := j.rules[k.control]
		if r == nil {
			r = after.rules[k.control]
		}
		m := report.VerdictMove{ResourceID: k.resource, ControlID: k.control, Title: r.title, Severity: r.severity, Before: before, After: now}
		in := after
		if now == report.Absent {
			in = j
		}
		if res, ok := in.inv.ByKey(k.resource); ok {
			m.ResourceID = res.ID.String()
			m.Ask = in.person(res)
		}
		open := finding.NonCompliant.String()
		switch {
		case now == open:
			m.Reasons = reasons[k]
			d.New = append(d.New, m)
		case before == open && now != finding.Unknown.String():
			d.Closed = append(d.Closed, m)
		default:
			d.Verdicts = append(d.Verdicts, m)
		}
	}
	for k, state := range j.states {
		now, ok := after.states[k]
		text := now.String()
		if !ok {
			text = after.without(j, k)
		}
		move(k, state.String(), text)
	}
	for k, state := range after.states {
		if _, ok := j.states[k]; !ok {
			move(k, j.without(after, k), state.String())
		}
	}
	for _, list := range [][]report.VerdictMove{d.New, d.Closed, d.Verdicts} {
		slices.SortFunc(list, func(a, b report.VerdictMove) int {
			return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.ControlID, b.ControlID), strings.Compare(strings.ToLower(a.ResourceID), strings.ToLower(b.ResourceID)))
		})
	}
}

// reasons returns why the findings are open that were not before.
func (j *Judged) reasons(before *Judged) map[verdictKey][]string {
	out := map[verdictKey][]string{}
	t := j.s.teller()
	for _, r := range j.s.results {
		k := verdictKey{j.s.rules[r.rule].id, j.s.resources[r.resource].ID.Key()}
		if j.states[k] == finding.NonCompliant && before.states[k] != finding.NonCompliant {
			f, _ := t.finding(r, r.state)
			out[k] = f.Reasons
		}
	}
	return out
}

// quiet tells whether a state asks nothing of anybody: a resource that came or
// went without a finding is listed among the resources.
func quiet(state string) bool {
	return state == finding.Compliant.String() || state == finding.NotApplicable.String() || state == report.Absent
}

// without says what is known of a verdict that a reading does not have and the
// other one has.
func (j *Judged) without(other *Judged, k verdictKey) string {
	if _, ok := j.inv.ByKey(k.resource); ok {
		return finding.NotApplicable.String()
	}
	r, ok := other.inv.ByKey(k.resource)
	if !ok {
		return finding.Unknown.String()
	}
	scope := r.ID.Scope()
	if r.IsGraph() {
		scope = resource.TenantID()
	} else if p, ok := r.ID.Parent(); ok {
		scope = p
	}
	if j.inv.Coverage(r.Type, scope).Complete() {
		return report.Absent
	}
	return finding.Unknown.String()
}

func (j *Judged) ask(d *report.Drift, id, what string) {
	parsed, err := resource.ParseID(id)
	if err != nil {
		return
	}
	r, ok := j.inv.Get(parsed)
	if !ok {
		return
	}
	if p := j.person(r); p != nil {
		d.People = append(d.People, report.Change{ResourceID: id, What: what, Ask: *p})
	}
}

// person returns who changed a resource last, as logs say that were read with it,
// or as the resource does, whichever is later.
func (j *Judged) person(r *resource.Resource) *report.Person {
	p := j.inBody(r)
	if by, ok := j.actors.of(r.ID, j.since, j.at); ok && !j.since.IsZero() && (p == nil || !after(p.At, by.At)) {
		j.named(&by)
		return &by
	}
	return p
}

// named gives a person the name that the directory knows them by. Logs name people
// by their user principal name.
func (j *Judged) named(p *report.Person) {
	if strings.Contains(p.ID, "@") && p.Name == "" {
		if j.names == nil {
			j.names = map[string]string{}
			for u := range j.inv.OfType("Microsoft.Graph/users") {
				j.names[lower(u.Body.Get("userPrincipalName").TextOr(""))] = u.Body.Get("displayName").TextOr("")
			}
		}
		p.Name = j.names[lower(p.ID)]
		return
	}
	for _, collection := range []string{"users", "servicePrincipals"} {
		if holder, ok := j.inv.Get(resource.GraphID(collection, p.ID)); ok && p.Name == "" {
			p.Name = displayName(j.inv, holder)
		}
	}
}

// inBody returns who changed or created a resource last, as Azure says: in
// systemData (Azure Resource Manager's common types), in the properties of role
// assignments, in the metadata of policies; of a child that does not say, its
// parent's.
func (j *Judged) inBody(r *resource.Resource) *report.Person {
	for range 4 {
		for _, at := range []struct {
			in                      jsondoc.Value
			by, kind, when, did     string
			by2, kind2, when2, did2 string
		}{
			{r.Body.Get("systemData"), "lastModifiedBy", "lastModifiedByType", "lastModifiedAt", "changed", "createdBy", "createdByType", "createdAt", "created"},
			{r.Properties(), "updatedBy", "", "updatedOn", "changed", "createdBy", "", "createdOn", "created"},
			{r.Properties().Get("metadata"), "updatedBy", "", "updatedOn", "changed", "createdBy", "", "createdOn", "created"},
		} {
			by, kind, when, did := at.by, at.kind, at.when, at.did
			if at.in.Get(by).TextOr("") == "" {
				by, kind, when, did = at.by2, at.kind2, at.when2, at.did2
			}
			id := at.in.Get(by).TextOr("")
			if id == "" {
				continue
			}
			p := &report.Person{ID: id, Did: did, At: at.in.Get(when).TextOr("")}
			if kind != "" {
				p.Kind = at.in.Get(kind).TextOr("")
			}
			j.named(p)
			return p
		}
		up, ok := r.ID.Parent()
		if !ok {
			return nil
		}
		if r, ok = j.inv.Get(up); !ok {
			return nil
		}
	}
	return nil
}
