package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/notify"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/internal/snapshot"
)

// watched is a made-up storage account of a subscription, as az lists it.
func watched(t *testing.T, public bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "resources.json")
	access := "false"
	if public {
		access = "true"
	}
	text := `[{"id":"/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st","name":"st","type":"Microsoft.Storage/storageAccounts","location":"westeurope","properties":{"allowBlobPublicAccess":` + access + `}}]`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// reading makes a watch read a file.
func reading(t *testing.T, file string, at func() time.Time) func(context.Context, string, string) error {
	t.Helper()
	return func(ctx context.Context, path, _ string) error {
		inv, err := Load(ctx, &Options{From: []string{file}})
		if err != nil {
			return err
		}
		f, err := CreateSnapshot(path, snapshot.Header{CreatedAt: at()})
		if err != nil {
			return err
		}
		if err := f.Write(inv); err != nil {
			return err
		}
		return f.Finish()
	}
}

func TestWatchTellsOnceUntilClosed(t *testing.T) {
	var got []notify.Message
	status := http.StatusAccepted
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m notify.Message
		text, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(text, &m); err != nil {
			t.Error(err)
		}
		if status/100 == 2 {
			got = append(got, m)
		}
		w.WriteHeader(status)
	}))
	defer s.Close()
	hook, err := notify.Post("webhook", "URL", func(string) string { return s.URL })
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	dir := t.TempDir()
	dead := filepath.Join(dir, "dead-letter.jsonl")
	o := WatchOptions{
		Dir: dir, Keep: 3, Tell: true, Severity: finding.Low, ScoreDrop: 1, Assess: Options{Clock: clock, Now: now},
		Notify: &notify.Notifier{Channels: []notify.Channel{hook}, Attempts: 2, Backoff: time.Microsecond, DeadLetter: dead, Now: clock},
	}
	good, bad := reading(t, watched(t, false), clock), reading(t, watched(t, true), clock)
	round := func(read func(context.Context, string, string) error) (*Round, error) {
		now = now.Add(time.Hour)
		o.Read = read
		got = nil
		return WatchOnce(context.Background(), o)
	}
	must := func(name string, read func(context.Context, string, string) error, messages, fresh int) {
		t.Helper()
		r, err := round(read)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(got) != messages || (len(r.Fresh) > 0) != (fresh > 0) {
			t.Errorf("%s: %d messages, want %d; fresh findings %v", name, len(got), messages, r.Fresh)
		}
	}
	must("the first round", good, 0, 0)
	must("it got worse", bad, 1, 1)
	m := got[0]
	if m.Event != "azward.drift" || m.ID == "" || len(m.Findings) == 0 || m.Score == nil || m.Title != "1 new finding in the tenant" {
		t.Errorf("%+v", m)
	}
	must("it stays so", bad, 0, 0)

	// The tenant cannot be read: told once, and nothing is forgotten.
	broken := func(context.Context, string, string) error { return errors.New("sign in: no") }
	for i, want := range []int{1, 0} {
		if _, err := round(broken); err == nil || len(got) != want {
			t.Errorf("round %d of a broken sign-in: %v, %d messages, want %d", i, err, len(got), want)
		}
	}
	must("it can be read again", bad, 0, 0)
	must("it was mended", good, 0, 0)

	// What could not be sent is a dead letter, and sent in the next round.
	status = http.StatusInternalServerError
	must("worse again, and nobody takes it", bad, 0, 1)
	if text, err := os.ReadFile(dead); err != nil || strings.Count(string(text), "\n") != 1 {
		t.Errorf("dead letters: %s, %v", text, err)
	}
	status = http.StatusOK
	must("it stays so again", bad, 1, 0)
	if _, err := os.Stat(dead); err == nil {
		t.Error("a letter that was sent is still there")
	}
	must("and again", bad, 0, 0)

	for _, d := range []string{"snapshots", "assessments", "diffs"} {
		if list, err := os.ReadDir(filepath.Join(dir, d)); err != nil || len(list) != 3 {
			t.Errorf("%s holds %d rounds, want 3; %v", d, len(list), err)
		}
	}

	// A round that was cut off before it told is repeated.
	must("mended", good, 0, 0)
	ctx, cancel := context.WithCancel(context.Background())
	o.Notify.Channels = append([]notify.Channel{hook}, o.Notify.Channels...)
	o.Read = func(c context.Context, path, before string) error { defer cancel(); return bad(c, path, before) }
	now = now.Add(time.Hour)
	if _, err := WatchOnce(ctx, o); err == nil {
		t.Error("a round that was cut off went well")
	}
	o.Notify.Channels = o.Notify.Channels[:1]
	must("after the cut", bad, 1, 1)
}

func TestWatchTellsAFallOfTheScore(t *testing.T) {
	for _, c := range []struct {
		after float64
		fell  bool
	}{{0.60, false}, {0.585, true}, {0.5901, false}, {0.70, false}} {
		o := WatchOptions{ScoreDrop: 1}
		r := &Round{Drift: &report.Drift{Before: report.DriftSide{Percentage: 0.60}, After: report.DriftSide{Percentage: c.after}}}
		if err := o.report(context.Background(), r, time.Time{}); err != nil || r.Fell != c.fell {
			t.Errorf("60 -> %v: fell %v, %v", c.after*100, r.Fell, err)
		}
	}
}

func TestWatchRefusesABrokenMemory(t *testing.T) {
	for text, want := range map[string]string{
		"{":             "delete it to begin anew",
		`{"version":9}`: "version 9",
		`{"version":1,"last":"../../etc/passwd"}`: "outside of the history",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := WatchOnce(context.Background(), WatchOptions{Dir: dir}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestWatchReadsEverythingNowAndThen looks at which snapshots rounds go on from.
func TestWatchReadsEverythingNowAndThen(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	read := reading(t, watched(t, false), clock)
	var from []string
	fail := false
	o := WatchOptions{Dir: t.TempDir(), Keep: 3, Anew: 3 * time.Hour, Assess: Options{Clock: clock}, Read: func(ctx context.Context, path, before string) error {
		from = append(from, strings.TrimSuffix(filepath.Base(before), ".azs"))
		if fail {
			return errors.New("no")
		}
		return read(ctx, path, before)
	}}
	for i := range 6 {
		fail = i == 3 // the one that would be anew
		if _, err := WatchOnce(context.Background(), o); (err != nil) != fail {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	want := []string{".", "20261101T000000.000Z", "20261101T010000.000Z", ".", ".", "20261101T040000.000Z"}
	if !slices.Equal(from, want) {
		t.Errorf("rounds went on from %q, want %q", from, want)
	}
}

// TestOneWatchAFolder takes a lock twice, and one that a dead process left.
func TestOneWatchAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	unlock, err := LockWatch(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LockWatch(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d watches", os.Getpid())) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second watch: %v", err)
	}
	unlock()
	if err := os.WriteFile(filepath.Join(dir, "lock"), []byte("2147483646\n"), 0o600); err != nil { // nobody's
		t.Fatal(err)
	}
	unlock, err = LockWatch(dir)
	if err != nil {
		t.Errorf("the lock of a dead process: %v", err)
	} else {
		unlock()
	}
}
