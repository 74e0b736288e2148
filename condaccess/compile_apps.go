package condaccess

import (
	"slices"
	"strings"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/jsondoc"
)

// attributes looks up custom security attributes: {"Set": {"Name": value}}, named
// CustomSecurityAttribute.Set_Name in rules. What was not read is unknown.
func attributes(v jsondoc.Value) func(*ruleTest) property {
	return func(t *ruleTest) property {
		if v.Kind() != jsondoc.Object {
			return property{}
		}
		set, name, _ := strings.Cut(strings.TrimPrefix(t.prop, "CustomSecurityAttribute."), "_")
		a := v.Get(set).Get(name)
		p := property{known: true}
		if s, ok := a.Text(); ok {
			p.values = []string{fold(s)}
		}
		for _, e := range a.Elements() {
			p.values = append(p.values, fold(e.TextOr("")))
		}
		return p
	}
}

func (s *Set) compileApps() {
	a := &s.appRules
	a.all, a.hasApp, a.plain = newSet(s.n), newSet(s.n), newSet(s.n)
	a.incl, a.excl, a.ctx = map[string]set64{}, map[string]set64{}, map[string]set64{}
	ids := map[string]bool{}
	for i := range s.actions {
		s.actions[i] = newPair(s.n)
	}
	for i, p := range s.policies {
		c := &p.Conditions.Applications
		for _, x := range c.Include {
			a.hasApp.add(i)
			switch x = fold(x); x {
			case tokenAll:
				a.all.add(i)
				if len(c.Exclude) == 0 && c.Filter == nil {
					a.plain.add(i)
				}
			case tokenNone:
			default:
				addTo(a.incl, x, s.n, i)
				ids[x] = true
			}
		}
		for _, x := range c.Exclude {
			if x = fold(x); x != tokenNone {
				addTo(a.excl, x, s.n, i)
				ids[x] = true
			}
		}
		if c.Filter != nil {
			a.hasApp.add(i)
			a.filter = append(a.filter, attrRule{i, c.Filter.Rule, c.Filter.Exclude})
		}
		for _, x := range c.UserActions {
			if act, ok := ParseUserAction(x); ok {
				s.actions[act].add(i, True)
			}
		}
		for _, x := range c.Contexts {
			addTo(a.ctx, fold(x), s.n, i)
		}
	}
	// A policy for all resources holds for user actions as well: the third example
	// of "conditionalAccessRoot: evaluate" shows it.
	for i := RegisterSecurityInfo; i <= RegisterDevice; i++ {
		s.actions[i].or(pair{a.all, a.all})
	}
	for _, g := range s.catalog.groups {
		for _, m := range g.order {
			ids[m] = true
		}
	}
	s.apps = map[string]pair{}
	for id := range ids {
		s.apps[id] = s.appPair(id)
	}
	if dir := s.t.Directory; dir != nil {
		for _, sp := range dir.ServicePrincipals() {
			if id := fold(sp.AppID); id != "" {
				if _, ok := s.apps[id]; !ok {
					s.apps[id] = s.appPair(id)
				}
			}
		}
	}
}

// appPair answers of which policies an application (folded) is a target.
func (s *Set) appPair(app string) pair {
	a := &s.appRules
	in, out := pair{a.all.clone(), a.all.clone()}, newPair(s.n)
	for token, b := range a.incl {
		switch s.catalog.covers(token, app, s.t.Directory) {
		case True:
			in.or(pair{b, b})
		case Unknown:
			in.may.or(b)
		default:
		}
	}
	for token, b := range a.excl {
		switch s.catalog.covers(token, app, s.t.Directory) {
		case True:
			out.or(pair{b, b})
		case Unknown:
			out.may.or(b)
		default:
		}
	}
	if len(a.filter) > 0 {
		attrs := appAttributes(s.t.Directory, app)
		for _, f := range a.filter {
			t := Unknown
			if f.rule != nil {
				t = f.rule.root.eval(attributes(attrs))
			}
			if f.exclude {
				out.add(f.policy, t)
			} else {
				in.add(f.policy, t)
			}
		}
	}
	return in.less(out)
}

func appAttributes(dir *directory.Directory, app string) jsondoc.Value {
	if dir == nil {
		return jsondoc.Value{}
	}
	sp, ok := dir.ServicePrincipal(app)
	if !ok {
		return jsondoc.Value{}
	}
	return sp.Body.Get("customSecurityAttributes")
}

// mask reads a list of words into classes 1..n of a dimension.
type mask struct {
	set      bool
	yes, may uint16
}

