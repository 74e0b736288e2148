// Package snapshot is azward's own file: what was read of a tenant at one time,
// with the manifest of what was and was not read.
//
// A snapshot is JSON lines in one zstd file (RFC 8878), of several frames: each
// frame ends behind a whole line, so what was written before a crash can be
// read. Every line is an object with one member that says what it is, but for
// the first, which says what the file is:
//
//	{"azward":"snapshot","version":1,"createdAt":"2026-11-01T00:00:00Z","writer":"azward 1.0"}
//	{"record":{"id":"/subscriptions/...","type":"Microsoft.Storage/storageAccounts","source":"...","body":{...}}}
//	{"attach":{"id":"/providers/Microsoft.Graph/groups/...","member":"members","elements":[...]}}
//	{"cover":{"type":"Microsoft.Storage/storageAccounts","scope":"/subscriptions/...","state":"complete","count":1}}
//	{"log":{"table":"AzureActivity","row":{...}}}
//	{"period":{"table":"AzureActivity","scope":"/subscriptions/...","from":"...","to":"...","rows":1}}
//	{"delta":{"type":"Microsoft.Graph/groups","link":"https://graph.microsoft.com/...","at":"..."}}
//	{"aliases":{"type":"Microsoft.Storage/storageAccounts","list":[{"name":"...","defaultPath":"..."}]}}
//	{"source":{"name":"Azure Resource Graph","startedAt":"...","finishedAt":"...","records":1}}
//	{"note":{"code":"RDR0003","severity":"error","message":"...","source":"x.json","line":3,"column":9}}
//	{"end":{"records":1,"entries":1}}
//
// The last line tells that the file is whole. Lines of a kind that a reader
// does not know are passed over; a change that readers must understand raises
// the version.
//
// Write with [NewWriter], read with [Scan]; package internal/reader makes an
// inventory of a snapshot as of any other file, and internal/app writes one to
// disk safely.
package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Version is the version of the format that this package writes and reads.
const Version = 1

// MaxLine is the size in bytes of the longest line that is read.
const MaxLine = 64 << 20

// Errors that callers tell apart.
var (
	ErrNotSnapshot = errors.New("not a snapshot of azward")
	ErrVersion     = errors.New("a snapshot of a newer version")
	ErrTruncated   = errors.New("the snapshot ends before its last line")
)

// Header says what a snapshot is.
type Header struct {
	Version   int       `json:"version"`
	CreatedAt time.Time `json:"createdAt"`
	Writer    string    `json:"writer,omitempty"` // program and version
	Tenant    string    `json:"tenant,omitempty"` // id, where it is known
	Redacted  bool      `json:"redacted,omitempty"`
}

