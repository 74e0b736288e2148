package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestGenerateIsExactSeededAndValid(t *testing.T) {
	for _, n := range []int{1, 7, 199, 200, 5_000} {
		s := Size{Resources: n, Seed: 3, Faults: 0.1}
		var a, b bytes.Buffer
		if err := Generate(&a, s); err != nil {
			t.Fatal(err)
		}
		if err := Generate(&b, s); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%d resources: two runs differ", n)
		}
		var doc struct {
			Value []struct{ ID, Name, Type string } `json:"value"`
		}
		if err := json.Unmarshal(a.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		if len(doc.Value) != n {
			t.Errorf("%d resources, expected %d", len(doc.Value), n)
		}
		seen := map[string]bool{}
		for _, r := range doc.Value {
			if r.ID == "" || r.Name == "" || r.Type == "" || seen[r.ID] {
				t.Fatalf("resource %+v is broken or there twice", r)
			}
			seen[r.ID] = true
			if !strings.HasSuffix(r.ID, "/"+r.Name) && r.Type != "Microsoft.Resources/subscriptions" {
				t.Errorf("the id %s does not end in the name %s", r.ID, r.Name)
			}
		}
		s.Seed = 4
		b.Reset()
		if err := Generate(&b, s); err != nil || bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%d resources: another seed gives the same (%v)", n, err)
		}
	}
}

func TestGenerateMixes(t *testing.T) {
	types, bad := map[string]int{}, 0
	const n = 20_000
	for text := range Resources(Size{Resources: n, Seed: 1, Faults: 0.05}) {
		var r struct{ Type string }
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		types[r.Type]++
		if bytes.Contains(text, []byte(`"allowBlobPublicAccess":true`)) {
			bad++
		}
	}
	if len(types) < 20 {
		t.Errorf("only %d types", len(types))
	}
	accounts := types["Microsoft.Storage/storageAccounts"]
	if share := float64(bad) / float64(accounts); share < 0.02 || share > 0.09 {
		t.Errorf("%d of %d accounts are public, expected about 5%%", bad, accounts)
	}
}

func TestGenerateChecksItsSize(t *testing.T) {
	for _, s := range []Size{{}, {Resources: -1}, {Resources: MaxResources + 1}, {Resources: 1, Faults: 1.5}, {Resources: 1, Faults: -1}} {
		if err := Generate(&bytes.Buffer{}, s); err == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}

type full struct{}

var errFull = errors.New("no room")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestGenerateReturnsTheWritersError(t *testing.T) {
	if err := Generate(full{}, Size{Resources: 3_000}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("resources=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range Resources(Size{Resources: n, Seed: 1, Faults: 0.05}) { // only made
				}
			}
		})
	}
}

type part struct {
	bytes.Buffer
	closed bool
}

func (p *part) Close() error { p.closed = true; return nil }

func TestGeneratePartsHoldTheSame(t *testing.T) {
	s := Size{Resources: 1_001, Seed: 5, Faults: 0.1}
	var parts []*part
	if err := GenerateParts(s, 500, func(n int) (io.WriteCloser, error) {
		if n != len(parts)+1 {
			t.Errorf("part %d comes after %d", n, len(parts))
		}
		parts = append(parts, &part{})
		return parts[n-1], nil
	}); err != nil {
		t.Fatal(err)
	}
	var whole bytes.Buffer
	if err := Generate(&whole, s); err != nil {
		t.Fatal(err)
	}
	resources := func(text []byte) (out []string) {
		var doc struct{ Value []json.RawMessage }
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		for _, r := range doc.Value {
			out = append(out, string(r))
		}
		return out
	}
	var all []string
	for _, p := range parts {
		if !p.closed {
			t.Error("a part was left open")
		}
		all = append(all, resources(p.Bytes())...)
	}
	if len(parts) != 3 || !slices.Equal(all, resources(whole.Bytes())) {
		t.Errorf("%d parts hold %d resources", len(parts), len(all))
	}
	if err := GenerateParts(s, 0, nil); err == nil {
		t.Error("parts of nothing were taken")
	}
}
