// Package resource names and holds what azward reasons about: everything is a
// resource. ARM resources, their children and extensions, the scopes they
// stand in, and Microsoft Graph's directory objects share one record, the
// [Resource], and one kind of name, the [ID].
package resource

import (
	"errors"
	"fmt"
	"strings"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/jsondoc"
)

// Resource is one record of an inventory. It never changes once made.
type Resource struct {
	ID   ID
	Type string        // full type in the casing of its source
	Body jsondoc.Value // the whole object as it was read, id, name and type included
	From Origin
}

// Origin says where a record was read.
type Origin struct {
	File   string // path, or name of the embedded source
	Offset int64  // byte offset in the (decompressed) file
	Pos    diag.Position
}

// Facts is the name of the member of [Resource.Body] that analysers write
// derived facts to. Policies read them as
// {type}/azward.{fact}.
const Facts = "azward"

// TypeKey returns the type in the form to compare and index by.
func (r *Resource) TypeKey() string { return strings.ToLower(r.Type) }

// Name returns the name in the body, or the last name of the id.
func (r *Resource) Name() string {
	if s, ok := r.Body.Get("name").Text(); ok {
		return s
	}
	return r.ID.Name()
}

// Location returns the location as it was read, or "".
func (r *Resource) Location() string { return r.Body.Get("location").TextOr("") }

// Kind returns ARM's kind, or "".
func (r *Resource) Kind() string { return r.Body.Get("kind").TextOr("") }

// Tags returns the tags; missing where there are none.
func (r *Resource) Tags() jsondoc.Value { return r.Body.Get("tags") }

// Properties returns the properties; missing where there are none.
func (r *Resource) Properties() jsondoc.Value { return r.Body.Get("properties") }

// New makes a record of an ARM or Graph object that carries its own id; typ
// may be empty, in which case the body's type or the id's is taken.
func New(body jsondoc.Value, typ string, from Origin) (*Resource, error) {
	id, err := ParseID(body.Get("id").TextOr(""))
	if err != nil {
		return nil, err
	}
	if typ == "" {
		typ = body.Get("type").TextOr("")
	}
	return &Resource{ID: id, Type: fullType(id, typ), Body: body, From: from}, nil
}

// fullType returns the type of the resource id names, where typ is what its
// record says. The scopes have the types that Azure Policy knows them by,
// whatever a list calls them ("Microsoft.Resources/resourceGroups",
// "/subscriptions"); management group lists write "/providers/" before a type.
func fullType(id ID, typ string) string {
	switch id.Level() {
	case LevelTenant:
		return TypeTenant
	case LevelManagementGroup:
		return TypeManagementGroup
	case LevelSubscription:
		return TypeSubscription
	case LevelResourceGroup:
		return TypeResourceGroup
	default:
	}
	if rest, ok := cutFold(typ, "/providers/"); ok {
		typ = rest
	}
	// A type without a slash is no full type (Graph and some exports use the word for other things).
	if typ = strings.Trim(typ, "/"); !strings.Contains(typ, "/") {
		return id.Type()
	}
	return typ
}

// NewGraph makes a record of a Microsoft Graph object of a collection, named
// by the last part of its type ("users", "conditionalAccessPolicies"). The id
// is the body's; objects that a tenant has one of and Graph gives no id are
// named "default", and partners of cross-tenant access by their tenant.
func NewGraph(collection string, body jsondoc.Value, from Origin) (*Resource, error) {
	if body.Kind() != jsondoc.Object {
		return nil, errors.New("a Microsoft Graph object must be a JSON object")
	}
	name, ok := body.Get("id").Text()
	if !ok || name == "" {
		switch strings.ToLower(collection) {
		case "crosstenantaccesspolicyconfigurationpartners":
			name, ok = body.Get("tenantId").Text()
		case "crosstenantaccesspolicies", "authorizationpolicies", "authenticationmethodspolicies", "identitysecuritydefaultsenforcementpolicies":
			name, ok = "default", true
		}
	}
	if !ok || name == "" {
		return nil, fmt.Errorf("%w: a Microsoft Graph object of %s has no id", ErrNotID, collection)
	}
	if len(name) > MaxIDLength/2 {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrNotID, MaxIDLength/2)
	}
	id := GraphID(collection, strings.ReplaceAll(name, "/", "%2F"))
	return &Resource{ID: id, Type: id.Type(), Body: body, From: from}, nil
}

// IsGraph tells whether the record is an object of Microsoft Graph.
func (r *Resource) IsGraph() bool {
	_, ok := cutFold(r.ID.raw, "/providers/Microsoft.Graph/")
	return ok
}
