package app

import (
	"testing"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Graph writes "authenticationStrength": null where a policy asks for none: such
// a policy enforces nothing for its context.
func TestContextEnforced(t *testing.T) {
	const context = `"conditions":{"applications":{"includeAuthenticationContextClassReferences":["c2"]}}`
	for name, c := range map[string]struct {
		policy string
		state  inventory.State
		want   finding.Truth
	}{
		"a control":                  {`{"id":"p","state":"enabled","grantControls":{"builtInControls":["mfa"],"authenticationStrength":null},` + context + `}`, inventory.Complete, finding.True},
		"a strength":                 {`{"id":"p","state":"enabled","grantControls":{"builtInControls":[],"authenticationStrength":{"id":"s"}},` + context + `}`, inventory.Complete, finding.True},
		"no control":                 {`{"id":"p","state":"enabled","grantControls":{"builtInControls":[],"authenticationStrength":null,"termsOfUse":[]},` + context + `}`, inventory.Complete, finding.False},
		"only session controls":      {`{"id":"p","state":"enabled","grantControls":null,` + context + `}`, inventory.Complete, finding.False},
		"only reported":              {`{"id":"p","state":"enabledForReportingButNotEnforced","grantControls":{"builtInControls":["mfa"]},` + context + `}`, inventory.Complete, finding.False},
		"a control of another maker": {`{"id":"p","state":"enabled","grantControls":{"builtInControls":[],"customAuthenticationFactors":["x"]},` + context + `}`, inventory.Complete, finding.True},
		"blocked":                    {`{"id":"p","state":"enabled","grantControls":{"builtInControls":["block"]},` + context + `}`, inventory.Complete, finding.True},
		"found, and others not read": {`{"id":"p","state":"enabled","grantControls":{"builtInControls":["mfa"]},` + context + `}`, inventory.Partial, finding.True},
		"a state that nobody knows":  {`{"id":"p","state":"sometimes","grantControls":{"builtInControls":["mfa"]},` + context + `}`, inventory.Complete, finding.Maybe},
		"policies not read":          {`{"id":"p","state":"disabled"}`, inventory.Denied, finding.Maybe},
	} {
		body, err := jsondoc.ParseString(c.policy)
		if err != nil {
			t.Fatal(err)
		}
		r, err := resource.NewGraph("conditionalAccessPolicies", body, resource.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		b := inventory.NewBuilder()
		b.Add(r)
		b.Cover(inventory.Entry{Type: "Microsoft.Graph/conditionalAccessPolicies", Scope: "/", State: c.state})
		if got := NewAccess(b.Build()).contextEnforced("c2"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
