// Package cases runs tests of Azure Policy definitions that people write beside
// them, in YAML:
//
//	definition: audit-https.json       # or an id; by default NAME.json of NAME.test.yaml; or the definition itself
//	parameters: {effect: Deny}         # of every test; a test's own are laid over them
//	resource:                          # of every test; a test's own is laid over it (JSON Merge Patch)
//	  type: Microsoft.Storage/storageAccounts
//	  location: westeurope
//	tests:
//	  - name: plain http is denied
//	    resource: {properties: {supportsHttpsTrafficOnly: false}}
//	    related: []                    # for if-not-exists effects: all that there are
//	    context: {apiVersion: 2023-01-01, now: 2026-01-01T00:00:00Z, requestContext: {}, resourceGroup: {}, subscription: {}, policy: {}}
//	    expect:
//	      state: NonCompliant          # Compliant, NonCompliant, NotApplicable, Unknown
//	      effect: deny
//	      matched: true                # whether the effect takes place
//	      reasons: [supportsHttpsTrafficOnly]  # texts that the reasons have in them
//	      missing: [requestContext]    # texts that what is missing has in it
//	      details: {}                  # of details, changes, resource and deployment, members that are not
//	      changes: [{path: tags.env, after: prod}]   # named may be anything
//	      resource: {tags: {env: prod}}              # after modify or append
//	      deployment: {parameters: {name: {value: x}}}
//	      error: POL0103               # the definition does not compile with these parameters
//
// # How to start
//
//	file, diags := cases.Parse("x.test.yaml", text)       // diagnostics with line and column
//	for _, r := range cases.Run(file, definition, cases.Options{Now: now}) { ... }
//
// Reading the files that a test names is the caller's.
package cases
