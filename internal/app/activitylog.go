package app

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// ActivityEvent is one line of Azure's activity log.
type ActivityEvent struct {
	At     time.Time
	Caller []string // object id, user principal name or application id, the surest first
	Action string   // lower case
	Scope  resource.ID
}

// ActivityLog is what exported activity logs hold.
type ActivityLog struct {
	Events  int // lines that show an action by somebody
	Skipped int // lines that do not: no caller, no action, no resource, refused
	First   time.Time
	Last    time.Time
	// Read are the spans that were read whole, where snapshots say so.
	Read []snapshot.Period
	uses map[useKey]*use
}

type useKey struct{ caller, action, scope string }

type use struct {
	event ActivityEvent
	times int
}

// ReadActivityLog reads exports of Azure's activity log: the table AzureActivity
// as JSON, JSON lines or CSV, the answers of the REST API, or the lines that
// diagnostic settings write; compressed or not; and snapshots that hold an
// activity log. Files are added up. Source:
// "Azure Activity Log event schema", and the reference of the table AzureActivity.
func ReadActivityLog(paths []string) (*ActivityLog, error) {
	log := &ActivityLog{uses: map[useKey]*use{}}
	var snapshots []string
	for _, path := range paths {
		if isSnapshot(path) {
			snapshots = append(snapshots, path)
			continue
		}
		r := rowReader{what: "activity log", add: log.add}
		if err := r.file(path); err != nil {
			if pe, ok := errors.AsType[*fs.PathError](err); ok {
				return nil, usagef("read the activity log %s: %v", path, pe.Err)
			}
			if errors.Is(err, ErrUsage) {
				return nil, usagef("read the activity log %s: %s", path, strings.TrimPrefix(err.Error(), ErrUsage.Error()+": "))
			}
			return nil, fmt.Errorf("read the activity log %s: %w", path, err)
		}
	}
	if len(snapshots) == 0 {
		return log, nil
	}
	read, err := ScanLog(context.Background(), snapshots, collect.TableActivity, func(v jsondoc.Value) error { log.add(v); return nil })
	if errors.Is(err, ErrNoLogs) {
		return nil, usagef("%s holds no activity log: azward collect --logs reads it", strings.Join(snapshots, ", "))
	}
	if err != nil {
		return nil, err
	}
	log.Read = read.Periods
	return log, nil
}

// span returns when everything that happened in a subscription is known, the
// latest such span; ok is false where nothing says so.
func (l *ActivityLog) span(subscription string) (from, to time.Time, ok bool) {
	for _, p := range l.Read {
		if strings.EqualFold(p.Scope, subscription) && p.To.After(to) {
			from, to, ok = p.From, p.To, true
		}
	}
	return from, to, ok
}

// rowReader reads the events of an exported log: JSON, JSON lines or CSV, compressed
// or not.
type rowReader struct {
	what string // "activity log"
	add  func(jsondoc.Value)
}

func (l *rowReader) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	in := bufio.NewReaderSize(f, 1<<16)
	if head, err := in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		in = bufio.NewReaderSize(z, 1<<16)
	}
	if head, err := in.Peek(3); err == nil && bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		if _, err := in.Discard(3); err != nil {
			return err
		}
	}
	for {
		c, err := in.Peek(1)
		if errors.Is(err, io.EOF) {
			return usagef("the file is empty")
		}
		if err != nil {
			return err
		}
		switch c[0] {
		case ' ', '\t', '\r', '\n':
			if _, err := in.Discard(1); err != nil {
				return err
			}
			continue
		case '[', '{':
			return l.json(in)
		}
		return l.csv(in)
	}
}

