package posture

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/testdata"
)

// factsBuilder makes facts of counts: one recommendation a control.
type factsBuilder struct{ Facts }

func (b *factsBuilder) scope(name string) int {
	b.Scopes = append(b.Scopes, name)
	return len(b.Scopes) - 1
}

func (b *factsBuilder) recommendation(r Recommendation) int {
	b.Recommendations = append(b.Recommendations, r)
	return len(b.Recommendations) - 1
}

func (b *factsBuilder) resource(scope int) int {
	b.ResourceScope = append(b.ResourceScope, scope)
	return len(b.ResourceScope) - 1
}

// found adds n resources of a scope with one state each.
func (b *factsBuilder) found(scope, rec, n int, s finding.State) {
	for range n {
		b.Results = append(b.Results, Result{Resource: b.resource(scope), Recommendation: rec, State: s})
	}
}

func (b *factsBuilder) say(resource, rec int, s finding.State, e Category) {
	b.Results = append(b.Results, Result{Resource: resource, Recommendation: rec, State: s, Exemption: e})
}

type wantControl struct {
	name                              string
	healthy, unhealthy, notApplicable int
	max                               int
	current, percentage               float64
}

func checkOneSubscription(t *testing.T, want []wantControl, total wantControl) {
	t.Helper()
	var b factsBuilder
	scope := b.scope("s")
	for _, c := range want {
		rec := b.recommendation(Recommendation{ID: c.name, Control: c.name})
		b.found(scope, rec, c.healthy, finding.Compliant)
		b.found(scope, rec, c.unhealthy, finding.NonCompliant)
		b.found(scope, rec, c.notApplicable, finding.NotApplicable)
	}
	s := Calculate(b.Facts)
	if s.Current != total.current || s.Max != total.max || s.Percentage != total.percentage {
		t.Errorf("score = %v of %v, %v; want %v of %v, %v", s.Current, s.Max, s.Percentage, total.current, total.max, total.percentage)
	}
	for _, c := range want {
		found := false
		for _, got := range s.Scopes[0].Controls {
			if got.Name != c.name {
				continue
			}
			found = true
			if got.Current != c.current || got.Max != c.max || got.Percentage != c.percentage ||
				got.Healthy != c.healthy || got.Unhealthy != c.unhealthy || got.NotApplicable != c.notApplicable {
				t.Errorf("%s = %+v, want %+v", c.name, got, c)
			}
		}
		if !found {
			t.Errorf("%s is missing", c.name)
		}
	}
}

func TestPublishedExampleSpec(t *testing.T) {
	text, err := os.ReadFile("testdata/spec/one-subscription.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []wantControl
	var total wantControl
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		number := func(i int) float64 {
			s := strings.TrimSpace(cells[i])
			if s == "" {
				return 0
			}
			f, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			return f
		}
		c := wantControl{strings.TrimSpace(cells[0]), int(number(1)), int(number(2)), int(number(3)), int(number(4)), number(5), number(6)}
		if c.name == "total" {
			total = c
			continue
		}
		want = append(want, c)
	}
	checkOneSubscription(t, want, total)
}

// The page's example of one control: 6 points over 78 resources, 4 of them
// healthy. Source: "Secure score in Microsoft Defender for Cloud", Score
// calculation equations.
func TestOneControlAsOnThePage(t *testing.T) {
	var b factsBuilder
	scope := b.scope("s")
	rec := b.recommendation(Recommendation{ID: "v", Control: "Remediate vulnerabilities"})
	b.found(scope, rec, 4, finding.Compliant)
	b.found(scope, rec, 74, finding.NonCompliant)
	b.found(scope, b.recommendation(Recommendation{ID: "p", Control: "Remediate vulnerabilities", Preview: true}), 9, finding.NonCompliant)
	got := Calculate(b.Facts)
	if len(got.Controls) != 1 || got.Controls[0].Current != 0.31 || got.Controls[0].Max != 6 {
		t.Errorf("%+v", got.Controls)
	}
}

