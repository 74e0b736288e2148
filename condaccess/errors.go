package condaccess

import (
	"fmt"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// Codes of diagnostics; they never change meaning.
//
//	CAP01xx policies, CAP02xx rules, CAP03xx named locations, CAP04xx sign-ins
const (
	codeNotObject = "CAP0101"
	codeNoName    = "CAP0102"
	codeUnread    = "CAP0103"
	codeRule      = "CAP0201"
	codeLocation  = "CAP0301"
	codeSignIn    = "CAP0401"
)

func at(v jsondoc.Value) diag.Span { return diag.Span{Start: v.Offset(), End: v.Offset() + 1} }

func errNotObject(v jsondoc.Value) diag.Diagnostic {
	return diag.Diagnostic{Code: codeNotObject, Span: at(v), Message: fmt.Sprintf("a %s stands where a Conditional Access policy was expected", v.Kind())}
}

func errNoName(v jsondoc.Value) diag.Diagnostic {
	return diag.Diagnostic{Code: codeNoName, Span: at(v), Message: "a Conditional Access policy has neither id nor displayName and is left out"}
}

func warnUnread(p *Policy, path, why string, v jsondoc.Value) diag.Diagnostic {
	return diag.Diagnostic{Code: codeUnread, Severity: diag.Warning, Span: at(v),
		Message: fmt.Sprintf("policy %q: %s: %s; answers that depend on it are unknown", p.Name(), path, why)}
}

// inRule places a diagnostic of a rule in the document that the rule stands in.
func inRule(p *Policy, path string, v jsondoc.Value, d diag.Diagnostic) diag.Diagnostic {
	d.Severity = diag.Warning
	d.Message = fmt.Sprintf("policy %q: %s.rule: %s at character %d; answers that depend on it are unknown", p.Name(), path, d.Message, d.Span.Start+1)
	d.Span = diag.Span{Start: v.Offset() + 1 + d.Span.Start, End: v.Offset() + 1 + d.Span.End}
	return d
}

func errRule(span diag.Span, hint, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Code: codeRule, Span: span, Hint: hint, Message: fmt.Sprintf(format, args...)}
}

func warnLocation(v jsondoc.Value, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Code: codeLocation, Severity: diag.Warning, Span: at(v), Message: fmt.Sprintf(format, args...)}
}

func errSignIn(v jsondoc.Value, hint, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Code: codeSignIn, Span: at(v), Hint: hint, Message: fmt.Sprintf(format, args...)}
}
