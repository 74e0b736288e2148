// Package policy is Azure Policy: it compiles policy definitions, unmodified,
// and answers what each of them says of a resource.
//
// # How to start
//
//	doc, err := jsondoc.Parse(text)                        // a definition, with or without its envelope, or a bare rule
//	def, diags := policy.Compile(doc, policy.CompileOptions{Source: diag.NewSource("audit.json", string(text))})
//	if diags.HasErrors() { ... }                           // code, line, column, stage (policy.StageOf)
//	ev := policy.NewEvaluator(policy.Options{Inventory: inv, Now: now})
//	v := ev.Evaluate(def, res)                             // state, the clauses that decided it, what is missing
//	out := ev.Decide(def, res)                             // and the effect with its details: deployment, changed resource
//	tree := ev.Explain(def, res)                           // every clause with the value that it saw
//
// [Compile] checks a definition once and turns it into a tree of closures over
// jsondoc values. A [Definition] is immutable and may be used by many
// goroutines; an [Evaluator] holds the scratch memory of one goroutine.
// For many definitions on many resources compile them with one [Names], make
// them a [Set], and ask its evaluators for the states; reasons can be had
// afterwards. [NewIndex] alone picks the definitions that can match a type.
//
// # Three truths
//
// A condition is true, false, or not known. What was not read
// ([inventory.Inventory.Unread]), a related type that was not listed, an
// expression that fails, a mode whose objects no inventory holds: all give
// Unknown with what is missing, never a guess. An [Evaluator] without an
// inventory takes the resource as it is for whole and knows of no related
// resources, unless [Options.Related] gives them.
//
// # Fields and aliases
//
// An alias is read by one rule (alias.go): walk its segments through the body,
// at each step looking into properties where the name is not there, and pass
// over the segments that only say which kind of object is meant. A short table
// holds the exceptions. [ParseAliases] reads a tenant's own list, which wins.
// Resources whose properties were lifted to the top read as well.
//
// # What lives elsewhere
//
// Initiatives, assignments, exemptions and compliance are package policy/assign; reading them from disk is internal/app's.
package policy
