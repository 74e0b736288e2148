package kqlio_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

func jsonTable(t *testing.T, text string) string {
	t.Helper()
	l, err := kqlio.ReadJSON(strings.NewReader(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	all, err := kqlio.Collect(l.Table.Columns(), []kql.Table{l.Table})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all.Rows {
		out = append(out, string(kqlio.AppendRow(nil, l.Table.Columns(), all, i)))
	}
	return fmt.Sprintf("%v %s bad=%d", l.Table.Columns(), strings.Join(out, " "), l.Bad)
}

func TestReadJSONForms(t *testing.T) {
	const rows = `[{a long} {b string}] [1,"x"] [2,""] bad=0`
	long := strings.Repeat("x", 3<<20)
	for text, want := range map[string]string{
		`[{"a":1,"b":"x"},{"a":2}]`:                                                       rows,
		`{"a":1,"b":"x"}` + "\n\n" + `{"a":2}` + "\n":                                     rows,
		`{"value":[{"a":1,"b":"x"},{"a":2}]}`:                                             rows,
		`{"@odata.context":"c","value":[{"a":1,"b":"x"},{"a":2}],"next":1}`:               rows,
		"{\n \"count\": 2,\n \"value\" :\n [\n {\"a\":1,\"b\":\"x\"},\n {\"a\":2}\n ]\n}": rows,
		"{\n \"data\": [ {\"a\":1,\"b\":\"x\"}, {\"a\":2} ] }":                            rows,
		"{\n \"a\": 1,\n \"b\": \"x\"\n}\n{\n \"a\": 2\n}":                                rows,
		"\ufeff{\"a\":1,\"b\":\"x\"}\n{\"a\":2}":                                          rows,
		"nonsense\n{\"a\":1,\"b\":\"x\"}\n{\"a\":2}":                                      strings.Replace(rows, "bad=0", "bad=1", 1),
		"{nonsense\n{\"a\":1,\"b\":\"x\"}\n{\"a\":2}":                                     strings.Replace(rows, "bad=0", "bad=1", 1),
		"{\"a\":1,\"b\":\"x\"}\n7\n{\"a\":2}\n{":                                          strings.Replace(rows, "bad=0", "bad=2", 1),
		`{"value":[{"a":1}],"a":5}` + "\n" + `{"a":2}`:                                    `[{value dynamic} {a long}] [[{"a":1}],5] [null,2] bad=0`,
		`{"value":{"a":1}}`:                                                               `[{value dynamic}] [{"a":1}] bad=0`,
		`{"value":[{"a":1,"b":"x"},{"a":2},{"a":`:                                         strings.Replace(rows, "bad=0", "bad=1", 1),
		"":   `[]  bad=0`,
		"{}": `[] [] bad=0`,
		`{"c":"` + long + `","a":1}` + "\n" + `{"a":2}` + "\n":   `[{c string} {a long}] ["` + long + `",1] ["",2] bad=0`,
		`{"c":"` + long + `","value":[{"a":1,"b":"x"},{"a":2}]}`: rows,
	} {
		if got := jsonTable(t, text); got != want {
			t.Errorf("%.60s\ngot  %.200s\nwant %.200s", text, got, want)
		}
	}
}

// opened counts how often a text is read; it is compressed, as files are.
type opened struct {
	zipped []byte
	mu     sync.Mutex
	times  int
}

func (o *opened) open() (io.Reader, func(), error) {
	o.mu.Lock()
	o.times++
	o.mu.Unlock()
	z, err := gzip.NewReader(bytes.NewReader(o.zipped))
	return z, func() {}, err
}

func zipped(t *testing.T, write func(w io.Writer)) *opened {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	write(z)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &opened{zipped: b.Bytes()}
}

// TestStreamHoldsLittle reads files of 160 MB, whose types are known at their
// last row only, in little memory.
func TestStreamHoldsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const rows = 80_000
	pad := strings.Repeat("p", 2000)
	for name, in := range map[string]kqlio.Input{"csv": {Comma: ','}, "json": {}} {
		o := zipped(t, func(w io.Writer) {
			if name == "csv" {
				fmt.Fprintln(w, "n,last,pad")
			}
			for i := range rows {
				last := "7"
				if i == rows-1 {
					last = "word"
				}
				if name == "csv" {
					fmt.Fprintf(w, "%d,%s,%s\n", i, last, pad)
				} else {
					fmt.Fprintf(w, `{"n":%d,"last":"%s","pad":"%s"}`+"\n", i, last, pad)
				}
			}
		})
		in.Open = o.open
		s, err := kqlio.NewStream(in, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(s.Columns()); got != "[{n long} {last string} {pad string}]" {
			t.Errorf("%s: %s", name, got)
		}
		var most uint64
		sum, n := int64(0), 0
		for b, err := range s.Scan(context.Background(), []int{0, 2}) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.Rows {
				sum += b.Cols[0].Get(i).Int64()
			}
			if n++; n%10 == 0 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		if want := int64(rows) * (rows - 1) / 2; sum != want || s.Report().Rows != rows || o.times != 2 {
			t.Errorf("%s: sum %d, want %d; %d rows, opened %d times", name, sum, want, s.Report().Rows, o.times)
		}
		if most > 120<<20 {
			t.Errorf("%s: %d MB are held", name, most>>20)
		}
	}
}

// TestSmallStreamIsReadOnce keeps the rows of a small file.
func TestSmallStreamIsReadOnce(t *testing.T) {
	o := zipped(t, func(w io.Writer) { fmt.Fprint(w, "a,b\n1,x\n2\n3,y\n") })
	s, err := kqlio.NewStream(kqlio.Input{Open: o.open, Comma: ','}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		l, err := s.Load(context.Background())
		if err != nil || l.Rows != 2 || l.Bad != 1 {
			t.Fatalf("%+v, %v", l, err)
		}
	}
	if o.times != 1 {
		t.Errorf("opened %d times", o.times)
	}
}

// TestLoadUpTo gives no table of a file that takes too much, but says what is
// wrong with it; scans read it then, at the same time too.
func TestLoadUpTo(t *testing.T) {
	const rows = 20_000
	o := zipped(t, func(w io.Writer) {
		fmt.Fprintln(w, "n,text")
		for i := range rows {
			fmt.Fprintf(w, "%d,%s\n", i, "a text of some length")
		}
		fmt.Fprintln(w, "ragged")
	})
	for name, in := range map[string]kqlio.Input{"again": {Open: o.open, Comma: ','}, "once": {Open: o.open, Comma: ',', Once: true}} {
		for _, schema := range [][]kql.Column{nil, {{Name: "n", Type: kql.DateTime}}} {
			s, err := kqlio.NewStream(in, schema, nil)
			if err != nil {
				t.Fatal(err)
			}
			l, err := s.LoadUpTo(context.Background(), 100_000)
			if err != nil || l.Rows != rows || l.Bad != 1 || (l.Lost > 0) != (schema != nil) || (l.Table != nil) != in.Once {
				t.Fatalf("%s: %+v, %v", name, l, err)
			}
			if in.Once {
				continue
			}
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					n := 0
					for b, err := range s.Scan(context.Background(), []int{0}) {
						if err != nil {
							t.Error(err)
							return
						}
						n += b.Rows
					}
					if n != rows {
						t.Errorf("%d rows", n)
					}
				})
			}
			wg.Wait()
		}
	}
}

// FuzzReadRows reads whatever text as rows: nothing panics, and both forms of
// reading agree on how many there are.
func FuzzReadRows(f *testing.F) {
	for _, s := range []string{`[{"a":1}]`, `{"a":1}` + "\n{", "{\n\"value\": [\n{\"a\":1}]}", "a,b\n1,2\n\"x", `{"value":7}{"a":1}`, "\ufeff,\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, comma := range []rune{0, ','} {
			open := func() (io.Reader, func(), error) { return strings.NewReader(text), func() {}, nil }
			s, err := kqlio.NewStream(kqlio.Input{Open: open, Comma: comma}, nil, nil)
			if err != nil {
				continue
			}
			found, err := s.Load(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			typed, err := kqlio.NewStream(kqlio.Input{Open: open, Comma: comma}, s.Columns(), nil)
			if err != nil {
				t.Fatal(err)
			}
			again, err := typed.Load(context.Background())
			if err != nil || again.Rows != found.Rows || again.Bad != found.Bad {
				t.Fatalf("%v: %+v, then %+v", err, found.Report, again.Report)
			}
		}
	})
}
