package posture

import (
	"strings"
	"testing"

	"github.com/azward/azward/finding"
)

// Three tenants that were scored by hand from "Secure score in Microsoft Defender
// for Cloud" and "Exempt resources from recommendations": the sums are in the
// comments. A line is a subscription's resource and what recommendations found
// on it: + healthy, - unhealthy, ? unknown, 0 not applicable; m and w exempt what
// is unhealthy as mitigated and as a waiver.
func TestScoresWorkedOutByHand(t *testing.T) {
	type control struct {
		name    string
		current float64
		max     int
	}
	for _, c := range []struct {
		name                                     string
		recommendations                          map[string]Recommendation
		resources                                []string
		current, percentage, before, worst, best float64
		max                                      int
		controls                                 []control
	}{
		{
			name: "exemptions, gaps and what does not apply",
			recommendations: map[string]Recommendation{
				"a": {Control: mfa}, "b": {Control: "Enable encryption at rest"}, "c": {Control: "Enable encryption at rest"},
				"d": {Control: "Protect applications against DDoS attacks"}, "e": {Control: "Implement security best practices"},
			},
			resources: []string{
				"s u1 a+", "s u2 a-", "s u3 a0", // 10 x 1/2 = 5
				"s r4 b+ c- e-", // passes one and fails one: unhealthy
				"s r5 b+ c?",    // passes what is known: left out
				"s r6 b+ c0",    // healthy
				"s r7 bm",       // mitigated: healthy
				"s r8 bw",       // a waiver: left out; 4 x 2/3 = 2.67
				"s n1 d0",       // nothing was assessed: neither side
			},
			current: 7.67, max: 14, percentage: 0.5479, // (5 + 2.67) / (10 + 4)
			before: 0.4286, // 4 x 1/4 = 1; 6/14
			worst:  0.5,    // r5 unhealthy: 4 x 2/4 = 2; 7/14
			best:   0.5714, // r5 healthy: 4 x 3/4 = 3; 8/14
			controls: []control{
				{mfa, 5, 10}, {"Enable encryption at rest", 2.67, 4}, {"Protect applications against DDoS attacks", 0, 0}, {"Implement security best practices", 0, 0},
			},
		},
		{
			name: "machines in several controls, each its own account",
			recommendations: map[string]Recommendation{
				"p": {Control: "Secure management ports"}, "u": {Control: "Apply system updates"}, "e": {Control: "Enable endpoint protection"},
			},
			resources: []string{"s vm1 p- u+ e+", "s vm2 p+ u-", "s vm3 p+"},
			current:   10.33, max: 16, percentage: 0.6456, // 8 x 2/3 = 5.33, 6 x 1/2 = 3, 2 x 1/1 = 2; 10.33/16
			before: 0.6456, worst: 0.6456, best: 0.6456,
			controls: []control{{"Secure management ports", 5.33, 8}, {"Apply system updates", 3, 6}, {"Enable endpoint protection", 2, 2}},
		},
		{
			name: "two subscriptions; preview and custom ones do not count",
			recommendations: map[string]Recommendation{
				"a": {Control: access}, "l": {Control: logs}, "t": {Control: "Encrypt data in transit"},
				"v": {Control: access, Preview: true}, "x": {Control: access, Custom: true},
			},
			resources: []string{
				"one r1 a+", "one r2 a+", "one r3 a+ v-", "one r4 a-", // 4 x 3/4 = 3
				"one r5 l+", "one r6 l-", "one r7 l-", // 1 x 1/3 = 0.33; 3.33/5 = 0.6660, weight 7
				"two s1 a+ x-", "two s2 a-", // 4 x 1/2 = 2
				"two s3 t+", "two s4 t+", "two s5 t+", "two s6 t+", "two s7 t+", "two s8 t-", // 4 x 5/6 = 3.33; 5.33/8 = 0.6663, weight 8
			},
			current: 6, max: 9, percentage: 0.6662, // (7 x 0.6660 + 8 x 0.6663) / 15; 0.6662 x 9 = 6.00
			before: 0.6662, worst: 0.6662, best: 0.6662,
			controls: []control{{access, 2.67, 4}, {logs, 0.33, 1}, {"Encrypt data in transit", 3.33, 4}}, // 4 x 4/6 = 2.67 over both
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b factsBuilder
			scopes, recs := map[string]int{}, map[string]int{}
			for _, line := range c.resources {
				words := strings.Fields(line)
				if _, ok := scopes[words[0]]; !ok {
					scopes[words[0]] = b.scope(words[0])
				}
				r := b.resource(scopes[words[0]])
				for _, w := range words[2:] {
					name := w[:1]
					if _, ok := recs[name]; !ok {
						rec := c.recommendations[name]
						rec.ID = name
						recs[name] = b.recommendation(rec)
					}
					state := map[byte]finding.State{'+': finding.Compliant, '-': finding.NonCompliant, 'm': finding.NonCompliant, 'w': finding.NonCompliant, '?': finding.Unknown, '0': finding.NotApplicable}[w[1]]
					b.say(r, recs[name], state, map[byte]Category{'m': Mitigated, 'w': Waiver}[w[1]])
				}
			}
			s := Calculate(b.Facts)
			if s.Current != c.current || s.Max != c.max || s.Percentage != c.percentage || s.BeforeExemptions != c.before || s.Unknown.Worst != c.worst || s.Unknown.Best != c.best {
				t.Errorf("score %v of %v = %v, before exemptions %v, %v to %v; want %v of %v = %v, %v, %v to %v",
					s.Current, s.Max, s.Percentage, s.BeforeExemptions, s.Unknown.Worst, s.Unknown.Best, c.current, c.max, c.percentage, c.before, c.worst, c.best)
			}
			for _, want := range c.controls {
				if got := controlOf(t, s, want.name); got.Current != want.current || got.Max != want.max {
					t.Errorf("%s: %v of %v, want %v of %v", want.name, got.Current, got.Max, want.current, want.max)
				}
			}
		})
	}
}
