package fn

import (
	"fmt"

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

// storageFuncs ask about rows and cursors of Kusto's storage.
var storageFuncs = []Func{
	{Name: "cursor_before_or_at", Doc: "Tells whether a row came up to a database cursor; true, for there are no cursors.", Volatile: true,
		Sigs: []Sig{{"(cursor: string): bool", func(c *Call) (*vec.Vec, error) { return vec.Repeat(types.Bool, value.Bool(true), c.N), nil }}}},
	{Name: "cursor_current", Aliases: []string{"current_cursor"}, Doc: "Returns the cursor of the database; empty, for there are no cursors.", Volatile: true,
		Sigs: []Sig{{"(): string", text("")}}},
	{Name: "row_id", Doc: "Returns the place of a row in the storage; empty, for rows have none.", Volatile: true,
		Sigs: []Sig{{"(): string", text("")}}},
	{Name: "current_node_id", Doc: "Returns the node that runs the query; empty, for there are no nodes.", Volatile: true,
		Sigs: []Sig{{"(): string", text("")}}},
	{Name: "estimate_data_size", AllColumns: true, Doc: "Estimates the bytes that values take: 8 for numbers and times (4 for int, 1 for bool, 16 for guid and decimal), the length of texts in UTF-8 and of dynamic values as JSON.",
		Sigs: []Sig{{"(column: scalar, more...: scalar): long", Row(func(a []value.Value) value.Value {
			n := int64(0)
			for _, v := range a {
				n += dataSize(v)
			}
			return value.Long(n)
		})}},
		Ex: []Example{{`estimate_data_size(1, "1234567890")`, `18`}, {`estimate_data_size(dynamic([1,2]))`, `5`}}},
	{Name: "assert", Doc: "Stops the query with a message where a condition is not true.",
		Sigs: []Sig{{"(condition: bool, message: string): bool", Rows(func(_ *Call, a []value.Value) (value.Value, error) {
			if !a[0].IsTrue() {
				return value.Null, fmt.Errorf("assert(): %s", a[1].Str())
			}
			return a[0], nil
		})}},
		Ex: []Example{{`assert(true, "never")`, `true`}}},
}

func dataSize(v value.Value) int64 {
	switch v.Kind() {
	case value.KindNull:
		return 0
	case value.KindBool:
		return 1
	case value.KindInt:
		return 4
	case value.KindDecimal, value.KindGUID:
		return 16
	case value.KindString:
		return int64(len(v.Str()))
	case value.KindArray, value.KindBag:
		return int64(len(value.JSON(v)))
	default:
	}
	return 8
}
