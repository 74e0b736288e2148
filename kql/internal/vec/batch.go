package vec

// Batch is some rows of a table: columns of equal length.
type Batch struct {
	Cols []*Vec
	Rows int
}

// NewBatch wraps columns; rows says how many, for the case without columns.
func NewBatch(cols []*Vec, rows int) *Batch { return &Batch{Cols: cols, Rows: rows} }

// Gather returns the rows named by idx.
func (b *Batch) Gather(idx []int32) *Batch {
	cols := make([]*Vec, len(b.Cols))
	for i, c := range b.Cols {
		cols[i] = c.Gather(idx)
	}
	return &Batch{Cols: cols, Rows: len(idx)}
}

// Slice returns rows [from, to), sharing memory.
func (b *Batch) Slice(from, to int) *Batch {
	cols := make([]*Vec, len(b.Cols))
	for i, c := range b.Cols {
		cols[i] = c.Slice(from, to)
	}
	return &Batch{Cols: cols, Rows: to - from}
}

// ConcatBatches joins batches of the same columns; proto gives them where
// there is no batch.
func ConcatBatches(proto []*Vec, batches []*Batch) *Batch {
	if len(batches) == 1 {
		return batches[0]
	}
	cols := make([]*Vec, len(proto))
	rows := 0
	for _, b := range batches {
		rows += b.Rows
	}
	parts := make([]*Vec, 0, len(batches))
	for i, p := range proto {
		parts = parts[:0]
		for _, b := range batches {
			if b.Rows > 0 {
				parts = append(parts, b.Cols[i])
			}
		}
		if len(parts) == 0 {
			cols[i] = New(p.Type, 0)
			continue
		}
		cols[i] = Concat(p.Type, parts)
	}
	return &Batch{Cols: cols, Rows: rows}
}
