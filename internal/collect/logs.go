package collect

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

// Tables of logs, as Azure Monitor calls them.
const (
	TableActivity = "AzureActivity"
	TableSignIns  = "SigninLogs"
	TableAudits   = "AuditLogs"
)

// How many days of logs are read where nothing else is said, and at most: Azure
// keeps activity logs for 90 days ("Azure Monitor activity log"), Entra sign-ins
// and audits for 30, and audits for 7 in tenants without a P1 license ("Microsoft
// Entra data retention").
const (
	DefaultLogDays = 30
	MaxLogDays     = 90
)

// logSource is a log that a service keeps.
type logSource struct {
	table, typ string
	path       string // behind the scope
	filter     string // with %s for the first and the last moment
	timeOf     string // member that holds when it happened
	days       int    // the service keeps at most
	sure       int    // the service keeps at least
	step       int    // days that one unit reads
	permission string
	strip      func(jsondoc.Value) jsondoc.Value
}

// Sources: "Activity Logs - List" of Azure Monitor, "List signIns" and "List
// directoryAudits" of Microsoft Graph 1.0.
var (
	activityLog = logSource{
		table: TableActivity, typ: "Microsoft.Insights/eventtypes/values", path: "/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01",
		filter: "eventTimestamp ge '%s' and eventTimestamp le '%s'", timeOf: "eventTimestamp", days: 90, sure: 90, step: 10, permission: "Reader", strip: stripActivity,
	}
	entraLogs = []logSource{
		{
			table: TableSignIns, typ: "Microsoft.Graph/signIns", path: "/v1.0/auditLogs/signIns?$top=1000",
			filter: "createdDateTime ge %s and createdDateTime le %s", timeOf: "createdDateTime", days: 30, sure: 30, step: 10, permission: "AuditLog.Read.All", strip: stripSignIn,
		},
		{
			table: TableAudits, typ: "Microsoft.Graph/directoryAudits", path: "/v1.0/auditLogs/directoryAudits?$top=1000",
			filter: "activityDateTime ge %s and activityDateTime le %s", timeOf: "activityDateTime", days: 30, sure: 7, step: 10, permission: "AuditLog.Read.All", strip: stripAudit,
		},
	}
)

// Microsoft Graph lets one caller ask for five pages of its reports in ten
// seconds ("Microsoft Graph service-specific throttling limits", identity and
// access reports).
const reportRate, reportBurst = 0.5, 5

// window is a span of time, without its end.
type window struct{ from, to time.Time }

// windows cuts the days before now into spans of a step, the latest first. The
// spans begin at midnight, so that they are the same however late a run is.
func windows(now time.Time, days, step int) []window {
	now = now.UTC()
	first := now.AddDate(0, 0, -days)
	var out []window
	to := now
	for to.After(first) {
		from := to.Truncate(24 * time.Hour)
		if from.Equal(to) || len(out) > 0 {
			from = to.AddDate(0, 0, -step)
		}
		if from.Before(first) {
			from = first
		}
		out = append(out, window{from, to})
		to = from
	}
	return out
}

// logUnits lists what reads the logs.
func (c *run) logUnits(subscriptions []string) []unit {
	days := c.o.LogDays
	if days <= 0 {
		days = DefaultLogDays
	}
	var units []unit
	add := func(l *logSource, from *client, scope, key string) {
		if len(c.o.LogTables) > 0 && !slices.Contains(c.o.LogTables, l.table) {
			return
		}
		for _, w := range windows(c.begun, min(days, l.days), l.step) {
			units = append(units, unit{
				name: fmt.Sprintf("log-%s-%s-%s", l.table, key, w.from.Format("20060102T150405")), source: logService(l), types: []string{l.typ}, scope: scope,
				run: func(ctx context.Context, s *sink) error { return c.readLog(ctx, s, l, from, scope, w) },
			})
		}
	}
	for _, sub := range subscriptions {
		add(&activityLog, c.arm, "/subscriptions/"+sub, sub)
	}
	for i := range entraLogs {
		add(&entraLogs[i], c.reports, "/", "tenant")
	}
	return units
}

func logService(l *logSource) string {
	if l.table == TableActivity {
		return sourceARM
	}
	return sourceMSGraph
}

// readLog reads one span of one log.
func (c *run) readLog(ctx context.Context, s *sink, l *logSource, from *client, scope string, w window) error {
	const stamp = "2006-01-02T15:04:05.999Z"
	address := l.path + "&$filter=" + url.QueryEscape(fmt.Sprintf(l.filter, w.from.Format(stamp), w.to.Format(stamp)))
	if scope != "/" {
		address = scope + address
	}
	n := 0
	err := from.list(ctx, address, nil, func(e jsondoc.Value) error {
		// Both ends of a filter belong to it; of the spans here, the end belongs to the next.
		if at, ok := directory.ParseTime(jsonText(e, l.timeOf)); ok && (at.Before(w.from) || !at.Before(w.to)) {
			return nil
		}
		n++
		s.count.Add(1)
		return s.w.Log(l.table, l.strip(e))
	})
	var f *Failure
	switch {
	case errors.As(err, &f) && (f.Denied() || f.unlicensed()):
		return refusedFor(err, l.permission)
	case errors.As(err, &f):
		g := *f
		g.Message = fmt.Sprintf("%s (%s to %s)", f.Message, w.from.Format(time.DateOnly), w.to.Format(time.DateOnly))
		return s.failed(&g, scope, n, l.typ)
	case err != nil:
		return err
	}
	if n == 0 && c.begun.Sub(w.from) > time.Duration(l.sure)*24*time.Hour {
		return s.cover(inventory.Entry{
			Type: l.typ, Scope: scope, State: inventory.Partial, Reason: fmt.Sprintf("there is nothing from before %s: nothing happened, or the service does not keep it for so long", w.to.Format(time.DateOnly)),
		})
	}
	return s.w.Period(snapshot.Period{Table: l.table, Scope: scope, From: w.from, To: w.to, Rows: n})
}
