package condaccess

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// Effect is what a proposed set of policies does to a sign-in that today's decides
// otherwise.
type Effect uint8

// The effects. Unsure: what the log does not tell decides.
const (
	Same Effect = iota
	NewlyBlocked
	NewlyAsked // asked for something that nothing asks for today
	LessAsked  // no longer asked for something
	Unblocked
	Unsure
	effectCount
)

var effectNames = [effectCount]string{"same", "newlyBlocked", "newlyAsked", "lessAsked", "unblocked", "unsure"}

// String returns the effect's name in output.
func (e Effect) String() string { return effectNames[e] }

// Replay decides the sign-ins of a log by today's policies and, where there are
// any, by proposed ones, and counts. It is for one goroutine; [Replay.Merge] adds
// up those of several.
type Replay struct {
	today, proposed *Set // proposed is nil where only today's are asked

	SignIns, Skipped int
	Results          [4]int // by today's policies
	Effects          [effectCount]int
	Policies         []PolicyEffect // of proposed, or of today's
	Fidelity         Fidelity
	users            [effectCount]map[int]int // by effect: sign-ins by person
	Examples         [effectCount][]Example

	reader recordReader
	keys   *jsondoc.Interner
	people map[string]int // ids to places in names
	names  []string
	a, b   Decision
	known  map[string]Effect // by what applies today and what would
	byID   map[string]int
	key    []byte
}

// PolicyEffect counts what a policy does to the sign-ins of a log.
type PolicyEffect struct {
	Policy               *Policy
	Applied, Unknown     int
	SuccessfulAndApplied int   // applied to sign-ins that succeeded: for a policy that is not in force yet, those it would change
	users                set64 // people, by place
}

// Users counts the people to whom the policy applied.
func (p *PolicyEffect) Users() int { return p.users.count() }

// Fidelity compares the engine's answers with Entra's own, where the log has them.
type Fidelity struct {
	Compared, Agreed int // answers of policies, and those that are the same
	Undecided        int // answers that the log tells too little for
	Reasons          int // of Agreed: both say which condition is not met, and the same
	ReasonsCompared  int
	Missing          int // answers of policies that are not in the set
	Examples         []string
}

// Example is a sign-in with an effect.
type Example struct {
	User, App string
	SignIn    jsondoc.Value
	Policies  []string // that make the difference
}

const maxExamples = 5

// NewReplay starts a replay. proposed may be nil.
func NewReplay(today, proposed *Set) *Replay {
	r := &Replay{today: today, proposed: proposed, known: map[string]Effect{}, byID: map[string]int{}, people: map[string]int{}, keys: jsondoc.NewInterner()}
	if today.device.used || proposed != nil && proposed.device.used {
		r.reader.devices = map[deviceKey]*Device{}
	}
	for i, p := range today.policies {
		r.byID[fold(p.ID)] = i
	}
	for i := range r.users {
		r.users[i] = map[int]int{}
	}
	judged := today
	if proposed != nil {
		judged = proposed
	}
	for _, p := range judged.policies {
		r.Policies = append(r.Policies, PolicyEffect{Policy: p})
	}
	return r
}

// Users counts the people with an effect.
func (r *Replay) Users(e Effect) int { return len(r.users[e]) }

// TopUsers lists the people with most sign-ins of an effect.
func (r *Replay) TopUsers(e Effect, most int) []string {
	var ids []int
	for u := range r.users[e] {
		ids = append(ids, u)
	}
	slices.SortFunc(ids, func(a, b int) int {
		if d := r.users[e][b] - r.users[e][a]; d != 0 {
			return d
		}
		return strings.Compare(r.names[a], r.names[b])
	})
	var out []string
	for _, u := range ids[:min(most, len(ids))] {
		out = append(out, r.names[u])
	}
	return out
}

// AddLine decides one record of a log as it was written. The line must not change
// afterwards. The error says why a line is no JSON; it counts as skipped.
func (r *Replay) AddLine(line []byte) error {
	if r.reader.scan(line, r.today) {
		r.decide()
		return nil
	}
	v, err := jsondoc.ParseInterned(line, r.keys)
	if err != nil {
		r.Skipped++
		return err
	}
	if r.Add(v) {
		r.reader.remember(line)
	}
	return nil
}

