// Package lint looks for what is wrong with Azure Policy definitions and
// initiatives beyond what keeps them from compiling: conditions that can never
// hold or always do, [*] that does not mean what it seems to, aliases that do
// not exist, parameters nobody uses, effects that cannot take place.
//
// # How to start
//
//	remarks := lint.Definition(doc, src, lint.Options{Aliases: aliases})
//	for _, d := range remarks { ... }       // code, severity, message, hint, line and column
//
// [Checks] is the table of what is looked for; a remark's code is in it, or
// belongs to package policy or arm where the definition does not compile.
//
// # How conditions are judged
//
// Every condition on a scalar field allows a set of values of that field: some,
// or all but some, with "absent" as a value of its own (set.go). Walking down
// the rule, allOf narrows the sets and anyOf joins them (reach.go); a condition
// that leaves nothing can never hold there, and one whose negation leaves
// nothing always does. What depends on parameters, on patterns or on arrays
// narrows nothing: a remark is never a guess.
package lint
