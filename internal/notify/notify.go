// Package notify tells people what a watch found: by webhook, in Teams, in Slack
// and by e-mail.
//
// Start with [Parse], which reads the channels, [Notifier.Send], and
// [Notifier.Resend] for what could not be sent before. A message
// is tried again with growing pauses where that may help; what could not be sent
// is a line of the dead-letter file. Addresses of webhooks and passwords are
// secrets: they come from the environment, and no error or file holds them.
package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/azward/azward/finding"
)

// Message is what is to be told.
type Message struct {
	Event    string    `json:"event"` // azward.drift or azward.failure
	ID       string    `json:"id"`    // the same for the same message
	At       time.Time `json:"at"`
	Tenant   string    `json:"tenant,omitempty"`
	Title    string    `json:"title"`
	Text     string    `json:"text"` // one paragraph
	Score    *Score    `json:"score,omitempty"`
	Findings []Finding `json:"findings"`
}

// Score is the Secure Score before and now, 0 to 1.
type Score struct {
	Before float64 `json:"before"`
	After  float64 `json:"after"`
}

// Finding is a new finding that crosses the threshold.
type Finding struct {
	ControlID  string           `json:"controlId"`
	ResourceID string           `json:"resourceId"`
	Severity   finding.Severity `json:"severity"`
	Title      string           `json:"title"`
	Reasons    []string         `json:"reasons,omitempty"`
	Ask        string           `json:"ask,omitempty"` // who created or changed the resource
}

// Identify sets the message's id from what it says.
func (m *Message) Identify() {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n%d\n", m.Event, m.Tenant, m.Title, m.At.Unix())
	for _, f := range m.Findings {
		b.WriteString(f.ControlID + "\n" + strings.ToLower(f.ResourceID) + "\n")
	}
	h := sha256.Sum256([]byte(b.String()))
	m.ID = hex.EncodeToString(h[:12])
}

// Channel is one way to tell.
type Channel struct {
	Name string
	send func(ctx context.Context, m *Message) error
}

// Notifier tells by several channels.
type Notifier struct {
	Channels   []Channel
	Attempts   int           // 0: 5
	Backoff    time.Duration // the first pause; 0: two seconds
	DeadLetter string        // file for what could not be sent
	Now        func() time.Time
}

// Outcome says what became of a message.
type Outcome struct {
	Sent int
	Dead []error // a channel each: why it got nothing
}

// permanent is an error that trying again does not mend.
type permanent struct{ err error }

func (p permanent) Error() string { return p.err.Error() }
func (p permanent) Unwrap() error { return p.err }

// later is an error that says when to try again.
type later struct {
	err   error
	after time.Duration
}

func (l later) Error() string { return l.err.Error() }
func (l later) Unwrap() error { return l.err }

// longest is the longest pause between two tries.
const longest = time.Minute

// Send tells by every channel. What a channel did not take is in the dead-letter
// file and in the outcome; the error is for where that file cannot be written,
// and for ctx.
func (n *Notifier) Send(ctx context.Context, m *Message) (Outcome, error) {
	var o Outcome
	for _, c := range n.Channels {
		err := n.try(ctx, c, m)
		if err == nil {
			o.Sent++
			continue
		}
		err = fmt.Errorf("%s: %w", c.Name, err)
		o.Dead = append(o.Dead, err)
		if write := n.bury(c.Name, err, m); write != nil {
			return o, write
		}
		if ctx.Err() != nil {
			return o, ctx.Err()
		}
	}
	return o, nil
}

func (n *Notifier) try(ctx context.Context, c Channel, m *Message) error {
	attempts, backoff := n.Attempts, n.Backoff
	if attempts <= 0 {
		attempts = 5
	}
	if backoff <= 0 {
		backoff = 2 * time.Second
	}
	for attempt := 1; ; attempt++ {
		err := c.send(ctx, m)
		if err == nil {
			return nil
		}
		if _, ok := errors.AsType[permanent](err); ok {
			return err
		}
		if attempt >= attempts {
			return fmt.Errorf("%w (tried %d times)", err, attempt)
		}
		pause := backoff << min(attempt-1, 5)
		pause = pause/2 + rand.N(pause)
		if l, ok := errors.AsType[later](err); ok {
			pause = max(pause, l.after)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(pause, longest)):
		}
	}
}

// bury adds a line to the dead-letter file.
func (n *Notifier) bury(channel string, cause error, m *Message) error {
	if n.DeadLetter == "" {
		return nil
	}
	line, err := json.Marshal(letter{At: n.Now().UTC(), Channel: channel, Error: cause.Error(), Message: m})
	if err != nil {
		return fmt.Errorf("keep what could not be sent: %w", err)
	}
	f, err := os.OpenFile(n.DeadLetter, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("keep what could not be sent: %w", err)
	}
	if broken(f) {
		line = append([]byte{'\n'}, line...)
	}
	_, err = f.Write(append(line, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keep what could not be sent: %w", err)
	}
	return nil
}
