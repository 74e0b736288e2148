package kql_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/azward/azward/kql"
)

func completeSchema() kql.Schema {
	db := kql.NewMemDatabase()
	db.Add("SigninLogs", kql.NewMemTable([]kql.Column{{Name: "TimeGenerated", Type: kql.DateTime}, {Name: "UserPrincipalName", Type: kql.String}, {Name: "ResultType", Type: kql.Long}, {Name: "odd name", Type: kql.String}}))
	db.Add("Devices", kql.NewMemTable([]kql.Column{{Name: "DeviceId", Type: kql.String}, {Name: "OSVersion", Type: kql.String}}))
	return db.Schema()
}

// TestComplete completes at the place of the ‸. Want names what must be
// offered, not what must not; near is the "did you mean".
func TestComplete(t *testing.T) {
	schema := completeSchema()
	tests := []struct {
		name, text string
		want, not  string // separated by blanks
		near       string
	}{
		{"tables and sources begin a query", "‸", "SigninLogs Devices print let", "where count( TimeGenerated", ""},
		{"a table by its beginning", "sig‸", "SigninLogs", "Devices", ""},
		{"operators behind a bar", "SigninLogs | ‸", "where summarize mv-expand", "SigninLogs TimeGenerated", ""},
		{"an operator by its beginning", "SigninLogs | su‸", "summarize", "where", ""},
		{"an operator with a hyphen", "SigninLogs | mv-e‸", "mv-expand", "mv-apply", ""},
		{"columns and functions", "SigninLogs | where ‸", "TimeGenerated UserPrincipalName ['odd name'] ago( tolower(", "DeviceId Devices", ""},
		{"columns by their beginning in any casing", "SigninLogs | where us‸", "UserPrincipalName", "TimeGenerated", ""},
		{"a name in brackets by its beginning", "SigninLogs | project odd‸", "['odd name']", "", ""},
		{"operators behind a column", "SigninLogs | where UserPrincipalName ‸", "has startswith == and", "TimeGenerated", ""},
		{"columns behind and", "SigninLogs | where ResultType == 0 and ‸", "TimeGenerated", "and", ""},
		{"columns within a call", "SigninLogs | where isnotempty(‸", "UserPrincipalName tolower(", "SigninLogs", ""},
		{"aggregates in summarize", "SigninLogs | summarize ‸", "count( dcount( countif(", "", ""},
		{"no aggregates in extend", "SigninLogs | extend x = dco‸", "", "dcount(", ""},
		{"by behind aggregates", "SigninLogs | summarize count() ‸", "by", "UserPrincipalName", ""},
		{"columns behind by", "SigninLogs | summarize count() by ‸", "UserPrincipalName bin(", "", ""},
		{"columns that summarize gives", "SigninLogs | summarize n = count() by UserPrincipalName | where ‸", "n UserPrincipalName", "ResultType", ""},
		{"columns that project gives", "SigninLogs | project A = ResultType | sort by ‸", "A", "ResultType", ""},
		{"what is wrong before is left out", "SigninLogs | extend Z = 1 | where nonsense > | project ‸", "Z ResultType", "", ""},
		{"let tables and values", "let t = SigninLogs | take 1; let n = 5; t‸", "t", "", ""},
		{"columns of a let table", "let s = SigninLogs | project Who = UserPrincipalName; s | where ‸", "Who s", "ResultType", ""},
		{"a let function", "let f = (x:long) { x + 1 }; print ‸", "f(", "", ""},
		{"a let name is not there before its end", "let f = SigninLogs | where ‸", "ResultType", "f", ""},
		{"within the body of a function", "let f = (x:long) { SigninLogs | where ‸", "ResultType", "", ""},
		{"tables behind join", "SigninLogs | join ‸", "Devices kind=", "ResultType", ""},
		{"kinds of join", "SigninLogs | join kind=left‸", "leftouter leftanti", "inner", ""},
		{"tables in a join's brackets", "SigninLogs | join (‸", "Devices", "ResultType", ""},
		{"operators in a join's brackets", "SigninLogs | join (Devices | wh‸", "where", "", ""},
		{"columns in a join's brackets", "SigninLogs | join (Devices | where ‸", "DeviceId", "ResultType", ""},
		{"the left side", "SigninLogs | join kind=inner (Devices) on $left.‸", "UserPrincipalName", "DeviceId", ""},
		{"the right side", "SigninLogs | join kind=inner (Devices | extend Z=1) on $left.UserPrincipalName == $right.‸", "DeviceId Z", "UserPrincipalName", ""},
		{"tables of union", "union Si‸", "SigninLogs", "", ""},
		{"subqueries of in", "SigninLogs | where UserPrincipalName in (‸", "Devices UserPrincipalName", "", ""},
		{"mv-apply's subquery", "SigninLogs | extend a = dynamic([1]) | mv-apply a on (‸", "where summarize", "", ""},
		{"plugins", "SigninLogs | evaluate bag‸", "bag_unpack(", "", ""},
		{"charts", "SigninLogs | summarize count() by bin(TimeGenerated, 1d) | render ti‸", "timechart", "TimeGenerated", ""},
		{"nothing in a string", "SigninLogs | where UserPrincipalName == 'T‸", "", "TimeGenerated", ""},
		{"nothing in a comment", "SigninLogs // W‸", "", "where", ""},
		{"behind a comment's line", "SigninLogs // all\n| w‸", "where", "", ""},
		{"nothing in a number", "print 1‸", "", "", ""},
		{"no properties of a value", "SigninLogs | where UserPrincipalName.‸", "", "TimeGenerated", ""},
		{"did you mean a column", "SigninLogs | where ResltType‸", "", "", "ResultType"},
		{"did you mean an operator", "SigninLogs | sumarize‸", "", "", "summarize"},
		{"did you mean a table", "SiginLogs‸", "", "", "SigninLogs"},
		{"what follows does not matter", "SigninLogs | wh‸ ResultType == 0 | count", "where", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := strings.Index(tt.text, "‸")
			got := kql.Complete(strings.Replace(tt.text, "‸", "", 1), at, schema)
			var texts []string
			for _, c := range got.List {
				texts = append(texts, c.Text)
			}
			for w := range strings.SplitSeq(strings.ReplaceAll(tt.want, "odd name", "odd\u00a0name"), " ") {
				if w = strings.ReplaceAll(w, "\u00a0", " "); w != "" && !slices.Contains(texts, w) {
					t.Errorf("%q is not offered in %q", w, clipList(texts))
				}
			}
			for w := range strings.FieldsSeq(tt.not) {
				if slices.Contains(texts, w) {
					t.Errorf("%q is offered", w)
				}
			}
			if got.Near != tt.near {
				t.Errorf("near %q, want %q", got.Near, tt.near)
			}
		})
	}
}

