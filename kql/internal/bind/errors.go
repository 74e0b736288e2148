package bind

import (
	"fmt"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/kql/internal/types"
)

// The codes of package bind are KQL0100 to KQL0199.

func hintFor(near string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", near)
}

func errNoResult() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0100", Message: "the query has no result: it ends without a tabular statement"}
}

func errName(name, near string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0101", Message: fmt.Sprintf("no column, variable or function named %q", name), Hint: hintFor(near)}
}

func errTable(name, near string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0102", Message: fmt.Sprintf("no table named %q", name), Hint: hintFor(near)}
}

func errFunction(name, near string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0103", Message: fmt.Sprintf("no function named %q", name), Hint: hintFor(near)}
}

func errColumn(name, near string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0104", Message: fmt.Sprintf("no column named %q", name), Hint: hintFor(near)}
}

func errArguments(err error) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0105", Message: err.Error()}
}

func errOperands(op string, l, r types.Type) diag.Diagnostic {
	d := diag.Diagnostic{Code: "KQL0106", Message: fmt.Sprintf("operator %q does not take operands of type %s and %s", op, l, r)}
	switch {
	case op == "+" && l == types.String:
		d.Hint = "join texts with strcat()"
	case l == types.Dynamic || r == types.Dynamic:
		d.Hint = "convert the dynamic value first: tostring(), tolong(), todatetime() ..."
	}
	return d
}

func errOperand(op string, t types.Type) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0106", Message: fmt.Sprintf("operator %q does not take an operand of type %s", op, t)}
}

func errExpectedType(what string, want string, got types.Type) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0107", Message: fmt.Sprintf("%s must be of type %s, not %s", what, want, got)}
}

func errNoCommonType(name string, a, b types.Type) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0107", Message: fmt.Sprintf("the arguments of %s() must be of one type, not %s and %s", name, a, b), Hint: "cast them, as in tostring(...)"}
}

func errLiteral(what string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0110", Message: what + " must be a literal"}
}

func errPattern(call string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0133", Message: "One or more pattern references were not declared. Detected pattern references: [\"" + call + "\"]"}
}

func errGraphIDs(a, b types.Type) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0134", Message: fmt.Sprintf("the nodes of a graph have ids of one type, not %s and %s", a, b), Hint: "cast one of the columns"}
}

func errDeclared(name string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0131", Message: fmt.Sprintf("%q is declared already", name), Hint: "give it another name; only a function's body may use a name again"}
}

func errLacks(name string, want types.Type, fn string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0132", Message: fmt.Sprintf("the table lacks the column %s:%s that %s() declares", name, want, fn)}
}

func errTabular(what string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0108", Message: what + " must be a table"}
}

func errScalar() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0109", Message: "a table stands where a single value is expected", Hint: "use toscalar(...) for its first cell"}
}

func errConstant(what string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0110", Message: what + " must be a constant"}
}

func errAggregate(name string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0111", Message: fmt.Sprintf("aggregate %s() stands outside of summarize", name)}
}

func errNotAggregate() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0112", Message: "an aggregate is expected here"}
}

func errOutside(name string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0112", Message: fmt.Sprintf("the column %q stands outside of an aggregate", name), Hint: "use it behind summarize, or take_any(" + name + ")"}
}

func errDuplicate(name string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0113", Message: fmt.Sprintf("two columns are named %q", name)}
}

func errParameter(name string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0114", Message: fmt.Sprintf("query parameter %q has neither a value nor a default", name)}
}

func errTooLarge() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0115", Message: "the query with all its functions expanded is too large"}
}

func errColumns() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0115", Message: "a table has too many columns", Hint: "project those that are needed before the join"}
}

func errRecursion(name string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0116", Message: fmt.Sprintf("functions call one another too deeply at %s()", name)}
}

func errKind(what, got string, want []string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0117", Message: fmt.Sprintf("%q is no %s", got, what), Hint: "one of " + strings.Join(want, ", ")}
}

func errNotSerialized(name string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0118", Message: fmt.Sprintf("%s() needs ordered rows", name), Hint: "put sort by or serialize before it"}
}

func errRowScope(name string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0119", Message: fmt.Sprintf("%q depends on a row and cannot be used inside another table", name)}
}

func errRestrict() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0120", Message: "restrict access takes names of tables"}
}

func errDatatable(n, cols int) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0121", Message: fmt.Sprintf("%d values do not fill rows of %d columns", n, cols)}
}

func errPlugin(err error) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0122", Message: err.Error()}
}

func errJoinOn() diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0123", Message: "a join condition is a column name or $left.x == $right.y", Hint: "join several with commas or and"}
}

func errStatement(what string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0124", Message: what}
}

func errUnsupported(what string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0125", Message: what + " is not supported"}
}

func errReserved(name string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0126", Message: fmt.Sprintf("%q is a reserved word", name), Hint: fmt.Sprintf("write ['%s']", name)}
}

func errAsserted(msg string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0127", Message: msg}
}

func errDynamicKey(name string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0128", Message: fmt.Sprintf("cannot group, join or sort by %q, a dynamic", name), Hint: "cast it, as in tostring(...)"}
}

func warnCaveat(name, caveat string) diag.Diagnostic {
	return diag.Diagnostic{Code: "KQL0129", Message: name + "(): " + caveat}
}

func errFindType(name string, have []types.Type) diag.Diagnostic {
	var all []string
	for _, t := range have {
		all = append(all, t.String())
	}
	return diag.Diagnostic{Code: "KQL0130", Message: fmt.Sprintf("the tables have %q in several types: %s", name, strings.Join(all, ", ")), Hint: "write its type behind it, as in " + name + ":" + all[0]}
}
