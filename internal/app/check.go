package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/network"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
	"github.com/azward/azward/template"
)

// CheckOptions say what to check before it is deployed, and by what.
type CheckOptions struct {
	Paths      []string          // templates, Terraform plans, and folders of them
	Names      map[string]string // what reports call files of Paths by, where it is not their path
	Parameters string            // a parameter file, for a single template
	Source     string            // a folder of .tf files, for the lines of a plan's resources

	// Baseline is a file with an earlier answer, whose findings are known.
	Baseline string

	// Where a single template is deployed to, as far as that is known.
	Subscription, ResourceGroup, Location string

	Policies   []string // as in Options
	Initiative string
	Controls   string
	States     []finding.State // states that findings list besides NonCompliant

	Now      time.Time
	Version  string
	Progress func(stage string, done, total int)
	Clock    func() time.Time
	Workers  int
}

// Check expands templates and plans and asks of what they would deploy what
// Assess asks of what is deployed. Findings are placed in the file and line that
// decide them. Nothing outside of a template is asked for: a rule about other
// resources has no verdict. What cannot be known before deployment is Unknown.
// The error is for what leaves nothing to check; a file that cannot be expanded
// is among the files with OK false.
func Check(ctx context.Context, o CheckOptions) (*report.Check, error) {
	s := &session{o: &Options{
		Policies: o.Policies, Initiative: o.Initiative, Controls: o.Controls, Now: o.Now, Version: o.Version, Progress: o.Progress, Clock: o.Clock, Workers: o.Workers,
	}}
	s.start = s.o.clock()
	s.last = s.start
	c := &check{session: s, o: &o, by: map[string]declared{}, linked: map[string]bool{}}
	return c.run(ctx)
}

// check carries one check.
type check struct {
	*session
	o     *CheckOptions
	files []deployment
	by    map[string]declared // by key of the resource
	named map[string]asked    // rules that ask for a resource's name or id

	blocks *sources        // of Terraform, where they are given
	linked map[string]bool // files that templates link to
}

// declared is where a resource was declared.
type declared struct {
	e *template.Expansion
	r *template.Resource
}

func (c *check) run(ctx context.Context) (*report.Check, error) {
	var err error
	var known map[baselineKey]bool
	if c.o.Baseline != "" { // before the work
		if known, err = readBaseline(c.o.Baseline); err != nil {
			return nil, err
		}
	}
	if c.files, err = c.readAll(); err != nil {
		return nil, err
	}
	b := inventory.NewBuilder()
	for _, f := range c.files {
		for _, r := range f.expansion.Resources {
			if _, twice := c.by[r.ID.Key()]; !twice {
				c.by[r.ID.Key()] = declared{f.expansion, r}
			}
		}
		f.expansion.AddTo(b)
	}
	c.inv = b.Build()
	c.lap(&c.timings.Load)
	if err := c.loadRules(); err != nil {
		return nil, err
	}
	c.lap(&c.timings.Controls)
	c.deriveFacts()
	c.lap(&c.timings.Facts)
	if err := c.compileRules(); err != nil {
		return nil, err
	}
	c.findNamed()
	c.judgeOf(slices.DeleteFunc(assessed(c.inv), func(r *resource.Resource) bool { _, ok := c.by[r.ID.Key()]; return !ok }))
	if c.results, c.timings.Evaluations, err = evaluate(ctx, c.session.o, c.inv, c.resources, c.rules); err != nil {
		return nil, err
	}
	c.doubtNames()
	c.lap(&c.timings.Evaluate)
	out := c.report()
	if c.o.Baseline != "" {
		sift(out, known)
	}
	c.lap(&c.timings.Judge)
	c.timings.Total = report.Took(c.session.o.clock().Sub(c.start))
	out.Timings = c.timings
	return out, nil
}

