package app

import (
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/policy/assign"
	"github.com/azward/azward/resource"
)

// ExplainOptions say what is explained.
type ExplainOptions struct {
	Document   *assign.Document
	Parameters jsondoc.Value // values by name, plain or as {"value": ...}
	Aliases    *policy.Aliases
	Inventory  *inventory.Inventory // of the resource; nil where it stands alone
	Resource   *resource.Resource
	Related    []*resource.Resource // in place of the inventory's; nil where it answers
	Now        time.Time
}

// Clause is a condition of a rule with what it saw: [policy.Explanation] for
// people and other tools.
type Clause struct {
	Kind     string        `json:"kind"`
	Text     string        `json:"text"`
	Operator string        `json:"operator,omitempty"`
	Wanted   jsondoc.Value `json:"wanted,omitzero"`
	Found    jsondoc.Value `json:"found,omitzero"`
	Outcome  finding.Truth `json:"outcome"`
	Missing  []string      `json:"missing,omitempty"`
	Pointer  string        `json:"pointer"`
	Line     int           `json:"line,omitempty"`
	Column   int           `json:"column,omitempty"`
	Clauses  []Clause      `json:"clauses,omitempty"`
}

// RelatedClauses is the existenceCondition of a definition on one related resource.
type RelatedClauses struct {
	ResourceID string `json:"resourceId"`
	Clause     Clause `json:"existenceCondition"`
}

// PolicyExplanation is a definition on a resource, clause by clause.
type PolicyExplanation struct {
	Definition *policy.Definition
	Outcome    policy.Outcome
	Rule       Clause
	Overlooked string // why it does not look at the resource, though its rule may hold; "" where it does
	// RelatedType is what an if-not-exists effect looks for; "" for other effects.
	RelatedType string
	Related     []RelatedClauses
}

// maxExplained bounds how many related resources are explained.
const maxExplained = 20

// ExplainPolicy evaluates every condition of a definition on a resource.
func ExplainPolicy(o *ExplainOptions) (*PolicyExplanation, diag.List) {
	def, diags := policy.Compile(o.Document.Doc, policy.CompileOptions{Parameters: o.Parameters, Aliases: o.Aliases, Source: o.Document.Source})
	if def == nil {
		return nil, diags
	}
	inv := o.Inventory
	if inv != nil && usesFacts(def) {
		inv = withFacts(inv, o.Now)
		if r, ok := inv.Get(o.Resource.ID); ok {
			o.Resource = r
		}
	}
	ev := policy.NewEvaluator(policy.Options{Inventory: inv, Related: o.Related, Now: o.Now})
	x := &PolicyExplanation{Definition: def, Outcome: ev.Decide(def, o.Resource)}
	x.Rule = clauseOf(ev.Explain(def, o.Resource), o.Document.Source)
	if x.Overlooked = PolicyOverlooks(def, o.Resource, inv); x.Overlooked != "" {
		x.Outcome = policy.Outcome{Effect: def.Effect, Result: policy.Result{Verdict: finding.Verdict{State: finding.NotApplicable}}}
		return x, diags
	}
	details := def.Rule().Path("then", "details")
	if def.Effect != policy.AuditIfNotExists && def.Effect != policy.DeployIfNotExists || x.Outcome.Match == finding.False {
		return x, diags
	}
	x.RelatedType = details.Get("type").TextOr("")
	for _, r := range o.candidates(inv, x.RelatedType) {
		if len(x.Related) == maxExplained {
			break
		}
		if e := ev.ExplainExistence(def, o.Resource, r); e != nil {
			x.Related = append(x.Related, RelatedClauses{r.ID.String(), clauseOf(e, o.Document.Source)})
		}
	}
	return x, diags
}

// candidates lists the related resources of a type that are near a resource:
// below it, or in its resource group, or in its subscription.
func (o *ExplainOptions) candidates(inv *inventory.Inventory, typ string) []*resource.Resource {
	if o.Related != nil || inv == nil {
		return slices.DeleteFunc(slices.Clone(o.Related), func(r *resource.Resource) bool { return r.Type != "" && !strings.EqualFold(r.Type, typ) })
	}
	scopes := []resource.ID{o.Resource.ID}
	if sub := o.Resource.ID.Subscription(); sub != "" {
		texts := []string{"/subscriptions/" + sub}
		if group := o.Resource.ID.ResourceGroup(); group != "" {
			texts = []string{"/subscriptions/" + sub + "/resourceGroups/" + group, "/subscriptions/" + sub}
		}
		for _, text := range texts {
			if id, err := resource.ParseID(text); err == nil {
				scopes = append(scopes, id)
			}
		}
	}
	for _, scope := range scopes {
		if list := slices.Collect(inv.Under(scope, typ)); len(list) > 0 {
			return list
		}
	}
	return nil
}

func clauseOf(x *policy.Explanation, src *diag.Source) Clause {
	c := Clause{
		Kind: x.Kind, Text: x.Text, Operator: x.Operator, Wanted: x.Wanted, Found: x.Found, Outcome: x.Truth, Missing: x.Missing, Pointer: x.Pointer,
	}
	if src != nil {
		at := src.Position(x.Offset)
		c.Line, c.Column = at.Line, at.Column
	}
	for _, k := range x.Kids {
		kid := clauseOf(k, src)
		if k.Kind == "element" { // it stands in the resource; its place is the count's
			kid.Line, kid.Column = c.Line, c.Column
		}
		c.Clauses = append(c.Clauses, kid)
	}
	return c
}

// usesFacts tells whether a definition reads what azward derives.
func usesFacts(def *policy.Definition) bool {
	return slices.ContainsFunc(def.Aliases(), func(u policy.FieldUse) bool { return strings.Contains(lower(u.Name), "/azward.") })
}

// withFacts returns the inventory with what the analysers derive of it.
func withFacts(inv *inventory.Inventory, now time.Time) *inventory.Inventory {
	s := &session{o: &Options{Now: now}, inv: inv}
	s.deriveFacts()
	return s.inv
}
