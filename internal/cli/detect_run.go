package cli

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/siem"
)

// detectRunFlags are the flags of azward detect run.
type detectRunFlags struct {
	tables     tableFlags
	start, end string
	memory     string
	external   []string
	failOn     string
	format     string
	output     string
}

func newDetectRunCommand(env *Env) *cobra.Command {
	var f detectRunFlags
	cmd := &cobra.Command{
		Use:   "run [PATH...] [flags]",
		Short: "Replay rules over logs: alerts, and the incidents that they make",
		Long: `Run replays every rule of the files and folders over the logs; without PATH those
that come with azward, which "builtin" names beside others. Run by run each looks
at its own period before the moment at which it would have run, and raises alerts
by its threshold, event grouping and suppression. Alerts become incidents
by the rule's own grouping. now() is the moment of the run, and an event arrives
when it happens.

The range of time is that of the logs, or --start and --end; the last run of
each rule is at its end. Logs come from a snapshot (--from), a log store
(--store), files (--load) or the built-in tenant (--demo). A rule whose tables
hold nothing is said not to have run, and one whose query fails is named with its
line.`,
		Example: `  azward detect run --demo
  azward detect run --load SigninLogs=signins.jsonl.gz
  azward detect run rules/ builtin --from tenant.azs
  azward detect run rules/ --load SigninLogs=signins.jsonl.gz --fail-on high
  azward detect run rules/ --from tenant.azs -o incidents.html
  azward detect run rules/brute.yaml --load SigninLogs=signins.jsonl.gz --start 2026-10-01 --format json`,
		RunE: func(cmd *cobra.Command, args []string) error { return runDetect(cmd, env, &f, args) },
	}
	f.tables.add(cmd)
	fl := cmd.Flags()
	f.tables.schemas = "builtin"
	fl.Lookup("schemas").DefValue = "builtin"
	fl.StringVar(&f.start, "start", "", "the beginning of the range, a `TIME`: 2026-10-30 or 2026-10-30T08:00:00Z (default: the first event)")
	fl.StringVar(&f.end, "end", "", "its end, a `TIME` (default: the last event)")
	fl.StringVar(&f.memory, "memory", "1GiB", "what each query may hold, `SIZE`")
	fl.StringArrayVar(&f.external, "allow-external", nil, "let externaldata read files in this `FOLDER` (repeatable)")
	addFailOn(cmd, &f.failOn, "exit with 1 where an incident, or an alert that is in none, is this severe")
	addFormat(cmd, &f.format, "table", "json", "jsonl (an incident a line)", "csv", "html")
	addOutput(cmd, &f.output)
	return cmd
}

func runDetect(cmd *cobra.Command, env *Env, f *detectRunFlags, args []string) (err error) {
	if f.tables.store == "" && len(f.tables.load) == 0 && len(f.tables.inventory.from) == 0 && !f.tables.inventory.demo {
		return &usageError{message: "no logs to look at", help: "give a snapshot with --from, a log store with --store, or files with --load TABLE=FILE"}
	}
	memory, err := parseSize(f.memory)
	if err != nil {
		return usagef("--memory: %v", err)
	}
	o := app.DetectOptions{Query: kql.Options{Memory: memory, External: externalReader(f.external)}}
	for _, t := range []struct {
		name, text string
		to         *time.Time
	}{{"start", f.start, &o.From}, {"end", f.end, &o.To}} {
		if t.text == "" {
			continue
		}
		at, ok := parseTime(t.text)
		if !ok {
			return usagef("--%s %s is no time: write 2026-10-30 or 2026-10-30T08:00:00Z", t.name, quoted(t.text))
		}
		*t.to = at
	}
	rules, wrong, err := app.ReadRules(args)
	if err != nil {
		return err
	}
	for _, d := range wrong {
		env.say("azward: %s\n", d.Error())
	}
	db, done, err := f.tables.open(cmd.Context(), env, memory, &spillFlags{limit: "16GiB"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done.Close()) }()
	p := newProgress(env)
	o.Progress = p.show
	found, err := app.Detect(cmd.Context(), db, rules, o)
	p.clear()
	if err != nil {
		return err
	}
	write := map[string]func(io.Writer, *app.Detection) error{"table": writeDetection, "json": func(w io.Writer, d *app.Detection) error { return writeJSON(w, d) }, "jsonl": writeIncidentLines, "csv": writeIncidentsCSV,
		"html": func(w io.Writer, d *app.Detection) error {
			return report.TablePageHTML(w, thisTool(), detectionPage(d))
		}}[f.format]
	if err := writeOutput(env, f.output, func(w io.Writer) error { return write(w, found) }); err != nil {
		return err
	}
	if wrong.HasErrors() {
		return usagef("a rule could not be read")
	}
	return failOnAlerts(f.failOn, found)
}