func (s *Set) table(to []pair, of func(*Policy) mask) {
	n := len(to) - 1
	every := uint16(1<<(n+1)) - 2
	for c := range to {
		to[c] = newPair(s.n)
	}
	for i, p := range s.policies {
		m := of(p)
		if !m.set {
			m.yes, m.may = every, every
		}
		m.may |= m.yes
		for c := 1; c <= n; c++ {
			switch {
			case m.yes&(1<<c) != 0:
				to[c].add(i, True)
			case m.may&(1<<c) != 0:
				to[c].add(i, Unknown)
			}
		}
		switch {
		case m.yes&every == every:
			to[0].add(i, True)
		case m.may&every != 0:
			to[0].add(i, Unknown)
		}
	}
}

func maskOf[T ~uint8](words []string, parse func(string) (T, bool)) mask {
	m := mask{set: len(words) > 0}
	for _, w := range words {
		if v, ok := parse(w); ok {
			m.yes |= 1 << v
		}
	}
	return m
}

func (s *Set) compileMasks() {
	s.table(s.client[:], clientMask)
	s.table(s.platform[:], platformMask)
	for i, of := range []func(*Conditions) []string{
		func(c *Conditions) []string { return c.SignInRisk }, func(c *Conditions) []string { return c.UserRisk },
		func(c *Conditions) []string { return c.WorkloadRisk }, func(c *Conditions) []string { return c.AgentRisk },
	} {
		s.table(s.risk[i][:], func(p *Policy) mask { return maskOf(of(&p.Conditions), ParseRisk) })
	}
	s.table(s.insider[:], func(p *Policy) mask { return maskOf(p.Conditions.InsiderRisk, ParseInsiderRisk) })
	s.table(s.flow[:], func(p *Policy) mask { return maskOf(p.Conditions.TransferMethods, ParseFlow) })
}

func clientMask(p *Policy) mask {
	words := p.Conditions.ClientAppTypes
	if index(words, "all") >= 0 {
		return mask{}
	}
	m := maskOf(words, ParseClientApp)
	for _, w := range words {
		if strings.EqualFold(w, "easSupported") || strings.EqualFold(w, "easUnsupported") { // of some platforms only
			m.may |= 1 << ActiveSync
		}
	}
	return m
}

func platformMask(p *Policy) mask {
	c := p.Conditions.Platforms
	if c == nil {
		return mask{}
	}
	const every = 1<<(OtherPlatform+1) - 2
	in, out := maskOf(c.Include, ParsePlatform), maskOf(c.Exclude, ParsePlatform)
	if index(c.Include, "all") >= 0 {
		in.yes = every
	}
	if index(c.Exclude, "all") >= 0 {
		out.yes = every
	}
	m := mask{set: true, yes: in.yes &^ out.yes}
	if len(c.Include) == 0 { // Graph asks for an include list: what its absence means is not documented
		m.may = every &^ out.yes
	}
	return m
}

func (s *Set) compileDevices() {
	d := &s.device
	d.none = pair{s.all.clone(), s.all.clone()}
	byText := map[string]int{}
	add := func(r *Rule, policy int, exclude bool) {
		k := r.String()
		i, ok := byText[k]
		if !ok {
			i = len(d.rules)
			byText[k] = i
			d.rules = append(d.rules, deviceRuleSet{r, newSet(s.n), newSet(s.n)})
		}
		if exclude {
			d.rules[i].exclude.add(policy)
		} else {
			d.rules[i].include.add(policy)
		}
	}
	for i, p := range s.policies {
		c := p.Conditions.Devices
		if c == nil {
			continue
		}
		d.used = true
		if c.Filter != nil && c.Filter.Rule != nil {
			add(c.Filter.Rule, i, c.Filter.Exclude)
		}
		if r := stateRule(c.States.Include); r != nil {
			add(r, i, false)
		}
		if r := stateRule(c.States.Exclude); r != nil {
			add(r, i, true)
		}
	}
}

// stateRule states the retired device state condition as a rule; nil where it
// constrains nothing.
func stateRule(words []string) *Rule {
	var parts []string
	for _, w := range words {
		switch fold(w) {
		case "compliant":
			parts = append(parts, "device.isCompliant -eq True")
		case "domainjoined":
			parts = append(parts, `device.trustType -eq "ServerAD"`)
		case "all":
			return nil
		}
	}
	if len(parts) == 0 {
		return nil
	}
	slices.Sort(parts)
	r, _ := ParseDeviceFilter(strings.Join(parts, " -or "))
	return r
}
