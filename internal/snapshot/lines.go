package snapshot

import (
	"errors"
	"time"

	"github.com/azward/azward/jsondoc"
)

// LogRow is one event of a log, as the service gave it but for what is left out
// at the source. Table is the name that Azure Monitor gives such rows:
// AzureActivity, SigninLogs, AuditLogs.
type LogRow struct {
	Table string
	Row   jsondoc.Value
}

// Period says that every event of a log under a scope was read, from From on and
// before To.
type Period struct {
	Table string    `json:"table"`
	Scope string    `json:"scope"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Rows  int       `json:"rows"`
}

// Delta is where a later reading can ask for what changed in a collection of
// Microsoft Graph. The link is no secret, and no proof of anything: whoever
// follows it checks where it leads.
type Delta struct {
	Type string    `json:"type"`
	Link string    `json:"link"`
	At   time.Time `json:"at"`
	// Since is when the earlier reading was made that this one goes on from, and
	// Changed what is new or was changed since; both are for the run that reads.
	Since   time.Time `json:"since,omitzero"`
	Changed []string  `json:"changed,omitempty"`
}

// Log writes an event of a log, without the secrets in it that are known by their
// names.
func (w *Writer) Log(table string, row jsondoc.Value) error {
	err := w.value("log", jsondoc.NewObject(
		jsondoc.Member{Name: "table", Value: jsondoc.NewString(table)},
		jsondoc.Member{Name: "row", Value: withoutSecrets(row, 0)},
	))
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end.Logs++
	return nil
}

// Period writes that a log was read whole.
func (w *Writer) Period(p Period) error { return w.json("period", p) }

// Delta writes where a later reading can go on.
func (w *Writer) Delta(d Delta) error { return w.json("delta", d) }

func logRow(v jsondoc.Value) (*LogRow, error) {
	r := &LogRow{Table: v.Get("table").TextOr(""), Row: v.Get("row")}
	if r.Table == "" || r.Row.Kind() != jsondoc.Object {
		return nil, errors.New("a row of a log must name its table and be an object")
	}
	return r, nil
}

func period(v jsondoc.Value) *Period {
	return &Period{
		Table: v.Get("table").TextOr(""), Scope: v.Get("scope").TextOr("/"), From: moment(v.Get("from")), To: moment(v.Get("to")), Rows: number(v.Get("rows")),
	}
}

func delta(v jsondoc.Value) *Delta {
	d := &Delta{Type: v.Get("type").TextOr(""), Link: v.Get("link").TextOr(""), At: moment(v.Get("at")), Since: moment(v.Get("since"))}
	for _, e := range v.Get("changed").Elements() {
		d.Changed = append(d.Changed, e.TextOr(""))
	}
	return d
}
