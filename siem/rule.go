// Package siem runs analytics rules over logs as Microsoft Sentinel does: on
// their schedule, each run over its own window of time, with thresholds, alerts
// per run or per event, entities, details, suppression, and incidents that
// group alerts.
//
// Rules are read with [ParseRules], unmodified: the community's YAML, ARM
// templates and rules as ARM's REST API exports them. A rule's query is run by
// a [QueryFunc] that the caller gives, so the package knows no query language,
// no store and no clock. Start with [Rule.Replay], then [Group].
//
// Sources: "Scheduled analytics rules in Microsoft Sentinel", "Create a
// scheduled analytics rule from scratch", "Quick threat detection with near-
// real-time (NRT) analytics rules".
package siem

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// Rule is an analytics rule.
type Rule struct {
	ID          string
	Name        string
	Description string
	File        string // that it was read from
	NRT         bool   // near real time: every minute, over the minute before
	Enabled     bool
	Severity    finding.Severity
	Tactics     []string
	Techniques  []string
	Query       string
	QueryLines  yamldoc.Lines // where the query stands in the file
	Frequency   time.Duration
	Period      time.Duration // how far back a run looks
	Operator    Operator
	Threshold   int
	PerEvent    bool          // an alert for each row, not one for all
	Suppression time.Duration // how long it rests after an alert; 0: it does not
	Entities    []EntityMapping
	Details     []Detail
	Override    Override
	Incidents   Incidents
}

// Operator compares the number of results with the threshold.
type Operator uint8

// The operators of triggers.
const (
	GreaterThan Operator = iota
	LessThan
	Equal
	NotEqual
)

var operatorNames = map[string]Operator{
	"gt": GreaterThan, "lt": LessThan, "eq": Equal, "ne": NotEqual,
	"greaterthan": GreaterThan, "lessthan": LessThan, "equal": Equal, "equals": Equal, "notequal": NotEqual, "notequals": NotEqual,
}

func (o Operator) holds(n, threshold int) bool {
	switch o {
	case LessThan:
		return n < threshold
	case Equal:
		return n == threshold
	case NotEqual:
		return n != threshold
	default:
		return n > threshold
	}
}

// EntityMapping says which columns of a result identify an entity.
type EntityMapping struct {
	Type   string
	Fields []Field
}

// Field is an identifier of an entity and the column that holds it.
type Field struct{ Identifier, Column string }

// Detail is a custom detail of alerts and the column that holds it.
type Detail struct{ Key, Column string }

// Override takes details of alerts from the first row of results.
type Override struct {
	Name, Description string // with {{Column}}
	Severity, Tactics string // columns
}

// Incidents says what becomes of a rule's alerts.
type Incidents struct {
	Create bool
	Group  *Grouping // nil: every alert is an incident
}

// Grouping says which alerts are one incident.
type Grouping struct {
	Method   Method
	Lookback time.Duration
	Entities []string // types, of Selected
	Alert    []string // DisplayName, Severity, of Selected
	Details  []string // keys, of Selected
}

// Method is how alerts of an incident are alike.
type Method uint8

// The methods of grouping.
const (
	AllEntities Method = iota // the same entities
	AnyAlert                  // of the same rule
	Selected                  // the same values of what is selected
)

// Codes of what ParseRules says.
const (
	codeSyntax = "SIEM0001" // not YAML or JSON
	codeShape  = "SIEM0002" // a member is missing, of the wrong kind, or out of its range
	codeKind   = "SIEM0003" // a kind of rule that is not a query on a schedule
	codeNone   = "SIEM0004" // no rule is in the file
)

// The ranges that Sentinel allows. Source: "Scheduled analytics rules in
// Microsoft Sentinel", "Query scheduling".
const (
	shortest    = 5 * time.Minute
	longest     = 14 * 24 * time.Hour
	maxSuppress = 24 * time.Hour
	nrtPeriod   = time.Minute
)

// ParseRules reads the rules in a file: one or several YAML documents of the
// community's form, an ARM template, an exported rule, or a list of them. What
// is not a rule at all (a hunting query, a parser, another resource) is passed
// over. Diagnostics have the file's line and column; a rule with an error is
// left out.
func ParseRules(file string, text []byte) ([]*Rule, diag.List) {
	r := reader{file: file, text: string(text)}
	var docs []jsondoc.Value
	var err error
	if strings.EqualFold(path.Ext(file), ".json") {
		var doc jsondoc.Value
		if doc, err = jsondoc.Parse(text); err == nil {
			docs = []jsondoc.Value{doc}
		}
	} else {
		docs, err = yamldoc.ParseAll(text)
	}
	if err != nil {
		d := diag.Diagnostic{Code: codeSyntax, Message: err.Error(), Source: file}
		if e, ok := errors.AsType[*jsondoc.SyntaxError](err); ok {
			d.Message, d.Pos = e.Message, e.Pos
		}
		return nil, diag.List{d}
	}
	for _, doc := range docs {
		r.document(doc)
	}
	diag.NewSource(file, string(text)).Resolve(r.list)
	return r.rules, r.list
}

