package app

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// ActorLogs are the logs that say who changed what.
func ActorLogs() []string { return []string{collect.TableActivity, collect.TableAudits} }

// actors are who changed something last, as logs say: by the key of a resource,
// or for objects of the directory by their id in lower case.
type actors map[string]report.Person

// logActors reads the activity logs and directory audits that snapshots among the
// paths hold. Where there are none nobody is known.
func logActors(ctx context.Context, paths []string) (actors, error) {
	out := actors{}
	for table, add := range map[string]func(jsondoc.Value){collect.TableActivity: out.activity, collect.TableAudits: out.audit} {
		if _, err := ScanLog(ctx, paths, table, func(v jsondoc.Value) error { add(v); return nil }); err != nil && !errors.Is(err, ErrNoLogs) {
			return nil, err
		}
	}
	return out, nil
}

// keep notes who did something, unless somebody did later.
func (a actors) keep(key string, p report.Person) {
	if old, ok := a[key]; !ok || after(p.At, old.At) {
		a[key] = p
	}
}

// after compares times in text; one that cannot be read is before all.
func after(a, b string) bool {
	x, okx := directory.ParseTime(a)
	y, oky := directory.ParseTime(b)
	return okx && (!oky || x.After(y))
}

// activity takes an event that changed a resource and went well.
func (a actors) activity(v jsondoc.Value) {
	action := lower(first(v.Get("authorization").Get("action").TextOr(""), v.Get("operationName").Get("value").TextOr("")))
	did := ""
	switch {
	case strings.HasSuffix(action, "/write"):
		did = "changed"
	case strings.HasSuffix(action, "/delete"):
		did = "deleted"
	}
	status := lower(v.Get("status").Get("value").TextOr(""))
	id, err := resource.ParseID(v.Get("resourceId").TextOr(""))
	who := v.Get("caller").TextOr("")
	if did == "" || status != "succeeded" || err != nil || who == "" {
		return
	}
	p := report.Person{ID: who, Did: did, At: v.Get("eventTimestamp").TextOr("")}
	if !strings.Contains(who, "@") {
		p.Kind = "Application"
	}
	a.keep(id.Key(), p)
}

// audit takes an event that changed an object of the directory.
func (a actors) audit(v jsondoc.Value) {
	if !strings.EqualFold(v.Get("result").TextOr(""), "success") {
		return
	}
	p := report.Person{Did: "changed", At: v.Get("activityDateTime").TextOr("")}
	if strings.EqualFold(v.Get("operationType").TextOr(""), "Delete") {
		p.Did = "deleted"
	}
	by := v.Get("initiatedBy")
	if user := by.Get("user"); user.Kind() == jsondoc.Object {
		p.ID, p.Name, p.Kind = first(user.Get("userPrincipalName").TextOr(""), user.Get("id").TextOr("")), user.Get("displayName").TextOr(""), "User"
	} else {
		app := by.Get("app")
		p.ID, p.Name, p.Kind = first(app.Get("servicePrincipalId").TextOr(""), app.Get("appId").TextOr(""), app.Get("displayName").TextOr("")), app.Get("displayName").TextOr(""), "Application"
	}
	if p.ID == "" {
		return
	}
	for _, t := range v.Get("targetResources").Elements() {
		if id := lower(t.Get("id").TextOr("")); id != "" {
			a.keep(id, p)
		}
	}
}

// of returns who changed a resource last, or deleted it, where that was in a span
// of time.
func (a actors) of(id resource.ID, from, to time.Time) (report.Person, bool) {
	key := id.Key()
	if strings.HasPrefix(key, "/providers/microsoft.graph/") {
		key = lower(id.Name())
	}
	p, ok := a[key]
	if !ok {
		return p, false
	}
	at, ok := directory.ParseTime(p.At)
	return p, ok && !at.Before(from) && !at.After(to)
}

// deleter returns who deleted a resource in a span of time, or one that it was in.
func (a actors) deleter(id resource.ID, from, to time.Time) (report.Person, bool) {
	for {
		if p, ok := a.of(id, from, to); ok && p.Did == "deleted" {
			return p, true
		}
		up, ok := id.Parent()
		if !ok {
			return report.Person{}, false
		}
		id = up
	}
}
