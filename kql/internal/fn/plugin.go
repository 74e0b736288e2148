package fn

import (
	"slices"

	"github.com/azward/azward/kql/internal/types"
	"github.com/azward/azward/kql/internal/value"
	"github.com/azward/azward/kql/internal/vec"
)

// Column is a name and a type.
type Column struct {
	Name string
	Type types.Type
}

// allPlugins lists the plugins.
func allPlugins() []Plugin {
	return slices.Concat(bagPlugins, activityPlugins, sequencePlugins, lookupPlugins, patternPlugins, storagePlugins, miscPlugins)
}

// Plugin is one plugin of the evaluate operator.
type Plugin struct {
	Name string
	Doc  string
	// Args names the arguments for the documentation: "column, [prefix]".
	Args string
	// Lookup is the number of the argument that names a column of the table
	// in argument 0, not of the input; 0: none does.
	Lookup int
	// Open says that the columns of the result depend on the data
	// (bag_unpack, pivot): Schema is then never asked.
	Open bool
	// Schema returns the columns of the result for columns in.
	Schema func(in []Column, args []PluginArg) ([]Column, error)
	// Run computes the result. Errors are for the user.
	Run func(c *Ctx, in *Input, args []PluginArg) (*Output, error)
	Ex  []PluginExample
}

// Call runs a plugin. It ends with c's error where the query is over, or the
// plugin holds too much.
func (p *Plugin) Call(c *Ctx, in *Input, args []PluginArg) (out *Output, err error) {
	defer func() {
		if r := recover(); r != nil {
			h, ok := r.(halt)
			if !ok {
				panic(r)
			}
			out, err = nil, h.err
		}
	}()
	return p.Run(c, in, args)
}

// PluginExample is a whole query and its rows as JSON arrays, in order.
type PluginExample struct {
	Query string
	Want  []string
}

// PluginArg is an argument of a plugin: a column (Col is its index in the
// input, -1 if it is none), a constant, an expression already computed over the
// input (Vec), an aggregate call for pivot (Agg) or another table.
type PluginArg struct {
	Name string // of a named argument ("arg = value"), else ""
	Text string // as written
	Col  int
	// InTable says that Col is a column of the lookup table (Plugin.Lookup).
	InTable bool
	Const   bool
	Value   value.Value
	Type    types.Type
	Vec     *vec.Vec // values over the input's rows; nil while binding
	Agg     *Agg     // set where the argument is a call of an aggregate
	AggArg  []PluginArg
	// Conditional is set where Agg was called in its ...if form: the last
	// AggArg is then the predicate's column.
	Conditional bool
	Table       *Input // set where the argument is a tabular expression
}

// Input is a table handed to a plugin.
type Input struct {
	Columns []Column
	Batch   *vec.Batch
}

// Output is a plugin's result.
type Output struct {
	Columns []Column
	Batch   *vec.Batch
}