func (c *check) report() *report.Check {
	out := &report.Check{
		Tool: report.Tool{Name: "azward", Version: c.o.Version}, GeneratedAt: c.o.Now, Files: []report.CheckedFile{}, Controls: make([]report.Control, len(c.rules)),
		Findings: []report.Finding{}, Unknown: []report.Finding{}, NotAssessed: []report.NotAssessed{}, Notices: []report.Notice{},
	}
	for i := range c.rules {
		out.Controls[i] = c.rules[i].report()
	}
	ordered, _ := c.byRule()
	t := c.teller()
	for _, r := range ordered {
		f := c.placed(t, r)
		control := &out.Controls[r.rule]
		switch f.State {
		case finding.NonCompliant:
			control.NonCompliant++
			out.Findings = append(out.Findings, f)
		case finding.Unknown:
			control.Unknown++
			out.Unknown = append(out.Unknown, f)
		case finding.Compliant:
			control.Compliant++
			if slices.Contains(c.o.States, f.State) {
				out.Findings = append(out.Findings, f)
			}
		case finding.NotApplicable, finding.Exempt:
		}
	}
	for i := range out.Controls {
		out.Controls[i].State = controlState(&out.Controls[i])
	}
	for _, f := range c.files {
		out.Files = append(out.Files, report.CheckedFile{Path: f.name, Kind: f.kind, Resources: len(f.expansion.Resources), OK: f.expansion.OK()})
		for _, m := range f.expansion.NotAssessed {
			n := report.NotAssessed{What: m.What, Type: m.Type, Reason: m.Reason, File: m.File, Line: m.Line}
			if n.Line == 0 && m.Offset > 0 {
				n.Line = f.expansion.Position(m.File, m.Offset).Line
			}
			out.NotAssessed = append(out.NotAssessed, n)
		}
		for _, d := range f.expansion.Diagnostics {
			out.Notices = append(out.Notices, noticeOf(d))
		}
	}
	for _, d := range c.inv.Diagnostics() {
		c.notices = append(c.notices, noticeOf(d))
	}
	out.Notices = append(out.Notices, c.notices...)
	return out
}

// placed is a verdict with its place in the template, and Unknown where it
// rests on what is known only at deployment.
func (c *check) placed(t *teller, r result) report.Finding {
	res := c.resources[r.resource]
	p := c.by[res.ID.Key()]
	f, v := t.finding(r, r.state)
	f.File, f.Address = p.r.File, p.r.Address
	offset := p.r.Offset
	if why := c.named[f.ControlID].unknown(p.r); len(why) > 0 && f.State != finding.Unknown {
		f.State, f.Missing = finding.Unknown, []string{"name"}
		f.Reasons = []string{"name: " + strings.Join(why, "; ")}
	}
	if v != nil {
		if at := decidedAt(res, p.r, v); at > 0 {
			offset = at
		}
		c.doubt(&f, v, p.r)
	}
	switch {
	case p.r.Line > 0:
		f.Line = p.r.Line
		if v != nil && c.blocks != nil {
			if line := c.blocks.attribute(p.r.File, p.r.Line, decidingAttribute(p.r, v)); line > 0 {
				f.Line = line
			}
		}
	case offset > 0 || p.r.Offset > 0:
		pos := p.e.Position(p.r.File, offset)
		f.Line, f.Column = pos.Line, pos.Column
	}
	return f
}

// doubt turns a finding Unknown where it is not known whether its resource is
// deployed or what decided it is; and says why in the template's words.
func (c *check) doubt(f *report.Finding, v *finding.Verdict, r *template.Resource) {
	switch {
	case f.State == finding.NonCompliant && len(r.Uncertain) > 0:
		f.State = finding.Unknown
		f.Missing = []string{"condition"}
		was := strings.Join(f.Reasons, "; ")
		f.Reasons = []string{"whether it is deployed is not known: " + strings.Join(r.Uncertain, "; "), "if it is: " + was}
		return
	case f.State == finding.NonCompliant:
		for _, step := range v.Because {
			path := stepPath(step.Clause)
			if why := r.UnknownAt(path); path != "" && len(why) > 0 && envelopeField(path) {
				f.State = finding.Unknown
				f.Missing = []string{path}
				f.Reasons = []string{path + " is not known: " + strings.Join(why, "; ")}
				return
			}
		}
		return
	case f.State != finding.Unknown:
		return
	}
	var reasons []string
	for _, m := range v.Missing {
		if len(r.Uncertain) > 0 {
			reasons = append(reasons, "whether it is deployed is not known: "+strings.Join(r.Uncertain, "; "))
			break
		}
		path := m
		if i := strings.LastIndexByte(m, '/'); i >= 0 && !strings.Contains(m, " ") {
			path = m[i+1:]
		}
		if why := r.UnknownAt(path); !strings.Contains(m, " ") && len(why) > 0 {
			reasons = append(reasons, path+" is not known before deployment: "+strings.Join(why, "; "))
		}
	}
	if len(reasons) > 0 {
		slices.Sort(reasons)
		f.Reasons = slices.Compact(reasons)
	}
}

