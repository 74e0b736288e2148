// Package arm is Azure Resource Manager's template expression language, which
// templates and Azure Policy share: "[concat('a', parameters('b'))]".
//
// # How to start
//
//	expr, diags := arm.Parse(text)          // text of a JSON string, escapes resolved
//	prog, diags := arm.Compile(expr, arm.Options{Dialect: arm.Template})
//	value, err := prog.Eval(arm.NewEnv(scope))
//
// [Parse] decides by ARM's rule whether a string is an expression at all
// ([Expr.Literal]) and keeps a byte span for every node. [Compile] checks
// names and argument counts against the function table ([Functions]), folds
// what is constant and returns a tree of closures. [Program.Eval] runs it.
//
// # What the user of the package supplies
//
// Everything that needs to know where the expression stands comes through the
// small [Scope] interface: parameters, variables, and every function whose row
// in the table is marked Host (resourceGroup, reference, copyIndex, field,
// list*, ...) as well as user-defined functions ("contoso.name"). A Scope that
// does not offer a function returns [ErrNoFunction].
//
// # Unknown
//
// A [Value] is a jsondoc.Value, or Unknown with the reasons why it cannot be
// known (reference() before deployment, a property that was not read). Unknown
// propagates: a function with an Unknown argument is Unknown, except where the
// answer does not depend on it (if, and, or, coalesce, createObject's other
// members). Inside objects and arrays an Unknown is kept as a hole
// ([Hole], [FromDoc]), so that the known parts beside it stay known. An Unknown is
// never an error and an error is never Unknown.
//
// # Limits
//
// [MaxLength], [MaxDepth], [MaxSteps], [MaxText] and [MaxItems] bound what hostile text can cost.
//
// What this package leaves to others: copy loops, resources and scopes of a
// template (package template), conditions and aliases (package policy).
package arm
