package arm

import (
	"errors"
	"fmt"

	"github.com/azward/azward/diag"
)

// ErrNoFunction is what [Scope.Call] returns for a function that it does not offer.
var ErrNoFunction = errors.New("function is not available here")

// ErrLimit is wrapped by every error of an evaluation that ran into a limit.
var ErrLimit = errors.New("limit of expression evaluation")

// EvalError is an error of evaluation with its place in the expression.
type EvalError struct {
	Code    string // stable, "ARM0201" and on
	Span    diag.Span
	Func    string // the function that failed, where one did
	Message string
	Err     error
}

// Error returns the message, with the function's name before it.
func (e *EvalError) Error() string {
	if e.Func != "" {
		return e.Func + ": " + e.Message
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *EvalError) Unwrap() error { return e.Err }

// Diagnostic returns the error as a diagnostic.
func (e *EvalError) Diagnostic() diag.Diagnostic {
	return diag.Diagnostic{Code: e.Code, Message: e.Error(), Span: e.Span}
}

func errTooLong(n int) diag.Diagnostic {
	return diag.Diagnostic{Code: "ARM0001", Message: fmt.Sprintf("expression of %d characters is longer than the limit of %d", n, MaxLength)}
}

func errTooDeep(at diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "ARM0002", Span: at, Message: fmt.Sprintf("expression nests deeper than %d levels", MaxDepth)}
}

func errWanted(what, got string, at diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "ARM0003", Span: at, Message: fmt.Sprintf("expected %s, found %q", what, got)}
}

func errUnclosed(at diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "ARM0004", Span: at, Message: "string has no closing quote", Hint: "a quote inside a string is written twice: 'it''s'"}
}

func errNumber(text string, at diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "ARM0005", Span: at, Message: fmt.Sprintf("%q is no number", text)}
}

func errNotCalled(name string, at diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "ARM0006", Span: at, Message: fmt.Sprintf("%q is no expression", name), Hint: "functions are called with parentheses, and strings stand in single quotes"}
}

func errTrailing(text string, at diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "ARM0007", Span: at, Message: fmt.Sprintf("unexpected %q after the end of the expression", text)}
}

func errUnknownFunction(name, near string, at diag.Span) diag.Diagnostic {
	d := diag.Diagnostic{Code: "ARM0101", Span: at, Message: fmt.Sprintf("no function named %q", name)}
	if near != "" {
		d.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return d
}

func errDialect(name string, d Dialect, at diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "ARM0102", Span: at, Message: fmt.Sprintf("function %q cannot be used in %s", name, d)}
}

func errArgCount(f *Function, n int, at diag.Span) diag.Diagnostic {
	want := fmt.Sprintf("%d to %d", f.Min, f.Max)
	switch {
	case f.Max < 0:
		want = fmt.Sprintf("at least %d", f.Min)
	case f.Min == f.Max:
		want = fmt.Sprintf("%d", f.Min)
	}
	return diag.Diagnostic{
		Code: "ARM0103", Span: at, Message: fmt.Sprintf("function %q takes %s arguments, %d given", f.Name, want, n),
		Hint: "signature: " + f.Signature(),
	}
}

func errLambda(name string, at diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "ARM0104", Span: at, Message: fmt.Sprintf("%s: the first arguments of lambda are the names of its variables as string literals", name)}
}
