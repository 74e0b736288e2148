// Package access answers who can really do what in Azure: role definitions,
// role assignments with conditions, deny assignments, groups and scopes, as
// Azure RBAC decides. Sources: "How Azure RBAC determines if a user has access
// to a resource", "Understand Azure role definitions", "Understand Azure deny
// assignments", "Azure role assignment condition format and syntax".
//
// It takes resources and functions and gives answers; it reads no files. Start
// with [NewSystem], then [System.Check] and [System.WhoCan].
package access