// json reads values one after the other: events, lists of them, or objects
// around lists.
func (l *rowReader) json(in io.Reader) error {
	dec := json.NewDecoder(in)
	token, err := dec.Token()
	if err != nil {
		return err
	}
	if token == json.Delim('[') { // one list, taken an element at a time
		for dec.More() {
			if err := l.next(dec); err != nil {
				return err
			}
		}
		if _, err := dec.Token(); err != nil {
			return fmt.Errorf("the list does not end: %w", err)
		}
		return nil
	}
	// Objects: start again before the first.
	dec = json.NewDecoder(io.MultiReader(strings.NewReader("{"), dec.Buffered(), in))
	for {
		if err := l.next(dec); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (l *rowReader) next(dec *json.Decoder) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	v, err := jsondoc.Parse(raw)
	if err != nil {
		return err
	}
	for _, name := range []string{"value", "records"} {
		if list := v.Get(name); list.Kind() == jsondoc.Array {
			for _, e := range list.Elements() {
				l.add(e)
			}
			return nil
		}
	}
	l.add(v)
	return nil
}

func (l *rowReader) csv(in io.Reader) error {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.ReuseRecord, r.LazyQuotes = -1, true, true
	head, err := r.Read()
	if err != nil {
		return err
	}
	names := make([]string, len(head))
	for i, n := range head {
		// The portal writes "TimeGenerated [UTC]".
		names[i], _, _ = strings.Cut(strings.TrimSpace(n), " [")
	}
	if !slices.ContainsFunc(names, func(n string) bool {
		return strings.HasPrefix(strings.ReplaceAll(lower(n), " ", ""), "operationname")
	}) {
		return usagef("it is no %s: no column is called OperationName", l.what)
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		ms := make([]jsondoc.Member, 0, len(row))
		for i, cell := range row {
			if i < len(names) && cell != "" {
				ms = append(ms, jsondoc.Member{Name: names[i], Value: jsondoc.NewString(strings.Clone(cell))})
			}
		}
		l.add(jsondoc.NewObject(ms...))
	}
}

// claims by which a token names who holds it.
const claimObjectID = "http://schemas.microsoft.com/identity/claims/objectidentifier"

// add takes one event, in any of the shapes.
func (l *ActivityLog) add(v jsondoc.Value) {
	text := func(names ...string) string {
		for _, n := range names {
			e := v.Get(n)
			if e.Kind() == jsondoc.Object {
				e = e.Get("value")
			}
			if s := strings.TrimSpace(e.TextOr("")); s != "" {
				return s
			}
		}
		return ""
	}
	object := func(names ...string) jsondoc.Value { // tables hold objects as text
		for _, n := range names {
			e := v.Get(n)
			if e.Kind() == jsondoc.Object {
				return e
			}
			if s := e.TextOr(""); strings.HasPrefix(s, "{") {
				if parsed, err := jsondoc.ParseString(s); err == nil {
					return parsed
				}
			}
		}
		return jsondoc.Value{}
	}
	authorization, claims := object("Authorization_d", "Authorization"), object("Claims_d", "Claims")
	if identity := v.Get("identity"); identity.Kind() == jsondoc.Object {
		authorization, claims = identity.Get("authorization"), identity.Get("claims")
	}
	at, timed := directory.ParseTime(text("TimeGenerated", "eventTimestamp", "time"))
	e := ActivityEvent{At: at, Action: lower(first(authorization.Get("action").TextOr(""), text("OperationNameValue", "operationName")))}
	for _, who := range []string{claims.Get(claimObjectID).TextOr(""), text("Caller"), claims.Get("appid").TextOr("")} {
		if who != "" {
			e.Caller = append(e.Caller, lower(who))
		}
	}
	refused := false
	for _, word := range []string{text("ActivitySubstatusValue", "subStatus"), text("resultSignature"), text("HttpStatusCode")} {
		w := lower(word)
		refused = refused || strings.Contains(w, "forbidden") || strings.Contains(w, "unauthorized") || strings.HasSuffix(w, "403") || strings.HasSuffix(w, "401")
	}
	var err error
	e.Scope, err = resource.ParseID(first(text("_ResourceId", "ResourceId"), authorization.Get("scope").TextOr("")))
	if err != nil || !timed || len(e.Caller) == 0 || refused || !strings.Contains(e.Action, "/") {
		l.Skipped++
		return
	}
	l.Events++
	if l.First.IsZero() || at.Before(l.First) {
		l.First = at
	}
	if at.After(l.Last) {
		l.Last = at
	}
	k := useKey{e.Caller[0], e.Action, e.Scope.Key()}
	u := l.uses[k]
	if u == nil {
		u = &use{event: e}
		l.uses[k] = u
	}
	u.times++
	if at.After(u.event.At) {
		u.event.At = at
	}
}