type reader struct {
	file  string
	text  string
	rules []*Rule
	list  diag.List
}

func (r *reader) fail(v jsondoc.Value, severity diag.Severity, code, message string) {
	r.list.Add(diag.Diagnostic{Code: code, Severity: severity, Message: message, Span: diag.Span{Start: v.Offset(), End: v.Offset()}})
}

// document finds rules in a document of any of the forms.
func (r *reader) document(v jsondoc.Value) {
	switch {
	case v.Kind() == jsondoc.Array:
		for _, e := range v.Elements() {
			r.document(e)
		}
	case v.Kind() != jsondoc.Object:
	case v.Get("resources").Kind() == jsondoc.Array:
		for _, e := range v.Get("resources").Elements() {
			r.document(e)
		}
	case v.Get("value").Kind() == jsondoc.Array: // ARM's list
		r.document(v.Get("value"))
	case v.Path("properties", "query").Exists():
		if t := v.Get("type").TextOr("alertRules"); strings.HasSuffix(strings.ToLower(t), "alertrules") {
			r.rule(v, v.Get("properties"))
		}
	case v.Get("query").Exists() && (v.Get("queryFrequency").Exists() || v.Get("kind").Exists() || v.Get("triggerOperator").Exists()):
		r.rule(v, v)
	}
}

// rule reads one rule; p holds its properties, which in the community's form is
// the rule itself.
func (r *reader) rule(v, p jsondoc.Value) {
	before := len(r.list)
	out := &Rule{
		ID: v.Get("id").TextOr(v.Get("name").TextOr("")), Name: p.Get("displayName").TextOr(p.Get("name").TextOr(v.Get("name").TextOr(""))), Description: strings.TrimSpace(p.Get("description").TextOr("")),
		File: r.file, Enabled: true, Query: p.Get("query").TextOr(""), Incidents: Incidents{Create: true},
	}
	out.QueryLines = yamldoc.LinesOf(r.text, p.Get("query").Offset(), out.Query)
	switch kind := v.Get("kind").TextOr("Scheduled"); {
	case strings.EqualFold(kind, "NRT"):
		out.NRT, out.Frequency, out.Period = true, nrtPeriod, nrtPeriod
	case !strings.EqualFold(kind, "Scheduled"):
		r.fail(v.Get("kind"), diag.Warning, codeKind, "a rule of the kind "+strconv.Quote(kind)+" has no query on a schedule: it is passed over")
		return
	}
	if out.Name == "" {
		r.fail(v, diag.Error, codeShape, "the rule has no name")
	}
	if strings.TrimSpace(out.Query) == "" {
		r.fail(p.Get("query"), diag.Error, codeShape, "the rule has no query")
	}
	if e, ok := p.Get("enabled").Bool(); ok {
		out.Enabled = e
	}
	r.severity(out, p)
	out.Tactics, out.Techniques = texts(p.Get("tactics")), append(texts(p.Get("relevantTechniques")), texts(p.Get("techniques"))...)
	if !out.NRT {
		r.schedule(out, p)
	}
	out.PerEvent = strings.EqualFold(p.Path("eventGroupingSettings", "aggregationKind").TextOr(""), "AlertPerResult")
	if on, _ := p.Get("suppressionEnabled").Bool(); on {
		if out.Suppression = r.duration(p.Get("suppressionDuration"), "suppressionDuration"); out.Suppression > maxSuppress {
			r.fail(p.Get("suppressionDuration"), diag.Error, codeShape, "suppressionDuration is more than 24 hours")
		}
	}
	r.mappings(out, p)
	r.incidents(out, p)
	if !r.list[before:].HasErrors() {
		r.rules = append(r.rules, out)
	}
}

func (r *reader) severity(out *Rule, p jsondoc.Value) {
	v := p.Get("severity")
	s, err := finding.ParseSeverity(v.TextOr(""))
	if err != nil || s == finding.Critical {
		r.fail(v, diag.Error, codeShape, "severity: expected Informational, Low, Medium or High")
		return
	}
	out.Severity = s
}

// schedule reads how often a rule runs, over what, and when it fires.
func (r *reader) schedule(out *Rule, p jsondoc.Value) {
	out.Frequency, out.Period = r.duration(p.Get("queryFrequency"), "queryFrequency"), r.duration(p.Get("queryPeriod"), "queryPeriod")
	for _, d := range []struct {
		name string
		d    time.Duration
	}{{"queryFrequency", out.Frequency}, {"queryPeriod", out.Period}} {
		if d.d != 0 && (d.d < shortest || d.d > longest) {
			r.fail(p.Get(d.name), diag.Error, codeShape, d.name+": expected 5 minutes to 14 days")
		}
	}
	if out.Period != 0 && out.Period < out.Frequency {
		r.fail(p.Get("queryPeriod"), diag.Warning, codeShape, "queryPeriod is shorter than queryFrequency: events between the runs are seen by none")
	}
	word := p.Get("triggerOperator").TextOr("")
	op, ok := operatorNames[strings.ToLower(word)]
	if !ok {
		r.fail(p.Get("triggerOperator"), diag.Error, codeShape, "triggerOperator: expected GreaterThan, LessThan, Equal or NotEqual (gt, lt, eq, ne)")
	}
	threshold, ok := p.Get("triggerThreshold").Int()
	if !ok || threshold < 0 || threshold > 10000 {
		r.fail(p.Get("triggerThreshold"), diag.Error, codeShape, "triggerThreshold: expected 0 to 10,000")
	}
	out.Operator, out.Threshold = op, int(threshold)
}

