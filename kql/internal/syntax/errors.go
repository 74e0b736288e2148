package syntax

import (
	"fmt"

	"github.com/azward/azward/diag"
)

// The codes of package syntax are KQL0001 to KQL0099.

func errCharacter(r rune) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0001", Message: fmt.Sprintf("unexpected character %q", r)}
}

func errString() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0002", Message: "string is not closed", Hint: "close it with the same quote on the same line, or use ``` for several lines"}
}

func errEscape() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0003", Message: "unknown escape in string", Hint: `write \\ for a backslash, or put @ before the string`}
}

func errNumber(text string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0004", Message: fmt.Sprintf("%q is no number", text)}
}

func errExpected(what, got string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0005", Message: fmt.Sprintf("expected %s, found %s", what, got)}
}

func errOperator(name, hint string) diag.Diagnostic {
	d := diag.Diagnostic{Code: "KQL0006", Message: fmt.Sprintf("%q is no tabular operator", name)}
	if hint != "" {
		d.Hint = fmt.Sprintf("did you mean %q?", hint)
	}
	return d
}

func errDepth() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0007", Message: "query is nested too deeply", Hint: "split it with let statements"}
}

func errSize(limit int) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0008", Message: fmt.Sprintf("query is longer than %d bytes", limit)}
}

func errLiteral(typ, text string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0009", Message: fmt.Sprintf("%q is no %s literal", text, typ)}
}

func errUnknownWord(what, got string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0010", Message: fmt.Sprintf("unknown %s %q", what, got)}
}

func errUnsupported(what string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0011", Message: what + " is not supported"}
}

func errEmpty() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0012", Message: "the query is empty"}
}
