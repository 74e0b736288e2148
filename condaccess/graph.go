package condaccess

import (
	"strings"

	"github.com/azward/azward/jsondoc"
)

// DecideAsGraph decides a sign-in as Graph's evaluate takes the request: of a device
// that is told, what is not told is null; and a group of applications, such as
// Office365, is no application to sign in to ("The Conditional Access What If tool").
// The answers are for [Set.GraphAnswer] and [Set.GraphJSON].
func (s *Set) DecideAsGraph(in *SignIn, d *Decision) {
	x := *in
	if x.Device != nil {
		x.Device = x.Device.rest()
	}
	x.App = s.noGroup(x.App)
	x.MoreApps = nil
	for _, a := range in.MoreApps {
		x.MoreApps = append(x.MoreApps, s.noGroup(a))
	}
	s.Decide(&x, d)
}

// noGroup answers an application's id, and a name that no policy has for a group of
// applications.
func (s *Set) noGroup(app string) string {
	switch f := fold(app); {
	case f == "":
		return app
	case s.catalog.group(f) != nil && !strings.Contains(f, "-"), f == tokenAll, f == tokenNone, f == tokenAgentResources:
		return "group " + f
	}
	return app
}

// rest returns the device with all that is not known of it null.
func (d *Device) rest() *Device {
	out := *d
	for i := range out.props {
		out.props[i].known = true
	}
	return &out
}

const reasonNotEnough = "notEnoughInformation"

// GraphAnswer returns the answer as the What If API gives it: a condition that is
// not told or not understood counts as not met, and the reason is the first such.
func (s *Set) GraphAnswer(d *Decision, i int) (applies bool, reason string) {
	if !s.live.has(i) {
		return false, reasonNotEnabled
	}
	for k := range dimCount {
		switch {
		case d.dims[k].yes.has(i):
		case d.dims[k].may.has(i) && k != dimOther:
			return false, reasonNotEnough
		default:
			return false, d.reason(k)
		}
	}
	return true, "notSet"
}

// GraphJSON returns the decision in the shape of Graph's whatIfAnalysisResult
// collection; appliedOnly leaves out policies that do not apply, and disabled
// policies never appear.
func (s *Set) GraphJSON(d *Decision, appliedOnly bool) jsondoc.Value {
	var out []jsondoc.Value
	for i, p := range s.policies {
		applies, reason := s.GraphAnswer(d, i)
		if !s.live.has(i) || appliedOnly && !applies {
			continue
		}
		body := p.Body
		if strings.HasPrefix(p.ID, "SecurityDefaults") {
			body = jsondoc.NewObject(jsondoc.Member{Name: "id", Value: jsondoc.NewString(p.ID)}, jsondoc.Member{Name: "displayName", Value: jsondoc.NewString(p.DisplayName)})
		}
		out = append(out, body.With("policyApplies", jsondoc.NewBool(applies)).With("analysisReasons", jsondoc.NewString(reason)))
	}
	return jsondoc.NewObject(
		jsondoc.Member{Name: "@odata.context", Value: jsondoc.NewString("https://graph.microsoft.com/v1.0/$metadata#Collection(microsoft.graph.whatIfAnalysisResult)")},
		jsondoc.Member{Name: "value", Value: jsondoc.NewArray(out...)})
}
