package cases

import (
	"strings"
	"testing"
	"time"
)

func TestParseSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"tests: [":  "SIEM0601",
		"- a":       "SIEM0604: a file of tests is expected to be a mapping with tests",
		"{}":        `SIEM0603: the file needs "tests"`,
		"tests: []": "SIEM0603: there is no test in tests",
		"test: []\ntests: [{name: a, expect: {alerts: 1}}]":                                                                `x:1:7: SIEM0602: the file has no member "test"`,
		"tests:\n - {expect: {alerts: 1}}":                                                                                 "x:2:4: SIEM0603: test 1 needs a name",
		"tests:\n - {name: a}":                                                                                             `SIEM0603: the test "a" needs expect`,
		"tests:\n - {name: a, expect: {alert: 1}}":                                                                         `SIEM0602: expect of the test "a" has no member "alert" (did you mean "alerts"?)`,
		"tests:\n - {name: a, expect: {alerts: one}}":                                                                      `x:2:31: SIEM0604: alerts of expect of the test "a" is expected to be a number, not string`,
		"tests:\n - {name: a, expect: {alerts: -1}}":                                                                       "is expected to be a whole number",
		"tests:\n - {name: a, expect: {alerts: 0, name: x}}":                                                               "has no alerts and says how they look",
		"tests:\n - {name: a, expect: {alerts: 1, error: x}}":                                                              "has an error and alerts",
		"tests:\n - {name: a, expect: {severity: Critical}}":                                                               `no severity is called "Critical"`,
		"tests:\n - {name: a, expect: {entities: [{Address: x}]}}":                                                         "an entity in expect of the test",
		"tests:\n - {name: a, now: soon, expect: {alerts: 1}}":                                                             "x:2:19: SIEM0604: now is no date",
		"tests:\n - {name: a, tables: {T: {}}, expect: {alerts: 1}}":                                                       "T in tables of the test \"a\" is expected to be a list of rows, not object",
		"tests:\n - {name: a, tables: {T: [1]}, expect: {alerts: 1}}":                                                      "a row of T of the test \"a\" is expected to be a mapping, not number",
		"tests:\n - {name: a, tables: {T: [{TimeGenerated: yesterday}]}, expect: {alerts: 1}}":                             "x:2:43: SIEM0604: TimeGenerated is no time",
		"tests:\n - {name: a, tables: {T: [{TimeGenerated: -1y}]}, expect: {alerts: 1}}":                                   "TimeGenerated is no time",
		"defaults: {T: {TimeGenerated: x}}\ntests:\n - {name: a, tables: {T: [{}]}, expect: {alerts: 1}}":                  "x:3:27: SIEM0604: TimeGenerated is no time",
		"tests:\n - {name: a, tables: {T: [{$repeat: many}]}, expect: {alerts: 1}}":                                        "$repeat is expected to be a number",
		"tests:\n - {name: a, tables: {T: [{$repeat: 60000}, {$repeat: 60000}]}, expect: {alerts: 1}}":                     "more than 100000 events",
		"tests:\n - {name: a, tables: {T: [{$repeat: 90000, A: " + strings.Repeat("x", 1000) + "}]}, expect: {alerts: 1}}": "more than 64 MiB of events",
		"tests:\n - {name: a, expect: {alerts: 1}}\n - {name: a, expect: {alerts: 1}}":                                     `SIEM0604: two tests have the name "a"`,
	} {
		_, diags := Parse("x", []byte(text))
		if got := diags.Error(); !strings.Contains(got, strings.Split(want, " (did")[0]) {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// events writes what happened in the first test of a file.
func events(t *testing.T, text string) string {
	t.Helper()
	f, diags := Parse("x", []byte(text))
	if len(diags) > 0 || len(f.Tests) == 0 {
		t.Fatalf("%v in %s", diags, text)
	}
	out := []string{f.Tests[0].Now.Format(time.RFC3339)}
	for _, tab := range f.Tests[0].Events() {
		out = append(out, tab.Name)
		for _, r := range tab.Rows {
			out = append(out, r.String())
		}
	}
	return strings.Join(out, " ")
}

func TestEvents(t *testing.T) {
	for text, want := range map[string]string{
		"tests: [{name: a, expect: {alerts: 0}}]":                                                                                                                    "2026-01-01T12:00:00Z",
		"tests: [{name: a, tables: {T: [{A: 1}]}, expect: {alerts: 0}}]":                                                                                             `2026-01-01T12:00:00Z T {"A":1,"TimeGenerated":"2026-01-01T11:59:00Z"}`,
		"tests: [{name: a, tables: {T: [{TimeGenerated: -1d2h}]}, expect: {alerts: 0}}]":                                                                             `2026-01-01T12:00:00Z T {"TimeGenerated":"2025-12-31T10:00:00Z"}`,
		"tests: [{name: a, tables: {T: [{TimeGenerated: 2026-05-01T10:00:30Z}]}, expect: {alerts: 0}}]":                                                              `2026-05-01T10:01:00Z T {"TimeGenerated":"2026-05-01T10:00:30Z"}`,
		"now: 2026-02-01T00:00:00Z\ntests: [{name: a, now: 2026-03-01T00:00:00Z, expect: {alerts: 0}}]":                                                              "2026-03-01T00:00:00Z",
		"defaults: {T: {A: 1, B: {C: 2, D: 3}, E: 4}}\ntables: {T: [{}]}\ntests: [{name: a, tables: {T: [{A: 5, B: {C: 6}, E: null}], U: []}, expect: {alerts: 0}}]": `2026-01-01T12:00:00Z T {"A":1,"B":{"C":2,"D":3},"E":4,"TimeGenerated":"2026-01-01T11:59:00Z"} {"A":5,"B":{"C":6,"D":3},"TimeGenerated":"2026-01-01T11:59:00Z"} U`,
		"tests: [{name: a, tables: {T: [{$repeat: 2, A: 'u{n}', B: ['{n}', {C: '{n}{n}'}]}]}, expect: {alerts: 0}}]":                                                 `2026-01-01T12:00:00Z T {"A":"u1","B":["1",{"C":"11"}],"TimeGenerated":"2026-01-01T11:59:00Z"} {"A":"u2","B":["2",{"C":"22"}],"TimeGenerated":"2026-01-01T11:59:00Z"}`,
		"tests: [{name: a, tables: {T: [{$repeat: 0, A: 1}]}, expect: {alerts: 0}}]":                                                                                 "2026-01-01T12:00:00Z T",
	} {
		if got := events(t, text); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// Rows of one test do not show up in the next.
func TestTestsShareNothing(t *testing.T) {
	f, diags := Parse("x", []byte("tables: {T: [{A: 1}]}\ntests:\n - {name: a, tables: {T: [{A: 2}]}, expect: {alerts: 0}}\n - {name: b, tables: {T: [{A: 3}]}, expect: {alerts: 0}}\n - {name: c, expect: {alerts: 0}}\n"))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for i, want := range []int{2, 2, 1} {
		if got := f.Tests[i].Events()[0].Rows; len(got) != want {
			t.Errorf("%s: %v", f.Tests[i].Name, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("rule: a.yaml\nnow: 2026-01-01T00:00:00Z\ndefaults: {T: {A: 1}}\ntables: {T: [{TimeGenerated: -1d2h, $repeat: 3, A: '{n}'}]}\ntests:\n - name: a\n   tables: {T: [{A: null}]}\n   expect: {alerts: 1, name: x, severity: High, entities: [IP 1, {type: IP, Address: 1}], details: {A: [1], B: x}, tactics: [x]}\n")
	f.Add("tests: [{name: a, expect: {error: KQL0101}}]")
	f.Fuzz(func(_ *testing.T, text string) {
		file, _ := Parse("x", []byte(text))
		for i := range file.Tests {
			file.Tests[i].Events()
			if i == 10 {
				break
			}
		}
	})
}
