package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/azward/azward/finding"
)

// spread is a source of n findings that counts how many it made whole.
type spread struct {
	n    int
	made atomic.Int64
}

func (s *spread) Len() int { return s.n }

func (s *spread) Head(i int) Finding {
	return Finding{ResourceID: fmt.Sprint("/r/", i), ControlID: "storage-public", State: finding.NonCompliant, Severity: finding.High}
}

func (s *spread) Reader() func(i int) Finding {
	return func(i int) Finding {
		s.made.Add(1)
		f := s.Head(i)
		f.Reasons = []string{fmt.Sprint("reason ", i)}
		return f
	}
}

// Blocks are made on several processors: the order must be that of the list.
func TestListIsWrittenInOrder(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, n := range []int{0, 1, blockSize, blockSize + 1, 20*blockSize + 7} {
		a := sample(0)
		a.Findings, a.Unknown = NewList(&spread{n: n}), NewList(&spread{n: 3})
		for _, f := range Formats() {
			var out bytes.Buffer
			if err := f.Write(&out, a); err != nil {
				t.Fatal(f.Name, err)
			}
			if f.Name == "html" || f.Name == "md" {
				continue
			}
			last, lists := -1, 0
			for word := range strings.FieldsFuncSeq(out.String(), func(r rune) bool { return r == '"' || r == ',' || r == '\n' || r == '<' }) {
				number, ok := strings.CutPrefix(word, "/r/")
				if !ok {
					continue
				}
				var i int
				if _, err := fmt.Sscan(number, &i); err != nil {
					t.Fatal(err)
				}
				if i == 0 && last != 0 || i == 0 && n == 1 {
					last = 0
					lists++
					continue
				}
				if i != last && i != last+1 {
					t.Fatalf("%s of %d: %d after %d", f.Name, n, i, last)
				}
				last = i
			}
			if last != 2 || lists == 0 {
				t.Errorf("%s of %d ends with %d after %d lists", f.Name, n, last, lists)
			}
		}
	}
}

// What a format does not show is not put into words.
func TestOnlyWhatIsShownIsMade(t *testing.T) {
	s := &spread{n: 50_000}
	a := sample(0)
	a.Findings, a.Unknown = NewList(s), List{}
	if err := Terminal(io.Discard, a, TerminalOptions{Width: 80}); err != nil {
		t.Fatal(err)
	}
	if n := s.made.Load(); n > 10 {
		t.Errorf("the summary made %d findings", n)
	}
	if err := HTML(io.Discard, a); err != nil {
		t.Fatal(err)
	}
	if n := s.made.Load(); n > pageFindings+20 {
		t.Errorf("the page made %d findings", n)
	}
}

// full is a disk that takes n bytes.
type full struct{ n int }

func (f *full) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

var errFull = errors.New("the disk is full")

func TestFullDiskEndsTheReport(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	s := &spread{n: 1_000_000}
	a := sample(0)
	a.Findings = NewList(s)
	for _, f := range Formats() {
		before := s.made.Load()
		if f.Name == "md" {
			continue // fits
		}
		if err := f.Write(&full{1 << 16}, a); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", f.Name, err)
		}
		if made := s.made.Load() - before; f.Name != "html" && made > 100_000 {
			t.Errorf("%s made %d findings for a disk that was full", f.Name, made)
		}
	}
}

func sameJSON(t *testing.T, f *Finding) {
	t.Helper()
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("  ", " ")
	if err := enc.Encode(f); err != nil {
		t.Fatal(err)
	}
	if got := appendFinding(nil, f); string(got) != strings.TrimSuffix(want.String(), "\n") {
		t.Errorf("got  %s\nwant %s", got, want.String())
	}
}

func TestFindingAsEncodingJSONWritesIt(t *testing.T) {
	var every []rune
	for r := range rune(0x300) {
		every = append(every, r)
	}
	odd := string(every) + "\u2028\u2029\ufffd\U0001f600 \xff\xc3( <&>"
	for _, f := range []Finding{
		{},
		{Reasons: []string{}},
		{ResourceID: "/a", ResourceName: "a", ResourceType: "b/c", ControlID: "d", Title: "e", State: finding.Exempt, Severity: finding.Critical, Reasons: []string{"f", odd},
			Missing: []string{"g", "h"}, Evidence: []finding.Step{{Clause: "i", Path: "/j", Value: odd, Truth: finding.Maybe}, {}}, Exemption: odd, File: "k", Line: 12, Column: -3, Address: "l.m"},
	} {
		sameJSON(t, &f)
	}
}

func FuzzFindingJSON(f *testing.F) {
	f.Add("a", "\x00\u2029", 1)
	f.Fuzz(func(t *testing.T, a, b string, n int) {
		sameJSON(t, &Finding{ResourceID: a, Title: b, Reasons: []string{b}, Line: n, Evidence: []finding.Step{{Clause: a, Value: b}}})
	})
}
