// Package condaccess decides what Microsoft Entra Conditional Access makes of a
// sign-in, and searches a set of policies for every sign-in that slips through.
//
// It reads policies in Microsoft Graph's JSON ([ParsePolicy]; PowerShell's
// PascalCase exports read the same), joins them with a tenant ([Compile]: the
// directory, named locations, authentication strengths), and answers:
//
//	set := condaccess.Compile(policies, condaccess.Tenant{Directory: dir, Locations: locs})
//	var d condaccess.Decision
//	set.Decide(&signIn, &d)            // block, grant with controls, ... no allocation
//	answers := set.Explain(&d)         // each policy: applies or not, and why
//	q, _ := condaccess.QuestionByID("mfa")
//	gaps := set.Gaps(q, false)         // every uncovered region, exactly
//	fix := set.Close(q, &gaps.Open[0]) // the smallest change that closes one
//
// [Set.Lint] looks for what is wrong with the policies, [Diff] compares two sets
// over every sign-in, [Replay] tries a set on a log, [Set.Matrix] draws it.
//
// What is not known is not guessed: a condition that cannot be read, a group
// whose members were not, or a detail that the sign-in does not tell makes the
// policy's answer Unknown. [Decision.Applies] holds what certainly applies,
// [Decision.Possible] what might.
//
// The rules are those of "Conditional Access: Conditions", "... Grant", "...
// Users, groups, agents and workload identities", "... Target resources" and
// "... Filter for devices" in Microsoft Entra's documentation; the answers of a
// policy use the words of Graph's whatIfAnalysisResult.
//
// Azure roles, PIM and access reviews are for package access; reading files and
// printing for the packages above. A [Set] never changes once compiled and may be
// used by many goroutines, each with a [Decision] of its own.
package condaccess
