package kql

// WithValues makes a run put the tables that are written into the query
// somewhere else; f returns their names, empty to leave one where it is.
func (o Options) WithValues(f func(cols []Column, b *Batch) string) Options {
	o.values = f
	return o
}

// Awkward are literals of each type that functions and operators stumble over.
var Awkward = awkward