// envelopeField tells whether a path is one that conditions read without
// asking whether it was read.
func envelopeField(path string) bool {
	switch head, _, _ := strings.Cut(lower(path), "."); strings.TrimRight(before(head, "["), " ") {
	case "name", "fullname", "tags", "location", "kind", "sku", "identity":
		return true
	}
	return false
}

func before(s, sep string) string {
	head, _, _ := strings.Cut(s, sep)
	return head
}

// stepPath is the path that a clause is about, without its alias's type; "" for
// clauses about something else.
func stepPath(clause string) string {
	clause = strings.TrimPrefix(clause, "count of ")
	subject := before(clause, " ")
	if subject == "exists" || strings.HasPrefix(subject, "[") || strings.EqualFold(subject, "type") {
		return ""
	}
	if i := strings.LastIndexByte(subject, '/'); i >= 0 {
		subject = subject[i+1:]
	}
	return subject
}

// derivedFrom says of facts which property they come from.
func derivedFrom(fact string) string {
	switch name, _, _ := strings.Cut(strings.TrimPrefix(lower(fact), resource.Facts+"."), "["); name {
	case "internetinbound", "attached":
		return "securityRules"
	case "hasnetworksecuritygroup":
		return "networkSecurityGroup"
	}
	return ""
}

// openRule finds the rule of a network security group that lets in what the
// fact internetInbound says.
func openRule(r *resource.Resource, path, want string) int {
	if !strings.HasPrefix(lower(path), "azward.internetinbound[*].") || !strings.EqualFold(r.Type, network.TypeGroup) {
		return 0
	}
	port, err := strconv.ParseUint(want, 10, 16)
	if err != nil {
		return 0
	}
	for _, rule := range network.ReadRules(r, network.Inbound) {
		if rule.Allow && rule.ToPort(uint16(port)) {
			return rule.Offset
		}
	}
	return 0
}

// decidedAt finds in a resource's body what decided a verdict: the value that
// the last clause found, or what of the way to it is there; 0 where it cannot tell.
func decidedAt(r *resource.Resource, t *template.Resource, v *finding.Verdict) int {
	if v.State == finding.Unknown {
		for _, m := range v.Missing {
			if path := stepPath(m + " "); path != "" && !strings.Contains(m, " ") {
				if at := t.OffsetAt(path); at > 0 {
					return at
				}
			}
		}
		return 0
	}
	for _, counts := range []bool{false, true} { // elements say more than how many there are
		for _, step := range slices.Backward(v.Because) {
			path := stepPath(step.Clause)
			if path == "" || strings.HasPrefix(step.Clause, "count of ") != counts {
				continue
			}
			if at := placeOf(r, path, step.Value); at > 0 {
				return at
			}
		}
	}
	return 0
}

// decidingAttribute is the Terraform attribute that decided a verdict.
func decidingAttribute(t *template.Resource, v *finding.Verdict) string {
	for _, m := range v.Missing {
		if a := t.Attribute(stepPath(m + " ")); a != "" && !strings.Contains(m, " ") {
			return a
		}
	}
	for _, step := range slices.Backward(v.Because) {
		if a := t.Attribute(stepPath(step.Clause)); a != "" {
			return a
		}
	}
	return ""
}

// placeOf is the offset of what a path of a clause found.
func placeOf(r *resource.Resource, path, found string) int {
	if strings.HasPrefix(lower(path), resource.Facts+".") {
		if at := openRule(r, path, found); at > 0 {
			return at
		}
		if path = derivedFrom(path); path == "" {
			return 0
		}
	}
	return locate(r.Body, segments(path), found)
}

// locate walks a path as conditions do and returns the offset of what it ends
// at; where it breaks off, of the last value on the way.
func locate(body jsondoc.Value, path []string, want string) int {
	cur := body
	if len(path) > 0 && !inventory.IsEnvelope(path[0]) && body.Get("properties").Exists() && !body.Get(path[0]).Exists() {
		cur = body.Get("properties")
	}
	best := cur.Offset()
	for i, s := range path {
		if s == "[*]" {
			first := jsondoc.Value{}
			for _, e := range cur.Elements() {
				if first.IsMissing() {
					first = e
				}
				if end := follow(e, path[i+1:]); end.Exists() && end.String() == want {
					first = e
					break
				}
			}
			cur = first
		} else {
			next := cur.Get(s)
			if next.IsMissing() {
				next = cur.Get("properties").Get(s)
			}
			cur = next
		}
		if cur.IsMissing() {
			break
		}
		if cur.Offset() > 0 {
			best = cur.Offset()
		}
	}
	return best
}

