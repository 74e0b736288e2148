package template

// Limits on one template with everything nested in it. The first three are
// Azure's own: "Best practices for ARM templates", template limits.
const (
	MaxTemplate  = 4 << 20   // bytes of a template, and of each linked one
	MaxCopy      = 800       // rounds of one copy loop
	MaxPerFile   = 800       // resources that one template may make, loops counted
	MaxResources = 20_000    // resources of a template and all that is nested in it
	MaxNesting   = 16        // deployments inside deployments
	MaxNodes     = 2_000_000 // values that all expressions and bodies together may make
	MaxValue     = 500_000   // values inside the result of one expression
)

const (
	maxChildDepth = 8  // resources inside resources
	maxCalls      = 32 // user-defined functions inside user-defined functions
	maxRefDepth   = 32 // $ref of type definitions that lead to others
	maxDiags      = 200
	instanceCost  = 20 // values that a resource counts for, before its body
)
