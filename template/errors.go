package template

import (
	"fmt"
	"strings"

	"github.com/azward/azward/diag"
)

// Codes of the diagnostics of this package. They never change meaning.
const (
	CodeSyntax     = "TPL0001" // the text is not JSON
	CodeShape      = "TPL0002" // a part of the template is not what it must be
	CodeLimit      = "TPL0003" // a limit, which the message names
	CodeExpression = "TPL0004" // an expression cannot be evaluated
	CodeParameter  = "TPL0005" // a parameter's value is not allowed, or not declared
	CodeCycle      = "TPL0006" // variables, parameters or resources that wait for each other
	CodeName       = "TPL0007" // a resource's name does not go with its type
	CodeTwice      = "TPL0008" // two resources have one id
	CodeLinked     = "TPL0009" // a linked template is not at hand
	CodeDepends    = "TPL0010" // dependsOn names a resource that the template does not have
	CodeAssert     = "TPL0011" // an assertion of the template does not hold
	CodeBug        = "TPL0099" // a bug of this package
)

func errSyntax(message string, at int) diag.Diagnostic {
	return diag.Diagnostic{Code: CodeSyntax, Message: message, Span: diag.Span{Start: at, End: at}}
}

func errShape(what, want string, at int) diag.Diagnostic {
	return diag.Diagnostic{Code: CodeShape, Message: fmt.Sprintf("%s is not %s", what, want), Span: diag.Span{Start: at, End: at}}
}

func errLimit(at int, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Code: CodeLimit, Message: fmt.Sprintf(format, args...), Span: diag.Span{Start: at, End: at}}
}

func errParameter(at int, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Code: CodeParameter, Message: fmt.Sprintf(format, args...), Span: diag.Span{Start: at, End: at}}
}

func errCycle(what string, chain []string, at int) diag.Diagnostic {
	return diag.Diagnostic{
		Code: CodeCycle, Span: diag.Span{Start: at, End: at},
		Message: fmt.Sprintf("%s wait for each other: %s", what, strings.Join(chain, " -> ")),
	}
}

func errName(typ, name string, want, got, at int) diag.Diagnostic {
	return diag.Diagnostic{
		Code: CodeName, Span: diag.Span{Start: at, End: at},
		Message: fmt.Sprintf("type %q wants a name of %d segments, %q has %d", typ, want, name, got),
		Hint:    "a child's full name is its parent's name, a slash, and its own",
	}
}

func errTwice(id string, at int) diag.Diagnostic {
	return diag.Diagnostic{Code: CodeTwice, Severity: diag.Warning, Message: fmt.Sprintf("%s is declared twice", id), Span: diag.Span{Start: at, End: at}}
}

func errLinked(what, why string, at int) diag.Diagnostic {
	return diag.Diagnostic{
		Code: CodeLinked, Severity: diag.Warning, Span: diag.Span{Start: at, End: at},
		Message: fmt.Sprintf("the linked template %s is not at hand (%s): its resources are not assessed", what, why),
	}
}

func errDepends(name, near string, at int) diag.Diagnostic {
	d := diag.Diagnostic{Code: CodeDepends, Span: diag.Span{Start: at, End: at}, Message: fmt.Sprintf("dependsOn names %q, which is no resource of the template", name)}
	if near != "" {
		d.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return d
}

func errAssert(name string, at int) diag.Diagnostic {
	return diag.Diagnostic{Code: CodeAssert, Severity: diag.Warning, Span: diag.Span{Start: at, End: at}, Message: fmt.Sprintf("the assertion %q does not hold", name)}
}