func failOnAlerts(word string, d *app.Detection) error {
	if word == "" {
		return nil
	}
	least, err := finding.ParseSeverity(word)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(d.Alerts, func(a *siem.Alert) bool { return a.Severity >= least }) {
		return errFindings
	}
	return nil
}

func writeDetection(w io.Writer, d *app.Detection) error {
	b := &strings.Builder{}
	ran := 0
	for _, r := range d.Rules {
		if r.State == app.RuleRan || r.State == app.RulePartial {
			ran++
		}
	}
	fmt.Fprintf(b, "%s, %s, by %d of %s", plural(len(d.Incidents), "incident"), plural(len(d.Alerts), "alert"), ran, plural(len(d.Rules), "rule"))
	if !d.From.IsZero() {
		fmt.Fprintf(b, ", %s to %s", d.From.Format("2006-01-02 15:04"), d.To.Format("2006-01-02 15:04"))
	}
	fmt.Fprintln(b)
	if len(d.Incidents) > 0 {
		fmt.Fprintln(b)
		t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
		printlnTo(t, "#\tSEVERITY\tCREATED\tALERTS\tINCIDENT\tENTITIES")
		for _, i := range d.Incidents {
			printTo(t, "%d\t%s\t%s\t%d\t%s\t%s\n", i.Number, i.Severity, i.Created.Format("2006-01-02 15:04"), len(i.Alerts), i.Title, entitiesText(i.Entities))
		}
		_ = t.Flush() // into memory
	}
	writeRuleStates(b, d)
	for line := range strings.SplitAfterSeq(b.String(), "\n") {
		if end := strings.TrimRight(line, " \n"); len(end) < len(line) {
			line = end + "\n"
		}
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}

// entitiesText names the first of many entities.
func entitiesText(list []siem.Entity) string {
	const most = 3
	var out []string
	for i, e := range list {
		if i == most {
			out = append(out, fmt.Sprintf("%d more", len(list)-most))
			break
		}
		out = append(out, e.String())
	}
	return strings.Join(out, ", ")
}

// writeRuleStates says of the rules that did not run, or not over all, why.
func writeRuleStates(b *strings.Builder, d *app.Detection) {
	for _, s := range []struct{ state, title string }{
		{app.RuleFailed, "Failed"}, {app.RuleNotRun, "Not run: what they read is not in the logs"}, {app.RulePartial, "Run without some of their tables"}, {app.RuleDisabled, "Disabled"},
	} {
		var list []app.RuleRun
		missing := map[string]int{}
		for _, r := range d.Rules {
			if r.State == s.state {
				list = append(list, r)
				for _, t := range r.Missing {
					missing[t]++
				}
			}
		}
		if len(list) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s (%d)\n", s.title, len(list))
		if s.state == app.RuleFailed || s.state == app.RuleDisabled {
			for _, r := range list {
				fmt.Fprintf(b, "  %s\n", r.Name)
				if r.Error != "" {
					fmt.Fprintf(b, "    %s\n", r.Error)
				}
			}
			continue
		}
		names := sortedByCount(missing)
		for i, t := range names {
			if i == mostTables && len(names) > mostTables+1 {
				fmt.Fprintf(b, "  and %d more (--format json has them all)\n", len(names)-i)
				break
			}
			fmt.Fprintf(b, "  %s, for %s\n", t, plural(missing[t], "rule"))
		}
	}
}

// mostTables is how many tables that are not there are named.
const mostTables = 12

func sortedByCount(counts map[string]int) []string {
	out := make([]string, 0, len(counts))
	for k := range counts {
		out = append(out, k)
	}
	slices.SortFunc(out, func(x, y string) int {
		if counts[x] != counts[y] {
			return counts[y] - counts[x]
		}
		return strings.Compare(x, y)
	})
	return out
}

func writeIncidentLines(w io.Writer, d *app.Detection) error {
	for _, i := range d.Incidents {
		line, err := json.Marshal(i)
		if err != nil {
			return fmt.Errorf("write an incident: %w", err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

func writeIncidentsCSV(w io.Writer, d *app.Detection) error {
	rows := [][]string{{"incident", "severity", "createdTime", "firstActivityTime", "lastActivityTime", "title", "rule", "alertId", "alertTime", "events", "tactics", "entities"}}
	for _, i := range d.Incidents {
		for _, a := range i.Alerts {
			var entities []string
			for _, e := range a.Entities {
				entities = append(entities, e.String())
			}
			rows = append(rows, []string{
				strconv.Itoa(i.Number), i.Severity.String(), i.Created.Format(time.RFC3339), i.First.Format(time.RFC3339), i.Last.Format(time.RFC3339), i.Title, a.Rule, a.ID,
				a.Time.Format(time.RFC3339), strconv.Itoa(a.Events), strings.Join(a.Tactics, " "), strings.Join(entities, "; "),
			})
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
}
