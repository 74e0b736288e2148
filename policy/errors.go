package policy

import (
	"fmt"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// Stage says where a definition fails.
type Stage string

// The stages, in order.
const (
	StageParse    Stage = "parse"    // the JSON is no policy: shape, conditions, syntax of expressions
	StageCompile  Stage = "compile"  // names, argument counts, parameters
	StageEvaluate Stage = "evaluate" // an expression that fails on this resource, or a limit
)

// StageOf returns the stage that a diagnostic of this package belongs to.
func StageOf(d diag.Diagnostic) Stage {
	switch {
	case strings.HasPrefix(d.Code, "POL00"), strings.HasPrefix(d.Code, "ARM00"):
		return StageParse
	case strings.HasPrefix(d.Code, "POL03"), strings.HasPrefix(d.Code, "ARM02"):
		return StageEvaluate
	}
	return StageCompile
}

func problem(code string, at diag.Span, hint, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Code: code, Span: at, Hint: hint, Message: fmt.Sprintf(format, args...)}
}

// Parse stage.

func errNoRule(at diag.Span) diag.Diagnostic {
	return problem("POL0001", at, "a definition has policyRule, a rule has if and then", "no policyRule is in this definition")
}

func errShape(at diag.Span, what, want string) diag.Diagnostic {
	return problem("POL0002", at, "", "%s is expected to be %s", what, want)
}

func errMissing(at diag.Span, where, name string) diag.Diagnostic {
	return problem("POL0003", at, "", "%s needs %q", where, name)
}

func errUnknownKey(at diag.Span, key, near string) diag.Diagnostic {
	hint := ""
	if near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return problem("POL0004", at, hint, "%q is neither a condition nor an operand", key)
}

func errExtraKeys(at diag.Span, op, other string) diag.Diagnostic {
	return problem("POL0005", at, "put the other condition into an allOf", "%q stands beside %q; a logical operator stands alone", other, op)
}

func errSeveral(at diag.Span, what, a, b string) diag.Diagnostic {
	return problem("POL0006", at, "", "a condition has one %s; here are %q and %q", what, a, b)
}

func errTooDeep(at diag.Span) diag.Diagnostic {
	return problem("POL0007", at, "", "conditions nest deeper than %d levels", MaxDepth)
}

func errTooLarge(at diag.Span) diag.Diagnostic {
	return problem("POL0008", at, "", "a rule of more than %d conditions", MaxConditions)
}

func errCountField(at diag.Span, field string) diag.Diagnostic {
	return problem("POL0009", at, "end it in [*] to count the elements", "count takes an array alias, not %q", field)
}

// Compile stage.

func errNoParameter(at diag.Span, name, near string) diag.Diagnostic {
	hint := ""
	if near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return problem("POL0101", at, hint, "no parameter is named %q", name)
}

func errParameterKind(at diag.Span, name, want, got string) diag.Diagnostic {
	return problem("POL0102", at, "", "parameter %q is of type %s; the value given is %s", name, want, got)
}

func errNotAllowed(at diag.Span, name, value, allowed string) diag.Diagnostic {
	return problem("POL0103", at, "allowed are "+allowed, "parameter %q does not allow the value %s", name, value)
}

func errEffect(at diag.Span, name string) diag.Diagnostic {
	return problem("POL0104", at, "effects are audit, deny, auditIfNotExists, deployIfNotExists, modify, append, denyAction, manual, disabled and those of the provider modes", "no effect is called %q", name)
}

func errEffectExpression(at diag.Span) diag.Diagnostic {
	return problem("POL0105", at, "", "the effect is expected to be a text, or an expression of parameters only")
}

func errDetails(at diag.Span, effect, what string) diag.Diagnostic {
	return problem("POL0106", at, "", "the details of %s need %s", effect, what)
}

func errOperation(at diag.Span, name string) diag.Diagnostic {
	return problem("POL0107", at, "operations are add, addOrReplace and remove", "no operation is called %q", name)
}

func errNotModifiable(at diag.Span, alias string) diag.Diagnostic {
	return problem("POL0108", at, "", "the alias %q cannot be modified", alias)
}

func errCurrent(at diag.Span, name string) diag.Diagnostic {
	return problem("POL0109", at, "", "current(%s) stands in no count of that name", name)
}

func errCyclic(at diag.Span, name string) diag.Diagnostic {
	return problem("POL0110", at, "", "the default of parameter %q refers to itself", name)
}

func errFieldName(at diag.Span, name string) diag.Diagnostic {
	return problem("POL0111", at, "", "%q is no field: a name such as type, tags['x'] or an alias is expected", name)
}

// Evaluate stage.

// codeBudget is the code of an evaluation that was given up.
const codeBudget = "POL0301"

func errOrder(at diag.Span, op, subject string, v, want jsondoc.Value) diag.Diagnostic {
	return problem("POL0303", at, "guard it with a condition on the type", "%s cannot compare %s, which is %s, with %s", op, subject, shortValue(v), shortValue(want))
}

// shortValue is a value as a diagnostic names it.
func shortValue(v jsondoc.Value) string {
	text := []rune(v.String())
	if len(text) > 40 {
		text = append(text[:39], '…')
	}
	return string(text)
}

func errBudget(at diag.Span) diag.Diagnostic {
	return problem(codeBudget, at, "", "the evaluation took more than %d steps and was given up", MaxSteps)
}
