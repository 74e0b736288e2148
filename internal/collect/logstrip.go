package collect

import (
	"strings"

	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/jsondoc"
)

// What of an event goes into a snapshot is listed here, and nothing else does:
// the claims of a token, the bodies of requests and answers, and addresses with
// their queries may hold secrets.

// only returns an object with those of its members that are named.
func only(v jsondoc.Value, names ...string) jsondoc.Value {
	var ms []jsondoc.Member
	for _, name := range names {
		if e := v.Get(name); !e.IsMissing() && !e.IsNull() {
			ms = append(ms, jsondoc.Member{Name: name, Value: e})
		}
	}
	return jsondoc.NewObject(ms...)
}

// within replaces a member of an object by what f makes of it, where it is an
// object.
func within(v jsondoc.Value, name string, f func(jsondoc.Value) jsondoc.Value) jsondoc.Value {
	if e := v.Get(name); e.Kind() == jsondoc.Object {
		return v.With(name, f(e))
	} else if e.Exists() {
		return v.Without(name) // a text with an object in it
	}
	return v
}

func listed(v jsondoc.Value, name string, f func(jsondoc.Value) jsondoc.Value) jsondoc.Value {
	list := v.Get(name)
	if list.Kind() != jsondoc.Array {
		return v.Without(name)
	}
	var out []jsondoc.Value
	for _, e := range list.Elements() {
		out = append(out, f(e))
	}
	return v.With(name, jsondoc.NewArray(out...))
}

// The claims that say who did it.
var activityClaims = []string{"http://schemas.microsoft.com/identity/claims/objectidentifier", "http://schemas.microsoft.com/identity/claims/tenantid", "appid", "idtyp"}

// stripActivity takes an event of Azure's activity log ("Azure Activity Log event
// schema").
func stripActivity(v jsondoc.Value) jsondoc.Value {
	v = only(v, "authorization", "caller", "claims", "category", "correlationId", "eventDataId", "eventName", "eventTimestamp", "httpRequest", "level",
		"operationId", "operationName", "properties", "resourceGroupName", "resourceId", "resourceProviderName", "resourceType", "status", "subStatus", "submissionTimestamp", "subscriptionId", "tenantId")
	v = within(v, "claims", func(e jsondoc.Value) jsondoc.Value { return only(e, activityClaims...) })
	v = within(v, "httpRequest", func(e jsondoc.Value) jsondoc.Value { return only(e, "clientIpAddress", "clientRequestId", "method") })
	v = within(v, "properties", func(e jsondoc.Value) jsondoc.Value {
		return only(e, "entity", "eventCategory", "hierarchy", "message", "statusCode")
	})
	return within(v, "authorization", func(e jsondoc.Value) jsondoc.Value {
		return within(only(e, "action", "role", "scope", "evidence"), "evidence", func(e jsondoc.Value) jsondoc.Value {
			return only(e, "principalId", "principalType", "role", "roleAssignmentId", "roleAssignmentScope", "roleDefinitionId")
		})
	})
}

// stripSignIn takes a signIn of Microsoft Graph.
func stripSignIn(v jsondoc.Value) jsondoc.Value {
	return only(v, "id", "createdDateTime", "appDisplayName", "appId", "appliedConditionalAccessPolicies", "authenticationContextClassReferences", "authenticationProtocol",
		"authenticationRequirement", "autonomousSystemNumber", "clientAppUsed", "clientCredentialType", "conditionalAccessAudiences", "conditionalAccessStatus", "correlationId",
		"crossTenantAccessType", "deviceDetail", "homeTenantId", "incomingTokenType", "ipAddress", "isInteractive", "location", "originalTransferMethod", "resourceDisplayName",
		"resourceId", "resourceTenantId", "riskDetail", "riskEventTypes", "riskEventTypes_v2", "riskLevelAggregated", "riskLevelDuringSignIn", "riskState", "servicePrincipalId",
		"servicePrincipalName", "signInEventTypes", "status", "tokenIssuerType", "uniqueTokenIdentifier", "userAgent", "userDisplayName", "userId", "userPrincipalName", "userType")
}

// hidden tells whether a property of the directory holds what nobody else may
// read: its name is in lower case.
func hidden(name string) bool {
	for _, word := range []string{"password", "secret", "token", "strongauthentication", "alternativesecurityid", "searchabledevicekey", "bitlocker"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// stripAudit takes a directoryAudit of Microsoft Graph.
func stripAudit(v jsondoc.Value) jsondoc.Value {
	v = only(v, "id", "activityDateTime", "activityDisplayName", "additionalDetails", "category", "correlationId", "initiatedBy", "loggedByService", "operationType", "result", "resultReason", "targetResources")
	left := jsondoc.NewString(snapshot.LeftOut)
	v = listed(v, "additionalDetails", func(e jsondoc.Value) jsondoc.Value {
		e = only(e, "key", "value")
		if hidden(strings.ToLower(jsonText(e, "key"))) {
			e = e.With("value", left)
		}
		return e
	})
	return listed(v, "targetResources", func(e jsondoc.Value) jsondoc.Value {
		e = only(e, "displayName", "groupType", "id", "modifiedProperties", "type", "userPrincipalName")
		return listed(e, "modifiedProperties", func(p jsondoc.Value) jsondoc.Value {
			p = only(p, "displayName", "newValue", "oldValue")
			if hidden(strings.ToLower(strings.ReplaceAll(jsonText(p, "displayName"), " ", ""))) {
				for _, name := range []string{"oldValue", "newValue"} {
					if p.Get(name).Exists() {
						p = p.With(name, left)
					}
				}
			}
			return p
		})
	})
}
