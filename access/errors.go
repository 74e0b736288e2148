package access

import (
	"fmt"

	"github.com/azward/azward/diag"
)

// All wording of this package's diagnostics stands here; codes never change meaning.

func errUnclosedText(s diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "RBAC0101", Span: s, Message: "quoted text does not end", Hint: "close it with a single quote"}
}

func errBadAttribute(s diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "RBAC0102", Span: s, Message: "an attribute is written @Source[name]"}
}

func errUnexpected(t token, want string) diag.Diagnostic {
	found := "the end of the condition"
	if t.kind != tokEnd {
		found = fmt.Sprintf("%q", t.text)
	}
	return diag.Diagnostic{Code: "RBAC0103", Span: t.span, Message: fmt.Sprintf("expected %s, found %s", want, found)}
}

func errUnknownOperator(t token) diag.Diagnostic {
	return diag.Diagnostic{Code: "RBAC0104", Span: t.span, Message: fmt.Sprintf("no operator named %q", t.text)}
}

func errUnknownSource(t token) diag.Diagnostic {
	return diag.Diagnostic{Code: "RBAC0105", Span: t.span, Message: fmt.Sprintf("no attribute source named %q", t.src), Hint: "expected @Resource, @Request, @Principal or @Environment"}
}

func errTooDeep(s diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "RBAC0106", Span: s, Message: fmt.Sprintf("condition nests deeper than %d levels", maxConditionDepth)}
}

func errConditionTooLong(n int) diag.Diagnostic {
	return diag.Diagnostic{Code: "RBAC0107", Message: fmt.Sprintf("condition of %d bytes is longer than %d", n, maxConditionLength)}
}

func warnMixed(s diag.Span) diag.Diagnostic {
	return diag.Diagnostic{Code: "RBAC0108", Severity: diag.Warning, Span: s, Message: "AND and OR are mixed without parentheses", Hint: "AND is taken first here; write parentheses to say what is meant"}
}

func errRole(id, why string) diag.Diagnostic {
	return diag.Diagnostic{Code: "RBAC0201", Message: fmt.Sprintf("role definition %s: %s", id, why)}
}

func errAssignment(id, why string) diag.Diagnostic {
	return diag.Diagnostic{Code: "RBAC0202", Message: fmt.Sprintf("role assignment %s: %s", id, why)}
}