func TestPublishedExampleRecorded(t *testing.T) {
	text, err := os.ReadFile(testdata.File(t, "posture", "secure-score-example.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Controls []struct {
			Name                              string
			DefinitionMax                     int
			Healthy, Unhealthy, NotApplicable int
			Max                               int
			Current, Percentage               float64
		}
		Subscription struct {
			Max                 int
			Current, Percentage float64
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	byID := map[string]Control{}
	for _, c := range Controls() {
		byID[c.ID] = c
	}
	var want []wantControl
	for _, c := range doc.Controls {
		control, ok := byID[c.Name]
		if !ok || control.Max != c.DefinitionMax {
			t.Errorf("control %s of %d points: ours is %+v", c.Name, c.DefinitionMax, control)
		}
		want = append(want, wantControl{control.Name, c.Healthy, c.Unhealthy, c.NotApplicable, c.Max, c.Current, c.Percentage})
	}
	checkOneSubscription(t, want, wantControl{max: doc.Subscription.Max, current: doc.Subscription.Current, percentage: doc.Subscription.Percentage})
}

const (
	mfa    = "Enable MFA"
	net    = "Restrict unauthorized network access"
	logs   = "Enable auditing and logging"
	access = "Manage access and permissions"
)

func controlOf(t *testing.T, s Score, name string) ControlScore {
	t.Helper()
	for _, c := range s.Controls {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no control %q in %+v", name, s.Controls)
	return ControlScore{}
}

// A resource is healthy in a control only if it passes all of the control's
// counting recommendations.
func TestHealthyMeansAllOfAControl(t *testing.T) {
	var b factsBuilder
	scope := b.scope("s")
	one := b.recommendation(Recommendation{ID: "one", Control: net})
	two := b.recommendation(Recommendation{ID: "two", Control: "restrict unauthorized network access"})
	preview := b.recommendation(Recommendation{ID: "preview", Control: net, Preview: true})
	custom := b.recommendation(Recommendation{ID: "custom", Control: net, Custom: true})
	free := b.recommendation(Recommendation{ID: "free"})
	both, half := b.resource(scope), b.resource(scope)
	b.say(both, one, finding.Compliant, NotExempt)
	b.say(both, two, finding.Compliant, NotExempt)
	b.say(half, one, finding.Compliant, NotExempt)
	b.say(half, two, finding.NonCompliant, NotExempt)
	for _, rec := range []int{preview, custom, free} {
		b.say(both, rec, finding.NonCompliant, NotExempt)
	}
	s := Calculate(b.Facts)
	c := controlOf(t, s, net)
	if c.Healthy != 1 || c.Unhealthy != 1 || s.Current != 2 || s.Max != 4 || s.Percentage != 0.5 {
		t.Errorf("score %+v, control %+v; want 1 healthy, 1 unhealthy, 2 of 4", s, c)
	}
	if len(s.Gains) != 1 || s.Gains[0].ID != "two" || s.Gains[0].Points != 2 || s.Gains[0].Percentage != 0.5 {
		t.Errorf("gains = %+v, want two alone, 2 points, half of the score", s.Gains)
	}
}

func TestExemptions(t *testing.T) {
	for _, c := range []struct {
		name               string
		state              finding.State
		exemption          Category
		healthy, unhealthy int
		percentage, before float64
	}{
		{"none", finding.NonCompliant, NotExempt, 1, 1, 0.5, 0.5},
		{"waiver leaves the denominator", finding.NonCompliant, Waiver, 1, 0, 1, 0.5},
		{"mitigated is healthy", finding.NonCompliant, Mitigated, 2, 0, 1, 0.5},
		{"unknown and mitigated is healthy", finding.Unknown, Mitigated, 2, 0, 1, 1},
		{"what does not apply stays so", finding.NotApplicable, Mitigated, 1, 0, 1, 1},
	} {
		var b factsBuilder
		scope := b.scope("s")
		rec := b.recommendation(Recommendation{ID: "r", Control: net})
		b.found(scope, rec, 1, finding.Compliant)
		b.say(b.resource(scope), rec, c.state, c.exemption)
		s := Calculate(b.Facts)
		got := controlOf(t, s, net)
		if got.Healthy != c.healthy || got.Unhealthy != c.unhealthy || s.Percentage != c.percentage || s.BeforeExemptions != c.before {
			t.Errorf("%s: %+v, score %v before %v", c.name, got, s.Percentage, s.BeforeExemptions)
		}
	}
}

func TestUnknownIsNeverHealthy(t *testing.T) {
	var b factsBuilder
	scope := b.scope("s")
	one := b.recommendation(Recommendation{ID: "one", Control: net})
	two := b.recommendation(Recommendation{ID: "two", Control: net})
	b.found(scope, one, 2, finding.Compliant)
	r := b.resource(scope)
	b.say(r, one, finding.Compliant, NotExempt)
	b.say(r, two, finding.Unknown, NotExempt)
	bad := b.resource(scope)
	b.say(bad, one, finding.NonCompliant, NotExempt)
	b.say(bad, two, finding.Unknown, NotExempt)
	s := Calculate(b.Facts)
	c := controlOf(t, s, net)
	if c.Healthy != 2 || c.Unhealthy != 1 || c.Unknown != 1 {
		t.Errorf("control = %+v, want 2 healthy, 1 unhealthy, 1 unknown", c)
	}
	want := UnknownCost{Verdicts: 2, Resources: 1, Worst: 0.5, Best: 0.75}
	if s.Unknown != want {
		t.Errorf("unknown = %+v, want %+v", s.Unknown, want)
	}
}

// Subscriptions weigh by healthy + unhealthy.
func TestSeveralSubscriptions(t *testing.T) {
	var b factsBuilder
	small, large := b.scope("small"), b.scope("large")
	m := b.recommendation(Recommendation{ID: "m", Control: mfa})
	n := b.recommendation(Recommendation{ID: "n", Control: net})
	b.found(small, m, 1, finding.Compliant) // 10 of 10, weight 1
	b.found(large, m, 1, finding.NonCompliant)
	b.found(large, n, 6, finding.Compliant)
	b.found(large, n, 2, finding.NonCompliant) // 3 of 14 = 0.2143, weight 9
	s := Calculate(b.Facts)
	if want := 0.2929; s.Percentage != want { // (1x1 + 9x0.2143) / 10
		t.Errorf("percentage = %v, want %v", s.Percentage, want)
	}
	if s.Scopes[1].Current != 3 || s.Scopes[1].Max != 14 || s.Scopes[1].Weight != 9 || s.Scopes[1].Percentage != 0.2143 {
		t.Errorf("large = %+v", s.Scopes[1])
	}
	if s.Max != 14 || s.Current != 4.1 {
		t.Errorf("score = %v of %v, want 4.1 of 14", s.Current, s.Max)
	}
	// The control's own weights join it: 1 healthy of 2, whatever else the subscriptions hold.
	if got, want := controlOf(t, s, mfa).Current, 5.0; got != want {
		t.Errorf("MFA over both = %v, want %v", got, want)
	}
}

func TestNothingAssessed(t *testing.T) {
	s := Calculate(Facts{})
	if s.Percentage != 0 || s.Max != 0 || len(s.Controls) != 0 {
		t.Errorf("empty score = %+v", s)
	}
	var b factsBuilder
	b.found(b.scope("s"), b.recommendation(Recommendation{ID: "r", Control: logs}), 3, finding.NotApplicable)
	if s := Calculate(b.Facts); s.Max != 0 || controlOf(t, s, logs).NotApplicable != 3 {
		t.Errorf("score = %+v, want a control that adds nothing to either side", s)
	}
}

func TestGainCountsOnlyWhatTurnsHealthy(t *testing.T) {
	var b factsBuilder
	scope := b.scope("s")
	one := b.recommendation(Recommendation{ID: "one", Control: access})
	two := b.recommendation(Recommendation{ID: "two", Control: access})
	b.found(scope, one, 2, finding.Compliant)
	both := b.resource(scope)
	b.say(both, one, finding.NonCompliant, NotExempt)
	b.say(both, two, finding.NonCompliant, NotExempt)
	b.found(scope, one, 1, finding.NonCompliant)
	s := Calculate(b.Facts) // 2 healthy, 2 unhealthy: 2 of 4
	if len(s.Gains) != 2 || s.Gains[0].ID != "one" || s.Gains[0].Points != 1 || s.Gains[0].Alone != 1 || s.Gains[0].Open != 2 {
		t.Errorf("gains = %+v, want one to add 1 point", s.Gains)
	}
	if s.Gains[1].Points != 0 || s.Gains[1].Open != 1 {
		t.Errorf("gains = %+v, want two to add nothing alone", s.Gains)
	}
}

func BenchmarkCalculate(b *testing.B) {
	var f factsBuilder
	const recs, resources = 150, 100_000
	for i := range recs {
		f.recommendation(Recommendation{ID: strconv.Itoa(i), Control: classic[i%len(classic)].Name})
	}
	for i := range 5 {
		f.scope(strconv.Itoa(i))
	}
	for i := range resources {
		r := f.resource(i % 5)
		for k := range 6 {
			f.say(r, (i*7+k)%recs, finding.State(1+(i+k)%3), NotExempt)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		Calculate(f.Facts)
	}
}

func TestSimulatorFixesInTurn(t *testing.T) {
	var b factsBuilder
	scope := b.scope("s")
	one := b.recommendation(Recommendation{ID: "one", Control: access})
	two := b.recommendation(Recommendation{ID: "two", Control: access})
	both := b.resource(scope)
	b.say(both, one, finding.NonCompliant, NotExempt)
	b.say(both, two, finding.NonCompliant, NotExempt)
	b.found(scope, one, 1, finding.Compliant)
	sim := NewSimulator(b.Facts)
	if g := sim.Gain([]int{one}); g != 0 {
		t.Errorf("one alone gains %v, want nothing", g)
	}
	if g := sim.Gain([]int{one, two}); g != 0.5 {
		t.Errorf("both gain %v, want 0.5", g)
	}
	if sim.Fix([]int{one}) != 0 || sim.Fix([]int{two}) != 0.5 || sim.Percentage() != 1 {
		t.Errorf("after both fixes the score is %v, want 1", sim.Percentage())
	}
}

// A directory in which nothing was assessed does not weigh on subscriptions; a
// subscription without weight counts as 1 in the divisor.
func TestEmptyScopes(t *testing.T) {
	var b factsBuilder
	one, empty, directory := b.scope("one"), b.scope("empty"), b.scope("/")
	rec := b.recommendation(Recommendation{ID: "r", Control: net})
	b.found(one, rec, 3, finding.Compliant)
	b.found(directory, rec, 1, finding.Unknown)
	b.Directory = "/"
	if s := Calculate(b.Facts); s.Percentage != 1 || s.Current != 4 || s.Max != 4 {
		t.Errorf("score = %v, %v of %v; want all of it", s.Percentage, s.Current, s.Max)
	}
	b.found(empty, rec, 1, finding.NotApplicable)
	if s := Calculate(b.Facts); s.Percentage != 0.75 {
		t.Errorf("score = %v, want 3x1 / (3+1)", s.Percentage)
	}
}