func clipList(s []string) []string {
	if len(s) > 40 {
		return s[:40]
	}
	return s
}

func TestFinished(t *testing.T) {
	for text, want := range map[string]bool{
		"":                              false,
		"SigninLogs":                    false,
		"SigninLogs;":                   true,
		"SigninLogs | count ; // all":   true,
		"let x = 1;":                    false,
		"let x = 1; print x;":           true,
		"set notruncation;":             false,
		"print ';":                      false,
		"print ';'":                     false,
		"let f = (x:long) { x; ":        false,
		"let f = () { print 1; }; f();": true,
		";":                             false,
	} {
		if got := kql.Finished(text); got != want {
			t.Errorf("Finished(%q) = %v", text, got)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, name := range []string{"summarize", "strcat", "dcount", "bag_unpack"} {
		if d, ok := kql.Describe(name); !ok || len(d) < len(name)+5 {
			t.Errorf("%s: %q, %v", name, d, ok)
		}
	}
	if _, ok := kql.Describe("no_such"); ok {
		t.Error("no_such is described")
	}
}

// FuzzComplete: no text and no place makes it fail, and the word lies before
// the place.
func FuzzComplete(f *testing.F) {
	f.Add("SigninLogs | join kind=inner (Devices | where ) on $left.a == $right.", 40)
	f.Add("let f = (x:long) { x }; f(", 26)
	f.Add("T | mv-", 7)
	f.Add("))}]|;|;;", 9)
	schema := completeSchema()
	f.Fuzz(func(t *testing.T, text string, at int) {
		got := kql.Complete(text, at, schema)
		if got.Start < 0 || got.Start > len(text) {
			t.Fatalf("start %d of %d", got.Start, len(text))
		}
		kql.Finished(text)
	})
}
