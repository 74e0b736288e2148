// Package assign is what organizations do with policy definitions: initiatives
// that group them, assignments that put them on scopes, exemptions that take
// resources out, attestations that answer for manual policies, and the
// compliance that comes of it all.
//
// # How to start
//
//	lib := assign.NewLibrary()
//	lib.AddInventory(inv)                              // what the tenant has
//	lib.Add(doc, src)                                  // definitions and initiatives from files
//	plan, diags := assign.NewPlan(lib, assign.Assignments(inv), assign.Options{
//		Inventory: inv, Now: now, Exemptions: assign.Exemptions(inv), Attestations: assign.Attestations(inv),
//	})
//	ev := plan.Evaluator()                             // one for each goroutine
//	for r := range inv.All() {
//		for _, v := range ev.Evaluate(r) { ... }       // by assignment and member
//	}
//	adm := ev.Request(body)                            // what a create or update would meet: denied, changed
//
// For a what-if, make an [Assignment] by hand ([New]) and plan it alone.
// [Tally] and [Rollup] sum verdicts up as Azure does, with Unknown kept apart.
//
// Reading files is left to internal/app.
package assign