// duration reads PT1H, P1D, and the community's 1h, 1d.
func (r *reader) duration(v jsondoc.Value, name string) time.Duration {
	d, ok := ParseDuration(v.TextOr(""))
	if !ok {
		r.fail(v, diag.Error, codeShape, name+": expected a duration such as PT1H, P1D, 5m or 1d")
	}
	return d
}

// ParseDuration reads an ISO 8601 duration of days and smaller, or a number with
// d, h, m or s.
func ParseDuration(text string) (time.Duration, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}
	rest, iso := strings.CutPrefix(text, "p")
	inTime := !iso
	var total time.Duration
	for rest != "" {
		if iso && !inTime && rest[0] == 't' {
			inTime, rest = true, rest[1:]
			continue
		}
		n := 0
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		if n == 0 || n == len(rest) || n > 6 {
			return 0, false
		}
		unit, ok := units[rest[n]]
		if !ok && iso && !inTime && rest[n] == 'w' {
			unit, ok = 7*24*time.Hour, true
		}
		if !ok || iso && (rest[n] == 'd' || rest[n] == 'w') == inTime {
			return 0, false
		}
		count, err := strconv.Atoi(rest[:n])
		if err != nil {
			return 0, false
		}
		total += time.Duration(count) * unit
		rest = rest[n+1:]
	}
	return total, total > 0 && total < 1000*24*time.Hour
}

func (r *reader) mappings(out *Rule, p jsondoc.Value) {
	for _, m := range p.Get("entityMappings").Elements() {
		e := EntityMapping{Type: m.Get("entityType").TextOr("")}
		for _, f := range m.Get("fieldMappings").Elements() {
			e.Fields = append(e.Fields, Field{f.Get("identifier").TextOr(""), f.Get("columnName").TextOr("")})
		}
		if e.Type == "" || len(e.Fields) == 0 || slices.ContainsFunc(e.Fields, func(f Field) bool { return f.Identifier == "" || f.Column == "" }) {
			r.fail(m, diag.Error, codeShape, "an entity mapping needs an entityType and fieldMappings with identifier and columnName")
			continue
		}
		out.Entities = append(out.Entities, e)
	}
	for key, v := range p.Get("customDetails").Members() {
		out.Details = append(out.Details, Detail{key, v.TextOr("")})
	}
	o := p.Get("alertDetailsOverride")
	out.Override = Override{
		Name: o.Get("alertDisplayNameFormat").TextOr(""), Description: o.Get("alertDescriptionFormat").TextOr(""),
		Severity: o.Get("alertSeverityColumnName").TextOr(""), Tactics: o.Get("alertTacticsColumnName").TextOr(""),
	}
}

func (r *reader) incidents(out *Rule, p jsondoc.Value) {
	c := p.Get("incidentConfiguration")
	if create, ok := c.Get("createIncident").Bool(); ok {
		out.Incidents.Create = create
	}
	g := c.Get("groupingConfiguration")
	if on, _ := g.Get("enabled").Bool(); !on {
		return
	}
	group := &Grouping{Lookback: 5 * time.Hour, Entities: texts(g.Get("groupByEntities")), Alert: texts(g.Get("groupByAlertDetails")), Details: texts(g.Get("groupByCustomDetails"))}
	if v := g.Get("lookbackDuration"); v.Exists() {
		group.Lookback = r.duration(v, "lookbackDuration")
	}
	switch method := g.Get("matchingMethod").TextOr("AllEntities"); {
	case strings.EqualFold(method, "AnyAlert"):
		group.Method = AnyAlert
	case strings.EqualFold(method, "Selected"):
		if group.Method = Selected; len(group.Entities)+len(group.Alert)+len(group.Details) == 0 {
			r.fail(g, diag.Error, codeShape, "matchingMethod Selected needs groupByEntities, groupByAlertDetails or groupByCustomDetails")
		}
	case !strings.EqualFold(method, "AllEntities"):
		r.fail(g.Get("matchingMethod"), diag.Error, codeShape, fmt.Sprintf("matchingMethod %q: expected AllEntities, AnyAlert or Selected", method))
	}
	out.Incidents.Group = group
}

func texts(list jsondoc.Value) []string {
	var out []string
	for _, v := range list.Elements() {
		if s, ok := v.Text(); ok {
			out = append(out, s)
		}
	}
	return out
}
