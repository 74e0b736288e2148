package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// letter is a line of the dead-letter file.
type letter struct {
	At      time.Time `json:"at"`
	Channel string    `json:"channel"`
	Error   string    `json:"error"`
	Tries   int       `json:"tries,omitempty"` // runs that tried again
	GivenUp bool      `json:"givenUp,omitempty"`
	Message *Message  `json:"message"`
}

// How long dead letters are tried again, and how many at a time.
const (
	maxResends    = 10                 // runs that try one letter
	maxLetterAge  = 7 * 24 * time.Hour // what is older is no news
	maxResendRun  = 50                 // letters of one run
	maxLetterFile = 64 << 20
)

// Resend tries the letters in the dead-letter file once more, the oldest first,
// each once for its channel. What is taken leaves the file; what is not stays, and
// is given up after ten runs or a week and kept for whoever looks. A channel that
// does not take one letter is not asked to take the others. A message that is
// there twice for one channel is sent once.
//
// A process that is killed after a letter was taken and before the file was
// written sends it again, with the same id.
func (n *Notifier) Resend(ctx context.Context) (Outcome, error) {
	var o Outcome
	if n.DeadLetter == "" {
		return o, nil
	}
	lines, err := n.letters()
	if err != nil || len(lines) == 0 {
		return o, err
	}
	channels := map[string]Channel{}
	for _, c := range n.Channels {
		channels[c.Name] = c
	}
	silent := map[string]bool{}
	tried, changed := 0, false
	for i := range lines {
		l := lines[i].letter
		if l == nil || l.GivenUp {
			continue
		}
		if n.Now().Sub(l.At) > maxLetterAge || l.Tries >= maxResends {
			l.GivenUp, changed = true, true
			continue
		}
		c, ok := channels[l.Channel]
		if !ok || silent[l.Channel] || tried >= maxResendRun {
			continue
		}
		tried++
		err := c.send(ctx, l.Message)
		if ctx.Err() != nil {
			return o, errors.Join(ctx.Err(), n.keep(lines, changed))
		}
		if err != nil {
			l.Tries++
			l.Error, changed = err.Error(), true
			silent[l.Channel] = true
			o.Dead = append(o.Dead, fmt.Errorf("%s: %w", c.Name, err))
			continue
		}
		o.Sent++
		lines[i] = line{gone: true}
		if err := n.keep(lines, true); err != nil { // so that it is not sent again
			return o, err
		}
		changed = false
	}
	return o, n.keep(lines, changed)
}

// line is a line of the file: a letter, or a text that is none and stays.
type line struct {
	text   []byte
	letter *letter
	gone   bool
}

// letters reads the file. Of a message that is there twice for one channel the
// first is kept.
func (n *Notifier) letters() ([]line, error) {
	f, err := os.Open(n.DeadLetter)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what could not be sent: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxLetterFile+1))
	if err != nil {
		return nil, fmt.Errorf("read what could not be sent: %w", err)
	}
	if len(text) > maxLetterFile {
		return nil, nil // it is not read, and stays
	}
	var out []line
	seen := map[string]bool{}
	for part := range bytes.Lines(text) {
		part = bytes.TrimSpace(part)
		if len(part) == 0 {
			continue
		}
		l := line{text: part}
		var one letter
		if err := json.Unmarshal(part, &one); err == nil && one.Message != nil && one.Message.ID != "" {
			if key := one.Channel + "\x00" + one.Message.ID; seen[key] {
				continue
			} else {
				seen[key] = true
			}
			l.letter = &one
		}
		out = append(out, l)
	}
	return out, nil
}

// keep writes the file, whole or not at all; where nothing is left it goes away.
func (n *Notifier) keep(lines []line, changed bool) (err error) {
	if !changed {
		return nil
	}
	var text []byte
	for _, l := range lines {
		switch {
		case l.gone:
			continue
		case l.letter != nil:
			one, err := json.Marshal(l.letter)
			if err != nil {
				return fmt.Errorf("keep what could not be sent: %w", err)
			}
			text = append(append(text, one...), '\n')
		default:
			text = append(append(text, l.text...), '\n')
		}
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("keep what could not be sent: %w", err)
		}
	}()
	if len(text) == 0 {
		return os.Remove(n.DeadLetter)
	}
	f, err := os.CreateTemp(filepath.Dir(n.DeadLetter), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), n.DeadLetter)
}

// broken tells whether a file ends in the middle of a line, as one does whose
// writer was killed.
func broken(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}
