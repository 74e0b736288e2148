package reader

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"github.com/azward/azward/inventory"
)

func gzipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstded(t testing.TB, text []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(text, nil)
}

func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tarred(t testing.TB, files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o600, Size: int64(len(files[i+1])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func utf16Text(text string, order binary.AppendByteOrder, mark bool) []byte {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, c := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, c)
	}
	return out
}

// What a file is shows in its contents; every wrapping gives the same.
func TestWrappings(t *testing.T) {
	text := `[` + account("a") + `,` + strings.Replace(account("b"), `"a":1`, `"a":"ünï😀"`, 1) + `]`
	want := strings.Join([]string{"R Microsoft.Storage/storageAccounts a", "R Microsoft.Storage/storageAccounts b", "M Microsoft.Storage/storageAccounts  complete 2"}, "\n")
	for name, packed := range map[string][]byte{
		"plain": []byte(text), "mark": []byte("\ufeff" + text), "gzip": gzipped(t, []byte(text)), "zstd": zstded(t, []byte(text)),
		"zip": zipped(t, "x/resources.txt", text, "__MACOSX/x", "junk"), "tar.gz": gzipped(t, tarred(t, "r.json", text, ".git/x", "junk")),
		"utf-16 le": utf16Text(text, binary.LittleEndian, true), "utf-16 be": utf16Text(text, binary.BigEndian, true),
		"utf-16 without mark": utf16Text(text, binary.LittleEndian, false), "zip in gzip": gzipped(t, zipped(t, "r", text)),
		"gzip in zip": zipped(t, "r.gz", string(gzipped(t, []byte(text)))),
	} {
		dir := write(t, map[string]string{"any.name": string(packed)})
		inv, err := Read(context.Background(), []string{dir}, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Join(show(inv, dir), "\n"); got != want {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

var hostile = []struct {
	name  string
	text  func(t *testing.T) []byte
	keeps []string // names of accounts that are read all the same
	want  []string // diagnostics: code, line and column, and what the message says
}{
	{"10,000 levels deep", func(*testing.T) []byte {
		return []byte("[" + account("a") + ",\n" + `{"id":"` + sta + `x","properties":` + strings.Repeat(`{"a":[`, 5000) + strings.Repeat(`]}`, 5000) + `}` + ",\n" + account("b") + "]")
	}, []string{"a", "b"}, []string{"RDR0003 2:30137 ", "depth"}},
	{"never closed", func(*testing.T) []byte {
		return []byte("[" + account("a") + ",\n" + strings.Repeat(`[`, 100_000))
	}, []string{"a"}, []string{"RDR0004 2:1", "ends in the middle"}},
	{"a value beyond the limit", func(*testing.T) []byte {
		return []byte("[" + account("a") + ",\n" + `{"id":"` + sta + `x","properties":{"s":"` + strings.Repeat("x", 3<<20) + `"}},` + "\n" + account("b") + "]")
	}, []string{"a", "b"}, []string{"RDR0005 2:1", "more than 1 MiB"}},
	{"a line beyond the limit", func(*testing.T) []byte {
		return []byte(account("a") + "\n" + account("c") + "\n" + `{"id":"` + sta + `x","properties":{"s":"` + strings.Repeat("x", 3<<20) + `"}}` + "\n" + account("b") + "\n")
	}, []string{"a", "b", "c"}, []string{"RDR0005 3:1", "more than 1 MiB"}},
	{"invalid UTF-8", func(*testing.T) []byte {
		return []byte("[" + account("a") + ",\n" + `{"id":"` + sta + "\xff" + `"},` + account("b") + "]")
	}, []string{"a", "b"}, []string{"RDR0003 2:", "UTF-8"}},
	{"a name twice", func(*testing.T) []byte {
		return []byte("[" + account("a") + ",\n" + `{"id":"` + sta + `x","id":"` + sta + `y"},` + account("b") + "]")
	}, []string{"a", "b"}, []string{"RDR0003 2:125", "twice"}},
	{"an id twice", func(*testing.T) []byte {
		return []byte("[" + account("a") + ",\n" + strings.Replace(account("a"), `"a":1`, `"a":2`, 1) + "]")
	}, []string{"a"}, []string{"INV0001 2:1", "read before"}},
	{"truncated gzip", func(t *testing.T) []byte {
		z := gzipped(t, []byte("["+account("a")+","+strings.Repeat(" \n", 1000)+account("b")+"]"))
		return z[:len(z)-20]
	}, []string{"a"}, []string{"RDR0001 1001:", "cut off"}},
	{"truncated zstd", func(t *testing.T) []byte {
		z := zstded(t, []byte("["+account("a")+","+account("b")+"]"))
		return z[:len(z)-5]
	}, nil, []string{"RDR0001 ", "cut off"}},
	{"truncated zip", func(t *testing.T) []byte {
		z := zipped(t, "a", account("a"))
		return z[:len(z)-10]
	}, nil, []string{"RDR0006 ", "zip"}},
	{"a broken file in a zip", func(t *testing.T) []byte {
		return zipped(t, "a", account("a"), "x", "hello", "b", account("b"))
	}, []string{"a", "b"}, []string{"RDR0002 1:1", "not JSON"}},
	{"a zip bomb", func(t *testing.T) []byte {
		return zipped(t, "a", account("a"), "bomb", "["+strings.Repeat(" ", 200<<20)+"]")
	}, []string{"a"}, []string{"RDR0006 ", "expands more than"}},
	{"archives in archives", func(t *testing.T) []byte {
		z := []byte(account("a"))
		for range 6 {
			z = gzipped(t, z)
		}
		return z
	}, nil, []string{"RDR0006 ", "nest deeper"}},
	{"not JSON", func(*testing.T) []byte { return []byte("hello") }, nil, []string{"RDR0002 1:1", "not JSON: found 'h'"}},
	{"empty", func(*testing.T) []byte { return nil }, nil, []string{"RDR0002 1:1", "empty"}},
	{"text behind the end", func(*testing.T) []byte { return []byte(account("a") + "\nhello") }, []string{"a"}, []string{"RDR0003 2:1", "after the end"}},
	{"zeros", func(*testing.T) []byte { return make([]byte, 1000) }, nil, []string{"RDR0002 1:1", "not JSON"}},
	{"a broken snapshot line", func(*testing.T) []byte {
		line := func(name string) string {
			return `{"record":{"id":"` + sta + name + `","type":"","body":` + account(name) + `}}`
		}
		return []byte(`{"azward":"snapshot","version":1}` + "\n" + line("a") + "\n" + `{"record":nul}` + "\n" + line("b") + "\n" + `{"end":{"records":3}}` + "\n")
	}, []string{"a", "b"}, []string{"RDR0013 3:1", "line 3 of the snapshot"}},
}

func TestHostile(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			dir := write(t, map[string]string{"x": string(tt.text(t)), "y.json": account("other")})
			inv, err := Read(context.Background(), []string{dir}, Options{MaxValue: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(show(inv, dir), "\n")
			for _, name := range append(tt.keeps, "other") {
				if !strings.Contains(got, "R Microsoft.Storage/storageAccounts "+name+"\n") {
					t.Errorf("%s is lost:\n%s", name, got)
				}
			}
			if n := inv.Count("Microsoft.Storage/storageAccounts"); n != len(tt.keeps)+1 {
				t.Errorf("%d accounts:\n%s", n, got)
			}
			if !strings.Contains(got, "D "+tt.want[0]) || !strings.Contains(got, tt.want[1]) {
				t.Errorf("got\n%.2000s\nwant %q", got, tt.want)
			}
			if lost := strings.Contains(got, "M * / failed"); lost == strings.HasPrefix(tt.want[0], "INV") {
				t.Errorf("the manifest does not say what was lost:\n%.2000s", got)
			}
		})
	}
}

// Nothing but the broken file: an error, which says what is wrong.
func TestNothingRead(t *testing.T) {
	dir := write(t, map[string]string{"x": "hello", "y": ""})
	_, err := Read(context.Background(), []string{dir}, Options{})
	if err == nil || !strings.Contains(err.Error(), "RDR0002") || !strings.Contains(err.Error(), "x:1:1") {
		t.Errorf("got %v", err)
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := write(t, map[string]string{"x": account("a")})
	if _, err := Read(ctx, []string{dir}, Options{}); err == nil {
		t.Error("no error")
	}
}

// repeated gives a JSON array of many resources without holding it.
type repeated struct {
	n, size int
	i       int
	rest    []byte
}

func (r *repeated) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		switch {
		case r.i > r.n:
			return 0, io.EOF
		case r.i == r.n:
			r.rest = []byte("{}]")
		default:
			open := ""
			if r.i == 0 {
				open = "["
			}
			var props strings.Builder
			for k := 0; props.Len() < r.size; k++ {
				fmt.Fprintf(&props, `"property%d":{"enabled":true,"value":%d,"name":"value %d of %d"},`, k, r.i, k, r.i)
			}
			r.rest = fmt.Appendf(nil, `%s{"id":"%sa%d","name":"a%d","type":"Microsoft.Storage/storageAccounts","properties":{%s"last":null}},`+"\n", open, sta, r.i, r.i, props.String())
		}
		r.i++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// TestMemory reads a large file and compares the peak of the heap with what the
// inventory holds in the end. AZWARD_BIG=1 makes the file 300 MB.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a large file")
	}
	n := 15_000
	if os.Getenv("AZWARD_BIG") != "" {
		n = 150_000
	}
	path := filepath.Join(t.TempDir(), "big.json")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	size, err := io.Copy(f, &repeated{n: n, size: 1800})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, peak := heap(), uint64(0)
	inv, err := Read(context.Background(), []string{path}, Options{Progress: func(Progress) { peak = max(peak, heap()) }})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	parsed := heap() - before
	t.Logf("figure: reading %d MB holds %d MB parsed, with a peak of %d MB: %.2f times the parsed size, %.2f times the file",
		size>>20, parsed>>20, (peak-before)>>20, float64(peak-before)/float64(parsed), float64(peak-before)/float64(size))
	if got := inv.Count("Microsoft.Storage/storageAccounts"); got != n {
		t.Errorf("%d resources of %d", got, n)
	}
	if peak-before > 3*parsed {
		t.Errorf("the peak is more than three times the parsed size")
	}
	runtime.KeepAlive(inv)
}

// A string of a gigabyte is passed over without being held.
func TestHugeString(t *testing.T) {
	size := int64(64 << 20)
	if os.Getenv("AZWARD_BIG") != "" {
		size = 1 << 30
	}
	rd := newRun(context.Background(), Options{MaxValue: 8 << 20})
	text := io.MultiReader(
		strings.NewReader(`[`+account("a")+`,`+"\n"+`{"id":"x","s":"`), io.LimitReader(letterReader{}, size), strings.NewReader(`"},`+"\n"+account("b")+`]`))
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := m.TotalAlloc
	rd.text("x", text)
	runtime.ReadMemStats(&m)
	inv := rd.finish()
	if inv.Len() != 2 || !strings.Contains(strings.Join(show(inv, "-"), "\n"), "D RDR0005 2:1 a value of more than 8 MiB was passed over") {
		t.Errorf("got %v", show(inv, "-"))
	}
	if used := m.TotalAlloc - before; used > 64<<20 {
		t.Errorf("%d MiB were allocated", used>>20)
	}
}

type letterReader struct{}

func (letterReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func FuzzRead(f *testing.F) {
	for _, tt := range readTests {
		f.Add([]byte(tt.text))
	}
	f.Add([]byte(`{"azward":"snapshot","version":1}` + "\n" + `{"record":{"id":"/subscriptions/s","body":{}}}` + "\n" + `{"end":{}}` + "\n"))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"))
	f.Add([]byte("\xff\xfe{\x00}\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rd := newRun(context.Background(), Options{MaxValue: 1 << 16})
		in := &counted{r: bytes.NewReader(text), rd: rd}
		rd.unpack("x", in, in, bytes.NewReader(text), int64(len(text)), 0)
		lost := rd.diags.HasErrors()
		inv := rd.finish()
		for r := range inv.All() {
			if r.ID.IsZero() || r.Type == "" {
				t.Errorf("a resource without id or type: %+v", r)
			}
		}
		if lost {
			for _, e := range inv.Manifest().Entries() {
				if e.Type == inventory.AnyType {
					return
				}
			}
			t.Errorf("something was lost and the manifest does not say so: %v", inv.Diagnostics())
		}
	})
}
