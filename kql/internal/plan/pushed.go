package plan

// MaxListed is how many members of a constant list an expression keeps for
// those who read it; the lists themselves may be longer.
const MaxListed = 256

// Pushed is a part of a plan that a store computes in SQL.
type Pushed struct {
	cols
	Table string // a table of the store
	SQL   string
	Was   Node // the part
}

// NewPushed replaces a node, which has the given columns.
func NewPushed(columns []Column, table, sql string, was Node) *Pushed {
	return &Pushed{cols: cols{columns}, Table: table, SQL: sql, Was: was}
}

// Inputs returns none: what the part read is the store's business.
func (*Pushed) Inputs() []Node { return nil }

// Describe returns the SQL.
func (p *Pushed) Describe() string { return "store: " + p.SQL }
