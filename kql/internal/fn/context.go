package fn

import (
	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// contextFuncs speak of where a query runs. What only Kusto's own storage
// knows is null here.
var contextFuncs = []Func{
	{Name: "ingestion_time", Doc: "Returns when a row was ingested; null, for tables that do not record it.", Volatile: true,
		Sigs: []Sig{{"(): datetime", nothing(types.DateTime)}}},
	{Name: "extent_id", Aliases: []string{"extentid"}, Doc: "Returns the storage extent of a row; null, for there are none.", Volatile: true,
		Sigs: []Sig{{"(): guid", nothing(types.GUID)}}},
	{Name: "extent_tags", Doc: "Returns the tags of a row's storage extent; null, for there are none.", Volatile: true,
		Sigs: []Sig{{"(): dynamic", nothing(types.Dynamic)}}},
	{Name: "current_database", Doc: "Returns the name of the database.", Volatile: true,
		Sigs: []Sig{{"(): string", text("azward")}}},
	{Name: "current_cluster_endpoint", Doc: "Returns the address of the cluster.", Volatile: true,
		Sigs: []Sig{{"(): string", text("localhost")}}},
	{Name: "current_principal", Doc: "Returns who runs the query; empty, for the engine does not know.", Volatile: true,
		Sigs: []Sig{{"(): string", text("")}}},
	{Name: "current_principal_details", Doc: "Returns details of who runs the query; null, for the engine does not know.", Volatile: true,
		Sigs: []Sig{{"(): dynamic", nothing(types.Dynamic)}}},
	{Name: "current_principal_is_member_of", Doc: "Tells whether who runs the query is in a group; null, for the engine does not know.", Volatile: true,
		Sigs: []Sig{{"(group: string, more...: string): bool", nothing(types.Bool)}}},
	{Name: "cursor_after", Doc: "Tells whether a row came after a database cursor; true, for there are no cursors.", Volatile: true,
		Sigs: []Sig{{"(cursor: string): bool", func(c *Call) (*vec.Vec, error) { return vec.Repeat(types.Bool, value.Bool(true), c.N), nil }}}},
}

func nothing(t types.Type) Kernel {
	return func(c *Call) (*vec.Vec, error) { return vec.Nulls(t, c.N), nil }
}

func text(s string) Kernel {
	return func(c *Call) (*vec.Vec, error) { return vec.Repeat(types.String, value.String(s), c.N), nil }
}
