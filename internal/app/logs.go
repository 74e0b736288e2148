package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/directory"
	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
)

// LogRead is what snapshots hold of one log.
type LogRead struct {
	Table   string            `json:"table"`
	Rows    int               `json:"rows"`
	Periods []snapshot.Period `json:"periods"`        // what was read whole, joined, by scope and time
	Lost    []inventory.Entry `json:"lost,omitempty"` // what was asked for and did not come
}

var logTables = []string{collect.TableActivity, collect.TableSignIns, collect.TableAudits}

// logTypes are the types by which a manifest speaks of the events of a table.
var logTypes = map[string]string{collect.TableActivity: "Microsoft.Insights/eventtypes/values", collect.TableSignIns: "Microsoft.Graph/signIns", collect.TableAudits: "Microsoft.Graph/directoryAudits"}

// The logs by which commands ask for them.
const (
	LogActivity = collect.TableActivity
	LogSignIns  = collect.TableSignIns
)

// WithLog returns those of the paths that are snapshots which hold a log.
func WithLog(paths []string, table string) []string {
	var out []string
	for _, p := range snapshotsIn(paths) {
		if r, err := ScanLog(context.Background(), []string{p}, table, nil); err == nil && (r.Rows > 0 || len(r.Periods) > 0) {
			out = append(out, p)
		}
	}
	return out
}

// ErrNoLogs is a log that no snapshot holds.
var ErrNoLogs = errors.New("no snapshot holds it")

// isSnapshot tells whether a file is a snapshot of azward.
func isSnapshot(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read
	is := false
	_ = snapshot.Scan(io.LimitReader(f, 1<<20), func(l snapshot.Line) error {
		is = l.Header != nil
		return errEnough
	})
	return is
}

// snapshotsIn returns the snapshots among the paths, and those that lie in folders
// among them.
func snapshotsIn(paths []string) []string {
	var out []string
	for _, p := range paths {
		list := []string{p}
		if info, err := os.Stat(p); err == nil && info.IsDir() {
			list = nil
			_ = filepath.WalkDir(p, func(path string, e fs.DirEntry, err error) error {
				if err == nil && e.Type().IsRegular() {
					list = append(list, path)
				}
				return nil // what cannot be read was said when the inventory was
			})
		}
		for _, one := range list {
			if isSnapshot(one) {
				out = append(out, one)
			}
		}
	}
	return out
}

// ScanLog calls row with every event of a table that snapshots among the paths
// hold; row may be nil. The error is [ErrNoLogs] where none of them was asked for
// that log, and row's own.
func ScanLog(ctx context.Context, paths []string, table string, row func(jsondoc.Value) error) (*LogRead, error) {
	out := &LogRead{Table: table}
	for _, path := range snapshotsIn(paths) {
		if err := out.file(ctx, path, row); err != nil {
			return nil, err
		}
	}
	out.join()
	if !out.asked() {
		return nil, fmt.Errorf("%s: %w", table, ErrNoLogs)
	}
	return out, nil
}