// Add decides one record of a log. It answers false, and counts it as skipped, where
// the record names nobody.
func (r *Replay) Add(v jsondoc.Value) bool {
	rec := &r.reader.rec
	if !ParseLogRecord(v, r.today, rec) {
		r.Skipped++
		return false
	}
	r.today.completeDevice(rec)
	if r.proposed != nil {
		r.proposed.completeDevice(rec)
	}
	r.decide()
	return true
}

// person returns the place of a person.
func (r *Replay) person(x *SignIn) int {
	id := x.User
	if id == "" {
		id = x.Workload
	}
	i, ok := r.people[id]
	if !ok {
		id = strings.Clone(id)
		i = len(r.names)
		r.people[id] = i
		r.names = append(r.names, id)
	}
	return i
}

func (r *Replay) decide() {
	rec := &r.reader.rec
	r.SignIns++
	r.today.Decide(&rec.SignIn, &r.a)
	r.Results[r.a.Result]++
	if len(rec.Recorded) > 0 {
		r.compare(rec)
	}
	d, effect := &r.a, Same
	if r.proposed != nil {
		r.proposed.Decide(&rec.SignIn, &r.b)
		d = &r.b
		effect = r.effect()
	}
	who := r.person(&rec.SignIn)
	for w, possible := range d.Possible {
		for ; possible != 0; possible &= possible - 1 {
			i := w<<6 + bits.TrailingZeros64(possible)
			p := &r.Policies[i]
			if !set64(d.Applies).has(i) {
				p.Unknown++
				continue
			}
			p.Applied++
			if rec.Success {
				p.SuccessfulAndApplied++
			}
			for who>>6 >= len(p.users) {
				p.users = append(p.users, 0)
			}
			p.users.add(who)
		}
	}
	r.Effects[effect]++
	if effect == Same {
		return
	}
	r.users[effect][who]++
	if len(r.Examples[effect]) < maxExamples && r.users[effect][who] == 1 {
		r.Examples[effect] = append(r.Examples[effect], r.example(effect))
	}
}

// effect compares the two decisions; equal pairs of what applies were compared before.
func (r *Replay) effect() Effect {
	r.key = r.key[:0]
	for _, s := range [][]uint64{r.a.Applies, r.a.Possible, r.b.Applies, r.b.Possible} {
		for _, w := range s {
			for sh := 0; sh < 64; sh += 8 {
				r.key = append(r.key, byte(w>>sh))
			}
		}
	}
	if e, ok := r.known[string(r.key)]; ok {
		return e
	}
	e := compareDecisions(r.today, &r.a, r.proposed, &r.b)
	if len(r.known) < 1<<20 {
		r.known[string(r.key)] = e
	}
	return e
}

func compareDecisions(s *Set, a *Decision, t *Set, b *Decision) Effect {
	switch {
	case b.Result == Blocked && a.Result != Blocked:
		if a.AtMost == Blocked {
			return Unsure
		}
		return NewlyBlocked
	case a.Result == Blocked && b.Result != Blocked:
		if b.AtMost == Blocked {
			return Unsure
		}
		return Unblocked
	case a.Result == Blocked:
		return Same
	}
	was, is := s.Requirements(a), t.Requirements(b)
	lacks := func(have, want []Clause) bool {
		return slices.ContainsFunc(want, func(c Clause) bool {
			return !slices.ContainsFunc(have, func(h Clause) bool { return h.implies(c) })
		})
	}
	more, less := lacks(was, is), lacks(is, was)
	switch {
	case more:
		return NewlyAsked
	case less:
		return LessAsked
	case a.Certain && b.Certain:
		return Same
	case s.sameDoubts(a, t, b):
		return Same
	}
	return Unsure
}

