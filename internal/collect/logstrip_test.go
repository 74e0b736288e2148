package collect

import (
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/jsondoc"
)

// FuzzStrip strips texts that claim to be events: nothing that is not listed may
// be left, whatever its shape.
func FuzzStrip(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"claims":"{\"secret\":1}","httpRequest":[],"properties":null}`, `{"claims":{"appid":"a","uti":"secret"},"httpRequest":{"uri":"secret","method":"PUT"},"authorization":{"evidence":{"x":"secret"}}}`,
		`{"properties":{"requestbody":"secret","entity":"e","ENTITY":"f"}}`, `{"targetResources":[{"modifiedProperties":[{"displayName":"Strong Authentication Method","newValue":"secret"}]},1,null]}`,
		`{"additionalDetails":[{"key":"Refresh-Token","value":"secret"},"secret"],"status":{"errorCode":0},"mfaDetail":{"authDetail":"secret"}}`,
	} {
		f.Add(seed)
	}
	listed := map[string][]string{
		"claims": append(slices.Clone(activityClaims), ""), "httpRequest": {"clientIpAddress", "clientRequestId", "method"}, "properties": {"entity", "eventCategory", "hierarchy", "message", "statusCode"},
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := jsondoc.ParseString(text)
		if err != nil || v.Kind() != jsondoc.Object {
			return
		}
		for _, strip := range []func(jsondoc.Value) jsondoc.Value{stripActivity, stripSignIn, stripAudit} {
			out := strip(v)
			if again := strip(out); again.String() != out.String() {
				t.Errorf("%s is stripped further to %s", out, again)
			}
		}
		out := stripActivity(v)
		for member, names := range listed {
			e := out.Get(member)
			if e.Exists() && e.Kind() != jsondoc.Object {
				t.Errorf("%s is %s", member, e)
			}
			for name := range e.Members() {
				if !slices.Contains(names, name) {
					t.Errorf("%s of %s is left", name, member)
				}
			}
		}
		for _, t2 := range stripAudit(v).Get("targetResources").Elements() {
			for _, p := range t2.Get("modifiedProperties").Elements() {
				if name := strings.ToLower(strings.ReplaceAll(jsonText(p, "displayName"), " ", "")); hidden(name) && p.Get("newValue").Exists() && !strings.Contains(jsonText(p, "newValue"), "left out") {
					t.Errorf("%s is left", p)
				}
			}
		}
	})
}
