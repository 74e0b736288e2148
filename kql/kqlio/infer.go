package kqlio

import (
	"errors"

	"github.com/azward/azward/kql"
)

// Inference finds the columns of files of one kind taken together, without
// holding their rows: what all of them would have if they were one file. A
// column that only some files have is one, too.
type Inference struct {
	names []string
	place map[string]int
	texts []textType // of delimited values, by place
	json  *jsonColumns
	types []kql.Type // of Merge, by place
}

// NewInference returns one that has seen no file.
func NewInference() *Inference {
	return &Inference{place: map[string]int{}, json: newJSONColumns(nil)}
}

// Add reads a file to its end. Of delimited values the first line holds the
// names where header says so; without it the columns are Column1 and so on. A
// file of which no line can be read is refused.
func (x *Inference) Add(in Input, header bool) error {
	r, done, err := in.Open()
	if err != nil {
		return err
	}
	defer done()
	var rep Report
	rows := 0
	if in.Comma == 0 {
		err = jsonRows(r, &rep, func(r record) error {
			x.json.add(r.bag)
			rows++
			return room(len(x.json.cols))
		})
	} else {
		var place []int
		err = csvRows(r, in.Comma, !header, &rep, func(names []string) {
			cols, _ := csvColumns(names, nil, make([]textType, len(names)))
			place = place[:0]
			for _, c := range cols {
				place = append(place, x.at(c.Name))
			}
			x.texts = append(x.texts, make([]textType, len(x.names)-len(x.texts))...)
		}, func(r record) error {
			for i, f := range r.fields {
				x.texts[place[i]].add(f)
			}
			rows++
			return room(len(x.names))
		})
	}
	if err == nil && rows == 0 && rep.Bad > 0 {
		err = errors.New("no line could be read; " + rep.First)
	}
	return err
}

// maxColumns is the number of columns that a table may have.
const maxColumns = 10_000

func room(columns int) error {
	if columns > maxColumns {
		return errors.New("more than 10000 columns")
	}
	return nil
}

// Merge adds the columns of a file that says itself which it has. Where files
// differ, a column has the wider of two numbers' types, and is else a string.
func (x *Inference) Merge(cols []kql.Column) {
	for _, c := range cols {
		i := x.at(c.Name)
		switch {
		case i == len(x.types):
			x.types = append(x.types, c.Type)
		default:
			x.types[i] = mergeTypes(x.types[i], c.Type)
		}
	}
}

func mergeTypes(a, b kql.Type) kql.Type {
	if w := widen(a, b); w != kql.Dynamic || a == b {
		return w
	}
	return kql.String
}

// Columns returns what was found.
func (x *Inference) Columns() []kql.Column {
	if len(x.names) == 0 {
		return x.json.result()
	}
	cols := make([]kql.Column, len(x.names))
	for i, n := range x.names {
		cols[i].Name = n
		if x.types != nil {
			cols[i].Type = x.types[i]
		} else {
			cols[i].Type = x.texts[i].result()
		}
	}
	return cols
}

// at returns the place of a name, a new one where it comes first.
func (x *Inference) at(name string) int {
	i, ok := x.place[name]
	if !ok {
		i = len(x.names)
		x.place[name] = i
		x.names = append(x.names, name)
	}
	return i
}
