package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The bounds of a history: its entries, and the bytes of one.
const (
	maxHistory      = 1000
	maxHistoryEntry = 64 << 10
)

// history is what was entered in the shell before, the newest last: a JSON
// text a line in a file that only its owner can read. It is not safe for
// concurrent use; shells that run at the same time append to one file.
type history struct {
	path    string // "" where nothing is kept
	entries []string
}

// openHistory reads a history, and shortens the file where it has grown past
// twice its bounds. A file that cannot be read is an error; one that is not
// there is not.
func openHistory(path string) (*history, error) {
	h := &history{path: path}
	if path == "" {
		return h, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	defer func() { _ = f.Close() }() // it is only read
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 1<<12), 8*maxHistoryEntry)
	lines := 0
	for s.Scan() {
		var entry string
		if lines++; json.Unmarshal(s.Bytes(), &entry) == nil && entry != "" {
			h.entries = append(h.entries, entry)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read the history %s: %w", path, err)
	}
	if n := len(h.entries); n > maxHistory {
		h.entries = h.entries[n-maxHistory:]
	}
	if lines > 2*maxHistory {
		return h, h.rewrite()
	}
	return h, nil
}

// rewrite replaces the file by what is in memory.
func (h *history) rewrite() error {
	var buf bytes.Buffer
	for _, e := range h.entries {
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write the history: %w", err)
		}
		buf.Write(append(line, '\n'))
	}
	f, err := os.CreateTemp(filepath.Dir(h.path), ".query_history.*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	_, err = f.Write(buf.Bytes())
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), h.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write the history: %w", err)
	}
	return nil
}

// Write adds an entry, unless it repeats the last one, is too long, or begins
// with a blank, by which people keep a secret out. It returns the number of
// entries.
func (h *history) Write(entry string) (int, error) {
	kept := strings.TrimRight(entry, " \t\n")
	n := len(h.entries)
	if kept == "" || kept[0] == ' ' || len(kept) > maxHistoryEntry || n > 0 && h.entries[n-1] == kept {
		return n, nil
	}
	h.entries = append(h.entries, kept)
	if len(h.entries) > maxHistory {
		h.entries = h.entries[1:]
	}
	if h.path == "" {
		return len(h.entries), nil
	}
	line, err := json.Marshal(kept)
	if err != nil {
		return n, fmt.Errorf("write the history: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return n, fmt.Errorf("write the history: %w", err)
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return n, fmt.Errorf("write the history: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return n, fmt.Errorf("write the history: %w", err)
	}
	return len(h.entries), nil
}

// GetLine returns an entry by its number from 0, the oldest.
func (h *history) GetLine(i int) (string, error) {
	if i < 0 || i >= len(h.entries) {
		return "", fmt.Errorf("the history has no entry %d", i)
	}
	return h.entries[i], nil
}

// Len returns the number of entries.
func (h *history) Len() int { return len(h.entries) }

// Dump returns the entries.
func (h *history) Dump() any { return h.entries }

// historyPath is where the shell keeps its history: a file in the user's
// configuration folder, "" where there is none.
func historyPath() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "azward", "query_history")
}
