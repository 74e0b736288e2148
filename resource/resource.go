// Package resource names and holds what azward reasons about: everything is a
// resource. ARM resources, their children and extensions, the scopes they
// stand in, and Microsoft Graph's directory objects share one record, the
// [Resource], and one kind of name, the [ID].
package resource

import (
	"strings"

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
	// A type without a slash is no full type (Graph and some exports use the word for other things).
	if !strings.Contains(typ, "/") {
		typ = id.Type()
	}
	return &Resource{ID: id, Type: typ, Body: body, From: from}, nil
}
