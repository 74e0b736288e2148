// Package cases reads tests of analytics rules that people write beside them,
// in YAML:
//
//	rule: password-spray.yaml          # by default NAME.yaml of NAME.test.yaml
//	id: 6c0f6d5e-...                   # which rule, where the file has several
//	now: 2026-01-01T12:00:00Z          # when the rule runs; a test may have its own
//	defaults:                          # of every row of a table; the row is laid over it (JSON Merge Patch)
//	  SigninLogs: {ResultType: "0", AppDisplayName: Portal}
//	tables:                            # what happened in every test; a test's own comes on top
//	  SigninLogs:
//	    - {TimeGenerated: -2h, UserPrincipalName: kim@contoso.com}
//	tests:
//	  - name: many users, one address
//	    skip: until ...                # why it is not run
//	    tables:
//	      SigninLogs:
//	        - {$repeat: 12, ResultType: "50126", UserPrincipalName: "user{n}@contoso.com", IPAddress: 203.0.113.7}
//	    expect:
//	      alerts: 1                    # of the run; 0 for none
//	      name: Spray from 203.0.113.7 # here and below: of one of the alerts
//	      description: 12 users        # a text that it has in it
//	      severity: High
//	      events: 1                    # rows of the result that it stands for
//	      entities: [IP 203.0.113.7, {type: Account, Name: kim}]  # these and maybe others
//	      details: {Users: [a, b]}     # these values and maybe others
//	      tactics: [CredentialAccess]
//	      error: KQL0101               # the query does not compile, or ends with this
//
// A time may be written as it was, or before the run: -5m, -2h, -3d. A row
// without TimeGenerated happened a minute before it. Without now, a rule runs at
// the end of the minute of the last event that has a date, else at noon of
// 1 January 2026.
//
// # How to start
//
//	file, diags := cases.Parse("x.test.yaml", text)   // diagnostics with line and column
//	for i := range file.Tests { events := file.Tests[i].Events() ... }
//
// Running the rule and reading files is the caller's.
package cases