// sameDoubts tells whether the policies of which it is not known whether they apply
// are the same, word for word, on both sides.
func (s *Set) sameDoubts(a *Decision, t *Set, b *Decision) bool {
	list := func(s *Set, d *Decision) []string {
		var out []string
		for i, p := range s.policies {
			if s.enforced.has(i) && set64(d.Possible).has(i) && !set64(d.Applies).has(i) {
				out = append(out, p.Body.Get("conditions").String()+p.Body.Get("grantControls").String())
			}
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(list(s, a), list(t, b))
}

func (r *Replay) example(e Effect) Example {
	x := &r.reader.rec.SignIn
	out := Example{User: r.today.UserName(x.User + x.Workload), App: r.today.AppName(x.App), SignIn: x.JSON()}
	judged, d := r.proposed, &r.b
	if e == LessAsked || e == Unblocked {
		judged, d = r.today, &r.a
	}
	other, od := r.today, &r.a
	if judged == r.today {
		other, od = r.proposed, &r.b
	}
	there := map[string]bool{}
	for i, p := range other.policies {
		there[p.ID] = there[p.ID] || set64(od.Applies).has(i) && other.enforced.has(i)
	}
	for i, p := range judged.policies {
		if judged.enforced.has(i) && set64(d.Applies).has(i) && !there[p.ID] {
			out.Policies = append(out.Policies, p.Name())
		}
	}
	return out
}

// logUnmet maps Graph's conditionalAccessConditions to the dimensions.
var logUnmet = map[string][]dimension{
	"application": {dimTarget}, "users": {dimUsers}, "deviceplatform": {dimPlatform}, "location": {dimLocation}, "clienttype": {dimClient}, "signinrisk": {dimSignInRisk},
	"userrisk": {dimUserRisk}, "devicestate": {dimDevice}, "client": {dimClient}, "authenticationflows": {dimFlow}, "insiderrisk": {dimInsider}, "serviceprincipals": {dimUsers}, "serviceprincipalrisk": {dimWorkloadRisk},
}

// logOrder is the order in which Entra's engine looks at conditions, as its logs
// show it: the target first.
var logOrder = []dimension{dimTarget, dimUsers, dimPlatform, dimLocation, dimClient, dimSignInRisk, dimUserRisk, dimDevice, dimFlow, dimInsider, dimWorkloadRisk, dimAgentRisk, dimOther}

// compare counts how the answers compare with Entra's.
func (r *Replay) compare(rec *LogRecord) {
	f := &r.Fidelity
	for _, e := range rec.Recorded {
		if e.Applied == Unknown {
			continue
		}
		i, ok := r.byID[e.PolicyID]
		if !ok {
			if i, ok = r.byID[fold(e.PolicyID)]; !ok {
				f.Missing++
				continue
			}
		}
		got := False
		switch {
		case set64(r.a.Applies).has(i):
			got = True
		case set64(r.a.Possible).has(i):
			f.Undecided++
			continue
		}
		f.Compared++
		if got != e.Applied {
			if len(f.Examples) < maxExamples {
				f.Examples = append(f.Examples, r.today.policies[i].Name()+": Entra says "+e.Applied.String()+", azward "+got.String()+" for "+rec.SignIn.JSON().String())
			}
			continue
		}
		f.Agreed++
		if got == False && e.Unmet != "" && !strings.EqualFold(e.Unmet, "none") {
			f.ReasonsCompared++
			for _, k := range logOrder {
				if !r.a.dims[k].may.has(i) {
					if slices.Contains(logUnmet[fold(e.Unmet)], k) {
						f.Reasons++
					}
					break
				}
			}
		}
	}
}

// Merge adds the counts of another replay of the same sets.
func (r *Replay) Merge(o *Replay) {
	place := make([]int, len(o.names))
	for i, id := range o.names {
		place[i] = r.person(&SignIn{User: id})
	}
	r.SignIns += o.SignIns
	r.Skipped += o.Skipped
	for i := range o.Results {
		r.Results[i] += o.Results[i]
	}
	for e := range effectCount {
		r.Effects[e] += o.Effects[e]
		for u, n := range o.users[e] {
			r.users[e][place[u]] += n
		}
		r.Examples[e] = append(r.Examples[e], o.Examples[e]...)
		r.Examples[e] = r.Examples[e][:min(len(r.Examples[e]), maxExamples)]
	}
	for i := range o.Policies {
		a, b := &r.Policies[i], &o.Policies[i]
		a.Applied += b.Applied
		a.Unknown += b.Unknown
		a.SuccessfulAndApplied += b.SuccessfulAndApplied
		b.users.each(func(u int) {
			for place[u]>>6 >= len(a.users) {
				a.users = append(a.users, 0)
			}
			a.users.add(place[u])
		})
	}
	f, g := &r.Fidelity, &o.Fidelity
	f.Compared += g.Compared
	f.Agreed += g.Agreed
	f.Undecided += g.Undecided
	f.Reasons += g.Reasons
	f.ReasonsCompared += g.ReasonsCompared
	f.Missing += g.Missing
	f.Examples = append(f.Examples, g.Examples...)
	f.Examples = f.Examples[:min(len(f.Examples), maxExamples)]
}
