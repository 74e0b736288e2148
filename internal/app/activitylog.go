package app

import (
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
	read, err := readExported(paths, "activity log", collect.TableActivity, log.add)
	if err != nil {
		return nil, err
	}
	log.Read = read
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
