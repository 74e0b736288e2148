package kqlio_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

func TestHintedColumnsComeFirstAndOthersAreInferred(t *testing.T) {
	hint := []kql.Column{{Name: "TimeGenerated", Type: kql.DateTime}, {Name: "ResultType", Type: kql.String}, {Name: "Absent", Type: kql.Int}}
	const want = "[{TimeGenerated datetime} {ResultType string} {Absent int} {extra long}] 2026-01-01T00:00:00.0000000Z|50126||7"
	for name, read := range map[string]func() (*kqlio.Loaded, error){
		"csv": func() (*kqlio.Loaded, error) {
			return kqlio.ReadCSVHinted(strings.NewReader("extra,resulttype,TimeGenerated [UTC]\n7,50126,2026-01-01\nragged\n"), ',', hint)
		},
		"json": func() (*kqlio.Loaded, error) {
			return kqlio.ReadJSONHinted(strings.NewReader(`{"extra":7,"ResultType":50126,"timegenerated":"2026-01-01"}`+"\nnonsense\n"), hint)
		},
	} {
		l, err := read()
		if err != nil {
			t.Fatal(name, err)
		}
		var cells []string
		all, err := kqlio.Collect(l.Table.Columns(), []kql.Table{l.Table})
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range all.Cols {
			cells = append(cells, kqlio.Text(l.Table.Columns()[i].Type, c.Get(0)))
		}
		if got := fmt.Sprint(l.Table.Columns(), " ", strings.Join(cells, "|")); got != want || l.Rows != 1 || l.Bad != 1 {
			t.Errorf("%s: %d rows, %d bad\ngot  %s\nwant %s", name, l.Rows, l.Bad, got, want)
		}
	}
}

// The portal of Azure exports times as "4/28/2021, 2:08:45.221 PM".
func TestPortalTimes(t *testing.T) {
	for _, hint := range [][]kql.Column{{{Name: "At", Type: kql.DateTime}}, nil} {
		l, err := kqlio.ReadCSVHinted(strings.NewReader("At\n\"4/28/2021, 2:08:45.221 PM\"\n"), ',', hint)
		if err != nil {
			t.Fatal(err)
		}
		all, err := kqlio.Collect(l.Table.Columns(), []kql.Table{l.Table})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(l.Table.Columns(), kqlio.Text(kql.DateTime, all.Cols[0].Get(0))); got != "[{At datetime}]2021-04-28T14:08:45.2210000Z" {
			t.Error(got)
		}
	}
}