var errNothing = errors.New("there is neither a template nor a Terraform plan")

// findNamed notes the rules that ask for a name or an id: where that is not
// known, a resource goes by a stand-in, which decides nothing.
func (c *check) findNamed() {
	c.named = map[string]asked{}
	for i := range c.sources {
		if a := asksForName(c.sources[i].body.Get("policyRule"), 0); a != 0 {
			c.named[c.sources[i].id] = a
		}
	}
}

// doubtNames adds the verdicts of rules that ask for a name or an id and passed
// a resource over by its stand-in: whether they apply is not known.
func (c *check) doubtNames() {
	type pair struct{ resource, rule int32 }
	told := map[pair]bool{}
	c.given = map[result]*finding.Verdict{}
	for _, r := range c.results {
		told[pair{r.resource, r.rule}] = true
	}
	defs := make([]*policy.Definition, len(c.rules))
	for i := range c.rules {
		defs[i] = c.rules[i].def
	}
	ix := policy.NewIndex(defs)
	added := false
	for i, r := range c.resources {
		own := c.by[r.ID.Key()].r
		if len((askedName | askedWhole).unknown(own)) == 0 {
			continue
		}
		for _, set := range [2][]int32{ix.Of(r.TypeKey()), ix.Any()} {
			for _, k := range set {
				if len(c.named[c.rules[k].id].unknown(own)) > 0 && !told[pair{int32(i), k}] {
					one := result{resource: int32(i), rule: k, state: finding.Unknown}
					c.results = append(c.results, one)
					c.given[one] = &finding.Verdict{Missing: []string{"name"}}
					added = true
				}
			}
		}
	}
	if added {
		slices.SortStableFunc(c.results, func(a, b result) int { return cmp.Or(cmp.Compare(a.resource, b.resource), cmp.Compare(a.rule, b.rule)) })
	}
}

// asked is what a rule asks of a resource's name.
type asked uint8

const (
	askedName  asked = 1 << iota // the last segment
	askedWhole                   // with those of its parents: fullName, id
)

// unknown says why what is asked is not known before deployment.
func (a asked) unknown(r *template.Resource) []string {
	var out []string
	if a != 0 {
		out = r.UnknownAt("name")
	}
	if a&askedWhole != 0 {
		out = append(out, r.UnknownAt("fullName")...)
	}
	return out
}

func asksForName(v jsondoc.Value, depth int) (out asked) {
	if depth > jsondoc.MaxDepth {
		return askedName | askedWhole
	}
	if s, ok := v.Text(); ok {
		s = lower(s)
		if strings.Contains(s, "field('name')") {
			out |= askedName
		}
		if strings.Contains(s, "field('fullname')") || strings.Contains(s, "field('id')") {
			out |= askedWhole
		}
		return out
	}
	for _, e := range v.Elements() {
		out |= asksForName(e, depth+1)
	}
	for k, e := range v.Members() {
		if lower(k) == "field" {
			switch lower(e.TextOr("")) {
			case "name":
				out |= askedName
			case "fullname", "id":
				out |= askedWhole
			}
		}
		out |= asksForName(e, depth+1)
	}
	return out
}

// segments splits a path; "[*]" becomes a segment of its own.
func segments(path string) []string {
	var out []string
	for s := range strings.SplitSeq(path, ".") {
		for {
			head, rest, found := strings.Cut(s, "[*]")
			if head != "" {
				out = append(out, head)
			}
			if !found {
				break
			}
			out = append(out, "[*]")
			s = rest
		}
	}
	return out
}

// follow walks names from v as conditions do, looking into properties where a
// name is not found; missing behind "[*]".
func follow(v jsondoc.Value, path []string) jsondoc.Value {
	for _, s := range path {
		next := v.Get(s)
		if next.IsMissing() {
			next = v.Get("properties").Get(s)
		}
		v = next
	}
	return v
}