// Source says when one source was read and how much it gave.
type Source struct {
	Name       string    `json:"name"`
	StartedAt  time.Time `json:"startedAt,omitzero"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
	Records    int       `json:"records"`
	Calls      int       `json:"calls,omitempty"`
	Error      string    `json:"error,omitempty"` // why it did not finish
}

// End is the last line.
type End struct {
	Records int `json:"records"`
	Entries int `json:"entries"`
	Logs    int `json:"logs,omitempty"` // events of logs
}

// Attachment is a list that belongs into a member of an object.
type Attachment struct {
	ID       resource.ID
	Member   string
	Elements []jsondoc.Value
}

// Line is one line of a snapshot: one of its members is set, or none where the
// line is of a kind that this version does not know.
type Line struct {
	Header *Header
	Record *resource.Resource
	From   string // the source that Record names
	Attach *Attachment
	Cover  *inventory.Entry
	Source *Source
	Note   *diag.Diagnostic
	Log    *LogRow
	Period *Period
	Delta  *Delta
	// Aliases are of Azure Policy, as the tenant's own list gives them.
	Aliases *AliasList
	End     *End
}

// IsSnapshot tells whether a text that begins with head is a snapshot,
// of whatever version.
func IsSnapshot(head []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimSpace(head), []byte{'\n'})
	if len(line) > 64<<10 {
		return false
	}
	v, err := jsondoc.Parse(line)
	return err == nil && v.Get("azward").TextOr("") == "snapshot"
}

// ParseLine reads a line. in may be nil.
func ParseLine(text []byte, in *jsondoc.Interner) (Line, error) {
	v, err := parse(text, in)
	if err != nil {
		return Line{}, err
	}
	if v.Kind() != jsondoc.Object {
		return Line{}, fmt.Errorf("a line of a snapshot must be an object, not a %s", v.Kind())
	}
	if v.Get("azward").Exists() {
		h, err := header(v)
		return Line{Header: h}, err
	}
	if v.Len() == 0 {
		return Line{}, errors.New("a line of a snapshot must say what it is")
	}
	kind, body := v.Member(0)
	switch kind {
	case "record":
		r, err := record(body)
		return Line{Record: r, From: body.Get("source").TextOr("")}, err
	case "attach":
		a := &Attachment{Member: body.Get("member").TextOr("")}
		if a.ID, err = resource.ParseID(body.Get("id").TextOr("")); err != nil {
			return Line{}, err
		}
		if a.Member == "" {
			return Line{}, errors.New("an attachment must name a member")
		}
		for _, e := range body.Get("elements").Elements() {
			a.Elements = append(a.Elements, e)
		}
		return Line{Attach: a}, nil
	case "cover":
		e, err := ParseEntry(body)
		return Line{Cover: &e}, err
	case "source":
		return Line{Source: source(body)}, nil
	case "note":
		return Line{Note: note(body)}, nil
	case "log":
		r, err := logRow(body)
		return Line{Log: r}, err
	case "period":
		return Line{Period: period(body)}, nil
	case "delta":
		return Line{Delta: delta(body)}, nil
	case "aliases":
		return Line{Aliases: aliasList(body)}, nil
	case "end":
		return Line{End: &End{Logs: number(body.Get("logs")), Records: number(body.Get("records")), Entries: number(body.Get("entries"))}}, nil
	}
	return Line{}, nil
}

func parse(text []byte, in *jsondoc.Interner) (jsondoc.Value, error) {
	if in == nil {
		return jsondoc.Parse(text)
	}
	return jsondoc.ParseInterned(text, in)
}

func header(v jsondoc.Value) (*Header, error) {
	if v.Get("azward").TextOr("") != "snapshot" {
		return nil, ErrNotSnapshot
	}
	h := &Header{
		Version: number(v.Get("version")), CreatedAt: moment(v.Get("createdAt")),
		Writer: v.Get("writer").TextOr(""), Tenant: v.Get("tenant").TextOr(""),
	}
	h.Redacted, _ = v.Get("redacted").Bool()
	if h.Version < 1 {
		return h, fmt.Errorf("%w: it has no version", ErrNotSnapshot)
	}
	if h.Version > Version {
		return h, fmt.Errorf("%w: it is of version %d and this azward reads version %d", ErrVersion, h.Version, Version)
	}
	return h, nil
}

// record makes a resource of a record, whose id is its own and need not be the
// body's: objects of Microsoft Graph have another there.
func record(v jsondoc.Value) (*resource.Resource, error) {
	id, err := resource.ParseID(v.Get("id").TextOr(""))
	if err != nil {
		return nil, err
	}
	body, typ := v.Get("body"), v.Get("type").TextOr("")
	if body.Kind() != jsondoc.Object {
		return nil, fmt.Errorf("the record of %s has no body", id)
	}
	if !strings.Contains(typ, "/") {
		typ = id.Type()
	}
	return &resource.Resource{ID: id, Type: typ, Body: body}, nil
}

// ParseEntry reads an entry of a manifest.
func ParseEntry(v jsondoc.Value) (inventory.Entry, error) {
	e := inventory.Entry{
		Type: v.Get("type").TextOr(""), Scope: v.Get("scope").TextOr("/"), Count: number(v.Get("count")),
		Reason: v.Get("reason").TextOr(""), Source: v.Get("source").TextOr(""),
	}
	if e.Type == "" {
		return e, errors.New("an entry of a manifest must name a type")
	}
	if err := e.State.UnmarshalText([]byte(v.Get("state").TextOr(""))); err != nil {
		return e, err
	}
	e.Here, _ = v.Get("here").Bool()
	for _, u := range v.Get("unread").Elements() {
		if path := u.TextOr(""); path != "" {
			e.Unread = append(e.Unread, path)
		}
	}
	return e, nil
}

func source(v jsondoc.Value) *Source {
	return &Source{
		Name: v.Get("name").TextOr(""), StartedAt: moment(v.Get("startedAt")), FinishedAt: moment(v.Get("finishedAt")),
		Records: number(v.Get("records")), Calls: number(v.Get("calls")), Error: v.Get("error").TextOr(""),
	}
}

func note(v jsondoc.Value) *diag.Diagnostic {
	d := &diag.Diagnostic{
		Code: v.Get("code").TextOr(""), Message: v.Get("message").TextOr(""), Hint: v.Get("hint").TextOr(""), Source: v.Get("source").TextOr(""),
		Pos: diag.Position{Line: number(v.Get("line")), Column: number(v.Get("column"))},
	}
	switch v.Get("severity").TextOr("") {
	case diag.Warning.String():
		d.Severity = diag.Warning
	case diag.Info.String():
		d.Severity = diag.Info
	}
	return d
}

func number(v jsondoc.Value) int {
	n, _ := v.Int()
	return int(max(0, min(n, 1<<31-1)))
}

func moment(v jsondoc.Value) time.Time {
	t, err := time.Parse(time.RFC3339Nano, v.TextOr(""))
	if err != nil {
		return time.Time{}
	}
	return t
}
