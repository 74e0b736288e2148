package lint

import (
	"fmt"

	"github.com/azward/azward/diag"
)

// Check is one row of the table of what is looked for.
type Check struct {
	Code     string
	Severity diag.Severity
	Title    string
	Source   string // page of Microsoft's documentation, where the rule is theirs
}

const (
	arrays     = "https://learn.microsoft.com/azure/governance/policy/how-to/author-policies-for-arrays"
	structure  = "https://learn.microsoft.com/azure/governance/policy/concepts/definition-structure-basics"
	conditions = "https://learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule#conditions"
	params     = "https://learn.microsoft.com/azure/governance/policy/concepts/definition-structure-parameters"
	limitsPage = "https://learn.microsoft.com/azure/governance/policy/concepts/definition-structure-policy-rule#policy-rule-limits"
	effects    = "https://learn.microsoft.com/azure/governance/policy/concepts/effect-basics"
	sets       = "https://learn.microsoft.com/azure/governance/policy/concepts/initiative-definition-structure"
)

// The codes of remarks. They never change their meaning.
const (
	CodeAlias        = "POL0501"
	CodeUnreachable  = "POL0502"
	CodeRedundant    = "POL0503"
	CodeNever        = "POL0504"
	CodeAlways       = "POL0505"
	CodeNotEach      = "POL0506"
	CodeSameElement  = "POL0507"
	CodeEmptyArray   = "POL0508"
	CodeArrayScalar  = "POL0509"
	CodeFieldEach    = "POL0510"
	CodeUnused       = "POL0511"
	CodeUndeclared   = "POL0512"
	CodeDefault      = "POL0513"
	CodeEffectMode   = "POL0514"
	CodeDetails      = "POL0515"
	CodeVersion      = "POL0516"
	CodeWanted       = "POL0517"
	CodeDetail       = "POL0518"
	CodeLimit        = "POL0519"
	CodeReference    = "POL0520"
	CodeGroup        = "POL0521"
	CodeMember       = "POL0522"
	CodeMemberValues = "POL0523"
	CodeSyntax       = "POL0530"
)

// Checks returns the table of what is looked for.
func Checks() []Check {
	return []Check{
		{CodeAlias, diag.Error, "the rule names an alias that is not in the list of aliases", structure},
		{CodeUnreachable, diag.Warning, "a condition can never hold where it stands", ""},
		{CodeRedundant, diag.Info, "a condition always holds where it stands, or adds nothing to the alternatives before it", ""},
		{CodeNever, diag.Error, "the rule can never match", ""},
		{CodeAlways, diag.Warning, "the rule matches everything", ""},
		{CodeNotEach, diag.Warning, "not around [*] means that some element is otherwise, not that no element is so", arrays},
		{CodeSameElement, diag.Warning, "conditions on one array side by side need not hold for the same element", arrays},
		{CodeEmptyArray, diag.Info, "a condition on [*] holds for an empty array", arrays},
		{CodeArrayScalar, diag.Warning, "an array as a whole is compared with a single value", arrays},
		{CodeFieldEach, diag.Warning, "field() of an alias with [*] gives an array, which is compared with a single value", arrays},
		{CodeUnused, diag.Warning, "a parameter is declared and not used", params},
		{CodeUndeclared, diag.Error, "a parameter is used and not declared", params},
		{CodeDefault, diag.Error, "the default of a parameter is not among its allowed values", params},
		{CodeEffectMode, diag.Error, "an effect that may be chosen is none, or not of the mode", effects},
		{CodeDetails, diag.Error, "an effect that may be chosen lacks the details that it needs", effects},
		{CodeVersion, diag.Warning, "there is no version", structure},
		{CodeWanted, diag.Warning, "a condition compares with a value that it does not take", conditions},
		{CodeDetail, diag.Error, "a detail of the effect has a value that Azure does not take", effects},
		{CodeLimit, diag.Error, "the rule has more of something than Azure takes", limitsPage},
		{CodeReference, diag.Error, "two members of an initiative have the same policyDefinitionReferenceId", sets},
		{CodeGroup, diag.Error, "a member is in a group that the initiative does not define", sets},
		{CodeMember, diag.Warning, "a member's definition, or the version of it, is not here", sets},
		{CodeMemberValues, diag.Error, "a member is given a parameter that its definition does not have, or lacks one that it needs", sets},
		{CodeSyntax, diag.Error, "the file is no JSON", ""},
	}
}

// remark makes a diagnostic of a check.
func remark(code string, at diag.Span, hint, format string, args ...any) diag.Diagnostic {
	d := diag.Diagnostic{Code: code, Span: at, Hint: hint, Message: fmt.Sprintf(format, args...)}
	for _, c := range Checks() {
		if c.Code == code {
			d.Severity = c.Severity
		}
	}
	return d
}