func (r *LogRead) file(ctx context.Context, path string, row func(jsondoc.Value) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the logs in %s: %w", path, err)
	}
	defer func() { _ = f.Close() }() // only read
	n := 0
	err = snapshot.Scan(f, func(l snapshot.Line) error {
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r.line(l)
		if row != nil && l.Log != nil && l.Log.Table == r.Table {
			return row(l.Log.Row)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the logs in %s: %w", path, err)
	}
	return nil
}

// line takes what a line of a snapshot says of the log.
func (r *LogRead) line(l snapshot.Line) {
	switch {
	case l.Log != nil && l.Log.Table == r.Table:
		r.Rows++
	case l.Period != nil && l.Period.Table == r.Table:
		r.Periods = append(r.Periods, *l.Period)
	case l.Cover != nil && strings.EqualFold(l.Cover.Type, logTypes[r.Table]):
		r.Lost = append(r.Lost, *l.Cover)
	}
}

// LogReads counts what is in the lines of a snapshot of every log.
type LogReads struct{ logs []*LogRead }

// NewLogReads returns an empty count.
func NewLogReads() *LogReads {
	out := &LogReads{}
	for _, table := range logTables {
		out.logs = append(out.logs, &LogRead{Table: table})
	}
	return out
}

// Add counts a line.
func (r *LogReads) Add(l snapshot.Line) {
	if l.Record != nil {
		return
	}
	for _, one := range r.logs {
		one.line(l)
	}
}

// All returns the logs that were asked for.
func (r *LogReads) All() []LogRead {
	var out []LogRead
	for _, one := range r.logs {
		if one.asked() {
			one.join()
			out = append(out, *one)
		}
	}
	return out
}

func (r *LogRead) asked() bool { return r.Rows > 0 || len(r.Periods) > 0 || len(r.Lost) > 0 }

// Span says from when to when the log was read, in words.
func (r *LogRead) Span() string {
	var from, to time.Time
	for _, p := range r.Periods {
		if from.IsZero() || p.From.Before(from) {
			from = p.From
		}
		if p.To.After(to) {
			to = p.To
		}
	}
	if to.IsZero() {
		return "nothing of it was read whole"
	}
	text := from.UTC().Format(time.DateOnly) + " to " + to.UTC().Format("2006-01-02T15:04Z")
	if len(r.Lost) > 0 || len(r.Periods) > 1 && r.Table != collect.TableActivity {
		text += ", with gaps"
	}
	return text
}

// join makes one period of those that touch.
func (r *LogRead) join() {
	slices.SortFunc(r.Periods, func(a, b snapshot.Period) int {
		if c := strings.Compare(lower(a.Scope), lower(b.Scope)); c != 0 {
			return c
		}
		return a.From.Compare(b.From)
	})
	var out []snapshot.Period
	for _, p := range r.Periods {
		if n := len(out); n > 0 && strings.EqualFold(out[n-1].Scope, p.Scope) && !p.From.After(out[n-1].To) {
			out[n-1].Rows += p.Rows
			if p.To.After(out[n-1].To) {
				out[n-1].To = p.To
			}
			continue
		}
		out = append(out, p)
	}
	r.Periods = out
}

// Gaps says what of the log is missing, a line each.
func (r *LogRead) Gaps() []string {
	var out []string
	for _, e := range r.Lost {
		line := fmt.Sprintf("%s, %s: %s: %s", r.Table, scopeWords(e.Scope), e.State, e.Reason)
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

func scopeWords(scope string) string {
	if scope == "/" || scope == "" {
		return "the tenant"
	}
	return scope
}

// AddLogs adds the tables of the logs that snapshots hold; rows are made when a
// table is first read. Where must is set, a table that no snapshot holds is an
// error when it is read; otherwise what db has stays. say is told what of a log
// is missing.
func AddLogs(db *kql.MemDatabase, paths []string, must bool, say func(string)) error {
	if paths = snapshotsIn(paths); len(paths) == 0 {
		return nil
	}
	_, known, err := content.LogTables()
	if err != nil {
		return fmt.Errorf("the columns of logs: %w", err)
	}
	for _, table := range logTables {
		cols := known[table]
		db.Add(table, kql.NewLazyTable(cols, func() (*kql.MemTable, error) {
			t, err := logTable(paths, table, cols, say)
			if errors.Is(err, ErrNoLogs) {
				if !must {
					return kql.NewMemTable(cols), nil
				}
				err = fmt.Errorf("%w; azward collect --logs reads it", err)
			}
			return t, err
		}))
	}
	return nil
}

func logTable(paths []string, table string, cols []kql.Column, say func(string)) (*kql.MemTable, error) {
	in, out := io.Pipe()
	type result struct {
		read *LogRead
		err  error
	}
	done := make(chan result, 1)
	go func() {
		var line []byte
		read, err := ScanLog(context.Background(), paths, table, func(v jsondoc.Value) error {
			line = append(logRow(table, cols, v).AppendJSON(line[:0]), '\n')
			_, err := out.Write(line)
			return err
		})
		_ = out.CloseWithError(err) // never fails
		done <- result{read, err}
	}()
	loaded, err := kqlio.ReadJSON(in, cols)
	_ = in.Close() // ends the goroutine where reading failed
	r := <-done
	switch {
	case r.err != nil:
		return nil, r.err
	case err != nil:
		return nil, fmt.Errorf("%s: %w", table, err)
	}
	for _, gap := range r.read.Gaps() {
		say(gap)
	}
	return loaded.Table, nil
}

// logRow makes a row of Azure Monitor's table of an event as its service gives it.
// What a table has beyond that stays empty. Sources: "Azure Activity Log event
// schema", the references of the tables AzureActivity, SigninLogs and AuditLogs,
// and of signIn and directoryAudit in Microsoft Graph.
func logRow(table string, cols []kql.Column, v jsondoc.Value) jsondoc.Value {
	special := map[string]jsondoc.Value{"Type": jsondoc.NewString(table)}
	set := func(name string, e jsondoc.Value) {
		if e.Exists() {
			special[name] = e
		}
	}
	same := true // columns have the names of members
	switch table {
	case collect.TableActivity:
		same = false
		activityColumns(v, set)
	case collect.TableSignIns:
		signInColumns(v, set)
	case collect.TableAudits:
		auditColumns(v, set)
	}
	ms := make([]jsondoc.Member, 0, len(cols))
	for _, c := range cols {
		e, ok := special[c.Name]
		if !ok && same && !strings.HasPrefix(c.Name, "_") && c.Name != "ResourceId" {
			e = v.Get(c.Name)
		}
		if !e.Exists() || e.IsNull() {
			continue
		}
		if _, isText := e.Text(); c.Type == kql.String && !isText {
			e = jsondoc.NewString(e.String()) // objects in a column of texts are JSON
		}
		ms = append(ms, jsondoc.Member{Name: c.Name, Value: e})
	}
	return jsondoc.NewObject(ms...)
}

// activityStatus is what the table writes for the states of the REST API.
var activityStatus = map[string]string{"succeeded": "Success", "started": "Start", "failed": "Failure", "accepted": "Accept"}

func activityColumns(v jsondoc.Value, set func(string, jsondoc.Value)) {
	for column, member := range map[string]string{
		"TimeGenerated": "eventTimestamp", "EventSubmissionTimestamp": "submissionTimestamp", "Caller": "caller", "CorrelationId": "correlationId", "EventDataId": "eventDataId", "Level": "level",
		"OperationId": "operationId", "ResourceGroup": "resourceGroupName", "ResourceId": "resourceId", "_ResourceId": "resourceId", "SubscriptionId": "subscriptionId", "_SubscriptionId": "subscriptionId",
		"Authorization": "authorization", "Authorization_d": "authorization", "Claims": "claims", "Claims_d": "claims", "HTTPRequest": "httpRequest", "Properties": "properties", "Properties_d": "properties",
	} {
		set(column, v.Get(member))
	}
	if id := v.Get("resourceId").TextOr(""); id != "" {
		set("_ResourceId", jsondoc.NewString(lower(id)))
		set("Resource", jsondoc.NewString(id[strings.LastIndexByte(id, '/')+1:]))
	}
	for column, member := range map[string]string{"OperationName": "operationName", "Category": "category", "ActivityStatus": "status", "ActivitySubstatus": "subStatus", "ResourceProvider": "resourceProviderName"} {
		value := v.Get(member).Get("value")
		if column == "ActivityStatus" {
			if known := activityStatus[lower(value.TextOr(""))]; known != "" {
				value = jsondoc.NewString(known)
			}
		}
		set(column+"Value", value)
		set(column, v.Get(member).Get("localizedValue"))
	}
	set("CallerIpAddress", v.Get("httpRequest").Get("clientIpAddress"))
	set("Hierarchy", v.Get("properties").Get("hierarchy"))
	set("SourceSystem", jsondoc.NewString("Azure"))
}

func signInColumns(v jsondoc.Value, set func(string, jsondoc.Value)) {
	set("TimeGenerated", v.Get("createdDateTime"))
	set("Identity", v.Get("userDisplayName"))
	set("Category", jsondoc.NewString("SignInLogs"))
	set("OperationName", jsondoc.NewString("Sign-in activity"))
	set("ConditionalAccessPolicies", v.Get("appliedConditionalAccessPolicies"))
	set("ResourceIdentity", v.Get("resourceId"))
	set("LocationDetails", v.Get("location"))
	set("Location", v.Get("location").Get("countryOrRegion"))
	if code, ok := v.Get("status").Get("errorCode").Int(); ok {
		set("ResultType", jsondoc.NewString(fmt.Sprint(code)))
		if code != 0 {
			set("ResultDescription", v.Get("status").Get("failureReason"))
		}
	}
	set("SourceSystem", jsondoc.NewString("Azure AD"))
}

func auditColumns(v jsondoc.Value, set func(string, jsondoc.Value)) {
	set("TimeGenerated", v.Get("activityDateTime"))
	set("OperationName", v.Get("activityDisplayName"))
	set("AADOperationType", v.Get("operationType"))
	set("ResultDescription", v.Get("resultReason"))
	by := v.Get("initiatedBy")
	set("Identity", by.Get("app").Get("displayName"))
	set("Identity", by.Get("user").Get("displayName"))
	set("SourceSystem", jsondoc.NewString("Azure AD"))
}

// CopyLogs writes the logs that snapshots hold into another one, the latest
// snapshot first. Of spans that several read whole, the events of the first are
// taken, so that none is there twice. It returns how many events there are.
func CopyLogs(ctx context.Context, w *snapshot.Writer, paths []string) (int, error) {
	n := 0
	read := map[string][]snapshot.Period{} // by table and scope, of the snapshots before
	for _, path := range snapshotsIn(paths) {
		for _, table := range logTables {
			r, err := ScanLog(ctx, []string{path}, table, func(row jsondoc.Value) error {
				at := eventTime(row)
				for _, p := range read[table+eventScope(table, row)] {
					if !at.Before(p.From) && at.Before(p.To) {
						return nil
					}
				}
				n++
				return w.Log(table, row)
			})
			if errors.Is(err, ErrNoLogs) {
				continue
			}
			if err != nil {
				return n, err
			}
			for _, p := range r.Periods {
				if err := w.Period(p); err != nil {
					return n, err
				}
				read[table+lower(p.Scope)] = append(read[table+lower(p.Scope)], p)
			}
		}
	}
	return n, nil
}

// eventScope returns what a period of an event's log names, in lower case.
func eventScope(table string, row jsondoc.Value) string {
	if table == collect.TableActivity {
		return "/subscriptions/" + lower(row.Get("subscriptionId").TextOr(""))
	}
	return "/"
}

// eventTime reads when an event of any of the logs happened.
func eventTime(v jsondoc.Value) time.Time {
	for _, name := range []string{"eventTimestamp", "createdDateTime", "activityDateTime"} {
		if at, ok := directory.ParseTime(v.Get(name).TextOr("")); ok {
			return at
		}
	}
	return time.Time{}
}
