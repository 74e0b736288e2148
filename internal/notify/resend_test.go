package notify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestResend fills a dead-letter file and tries it again.
func TestResend(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dead.jsonl")
	now := fixed()
	taken := map[string]int{} // by channel and id
	broken := map[string]bool{"a": true, "b": true}
	named := func(name string) Channel {
		return Channel{Name: name, send: func(_ context.Context, m *Message) error {
			if broken[name] {
				return errors.New("no")
			}
			taken[name+m.ID]++
			return nil
		}}
	}
	n := &Notifier{Channels: []Channel{named("a"), named("b")}, Attempts: 1, Backoff: time.Nanosecond, DeadLetter: file, Now: func() time.Time { return now }}
	if out, err := n.Resend(context.Background()); err != nil || out.Sent != 0 {
		t.Errorf("no file: %+v, %v", out, err)
	}
	for i := range 3 {
		m := message()
		m.Title = fmt.Sprint("message ", i)
		m.Identify()
		for range 2 { // twice the same
			if _, err := n.Send(context.Background(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A process that was killed while it wrote.
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"at":"2026`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	last := message()
	last.Title = "the last"
	last.Identify()
	if _, err := n.Send(context.Background(), last); err != nil {
		t.Fatal(err)
	}

	// Both still broken: each channel is tried once.
	if out, err := n.Resend(context.Background()); err != nil || out.Sent != 0 || len(out.Dead) != 2 {
		t.Errorf("%+v, %v", out, err)
	}
	broken["a"] = false
	if out, err := n.Resend(context.Background()); err != nil || out.Sent != 4 || len(out.Dead) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	for id, times := range taken {
		if times != 1 {
			t.Errorf("%s was sent %d times", id, times)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Count(string(text), "\n") != 5 || strings.Count(string(text), `"channel":"b"`) != 4 || !strings.Contains(string(text), "{\"at\":\"2026\n") {
		t.Errorf("%v:\n%s", err, text)
	}

	// Nobody takes it for ten runs: it is kept, and not tried any more.
	for range 2 * maxResends * 4 {
		if _, err := n.Resend(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	broken["b"] = false
	if out, err := n.Resend(context.Background()); err != nil || out.Sent != 0 {
		t.Errorf("a letter that was given up: %+v, %v", out, err)
	}
	if text, err := os.ReadFile(file); err != nil || strings.Count(string(text), `"givenUp":true`) != 4 {
		t.Errorf("%v:\n%s", err, text)
	}
}

// TestResendHasACeiling sends many letters in several runs, and none that is old.
func TestResendHasACeiling(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dead.jsonl")
	now := fixed()
	sent, fail := 0, true
	c := Channel{Name: "a", send: func(context.Context, *Message) error {
		if fail {
			return errors.New("no")
		}
		sent++
		return nil
	}}
	n := &Notifier{Channels: []Channel{c}, Attempts: 1, DeadLetter: file, Now: func() time.Time { return now }}
	put := func(count int) {
		for i := range count {
			m := message()
			m.Title = fmt.Sprint(now, i)
			m.Identify()
			if _, err := n.Send(context.Background(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(10)
	now = now.Add(8 * 24 * time.Hour)
	put(maxResendRun + 20)
	fail = false
	for i, want := range []int{maxResendRun, maxResendRun + 20, maxResendRun + 20} {
		if _, err := n.Resend(context.Background()); err != nil || sent != want {
			t.Errorf("run %d: %d sent, want %d; %v", i, sent, want, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	fail = true
	put(1)
	if _, err := n.Resend(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that ends: %v", err)
	}
}
