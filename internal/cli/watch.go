package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/notify"
	"github.com/azward/azward/internal/snapshot"
)

// watchFlags are the flags of azward watch.
type watchFlags struct {
	inventory             inventoryFlags
	live                  liveFlags
	every, anew           time.Duration
	dir, failOn, file     string
	webhook, teams, slack string
	drop                  float64
	keep, tries           int
	once                  bool
	policies              []string
	exemptions            string
}

func newWatchCommand(env *Env) *cobra.Command {
	var f watchFlags
	cmd := &cobra.Command{
		Use:   "watch -o DIR [--from PATH ...]",
		Short: "Read a tenant again and again, and tell what got worse",
		Long: `Watch repeats collect, assess and diff, keeps every round in a folder, and tells
by webhook, in Teams, in Slack or by e-mail what crosses a threshold: findings
that are new and of --fail-on or above, and a Secure Score that fell by
--score-drop. The first round is what the others are compared with, and tells
nothing.

Of the directory only what changed since the round before is read, as azward
collect --since does; after --anew everything is.

A finding is told once, until it is known to be closed. What cannot be sent is
tried again with growing pauses, and is a line of dead-letter.jsonl in the folder
then, which the next rounds try once each: ten of them, and no longer than a week.
One watch at a time keeps its history in a folder. That the tenant cannot be read is told once as well.

Addresses of webhooks and passwords are secrets: flags and the file of channels
name variables of the environment that hold them. The file is YAML:

  channels:
    - kind: teams                    # webhook, teams, slack, email
      urlEnv: TEAMS_WORKFLOW_URL
    - kind: email
      server: smtp.example.com:587   # STARTTLS is needed
      from: azward@example.com
      to: [security@example.com]
      usernameEnv: SMTP_USER
      passwordEnv: SMTP_PASSWORD`,
		Example: `  azward watch --every 1h -o history --fail-on high --notify channels.yaml
  azward watch --once -o history --from export/ --fail-on medium
  azward watch --every 6h -o history --teams TEAMS_WORKFLOW_URL --fail-on critical --score-drop 2`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args) },
	}
	f.inventory.add(cmd)
	f.live.add(cmd)
	flags := cmd.Flags()
	flags.DurationVar(&f.anew, "anew", 24*time.Hour, "`TIME` that rounds take over from the ones before what did not change in the directory; 0 reads everything in every round")
	flags.DurationVar(&f.every, "every", time.Hour, "`TIME` from the beginning of one round to that of the next")
	flags.BoolVar(&f.live.logs, "logs", false, "read activity logs and audits of the directory too, to tell who is to be asked")
	flags.BoolVar(&f.once, "once", false, "run one round and end: for cron and CI; the exit code is 1 where it tells of something")
	flags.StringVarP(&f.dir, "output", "o", "", "the `FOLDER` of the history")
	flags.IntVar(&f.keep, "keep", 30, "keep the last `N` rounds; 0 keeps all")
	addFailOn(cmd, &f.failOn, "tell new findings of this severity or above")
	flags.Float64Var(&f.drop, "score-drop", 0, "tell where the Secure Score falls by this many `POINTS` of a hundred in one round")
	flags.IntVar(&f.tries, "tries", 5, "try a message `N` times before it is a dead letter")
	flags.StringVar(&f.file, "notify", "", "a YAML `FILE` of channels")
	flags.StringVar(&f.webhook, "webhook", "", "post JSON to the address in this `VARIABLE` of the environment")
	flags.StringVar(&f.teams, "teams", "", "post to the Teams workflow whose address is in this `VARIABLE`")
	flags.StringVar(&f.slack, "slack", "", "post to the Slack webhook whose address is in this `VARIABLE`")
	flags.StringArrayVar(&f.policies, "policies", nil, "also assess the Azure Policy definitions in `PATH` (a file or folder; repeatable)")
	flags.StringVar(&f.exemptions, "exemptions", "", "a YAML `FILE` of exemptions")
	return cmd
}

// options resolves the flags.
func (f *watchFlags) options(env *Env, args []string) (app.WatchOptions, error) {
	var o app.WatchOptions
	switch {
	case f.dir == "":
		return o, usagef("say where the history goes with -o FOLDER")
	case !f.once && f.every < time.Minute:
		return o, usagef("--every takes a minute or more")
	case f.anew < 0:
		return o, usagef("--anew takes a time or 0")
	case f.keep < 0 || f.keep == 1:
		return o, usagef("--keep takes 2 or more, or 0 for all: a round is compared with the one before")
	case f.tries < 1 || f.tries > 20:
		return o, usagef("--tries takes 1 to 20")
	case f.drop < 0 || f.drop > 100:
		return o, usagef("--score-drop takes 0 to 100")
	}
	severity, err := parseFailOn(f.failOn)
	if err != nil {
		return o, err
	}
	channels, err := f.channels(env)
	if err != nil {
		return o, err
	}
	o = app.WatchOptions{
		Dir: f.dir, Anew: f.anew, Keep: f.keep, Severity: severity, Tell: f.failOn != "", ScoreDrop: f.drop,
		Assess: app.Options{Policies: f.policies, Exemptions: f.exemptions, Version: version(), Clock: env.Now},
	}
	if len(channels) > 0 {
		if f.failOn == "" && f.drop == 0 {
			return o, &usageError{message: "channels are given, and nothing that they are told", help: "give --fail-on SEVERITY or --score-drop POINTS"}
		}
		o.Notify = &notify.Notifier{Channels: channels, Attempts: f.tries, DeadLetter: filepath.Join(f.dir, "dead-letter.jsonl"), Now: env.Now}
	}
	if f.inventory.demo || len(f.inventory.from) > 0 {
		paths, err := f.inventory.paths(args)
		if err != nil {
			return o, err
		}
		given := inventoryFlags{demo: f.inventory.demo, from: paths}
		o.Read = func(ctx context.Context, path, _ string) error {
			inv, err := given.load(ctx, env, nil)
			if err != nil {
				return err
			}
			return writeSnapshot(env, path, snapshot.Header{CreatedAt: given.now(env).UTC()}, inv, copyRest(ctx, paths))
		}
		return o, nil
	}
	if _, err := f.live.options(env); err != nil {
		return o, err
	}
	o.Read = func(ctx context.Context, path, before string) error {
		live := f.live
		live.since = before
		// What happened between two rounds, and a day more for what comes late.
		live.logDays, live.logTables = min(int(f.every.Hours()/24)+2, collect.MaxLogDays), app.ActorLogs()
		_, err := live.collectTo(ctx, env, path)
		if _, usage := errors.AsType[*usageError](err); before == "" || !usage || ctx.Err() != nil {
			return err
		}
		// The round before is of no use: everything is read.
		env.say("azward: %v; reading everything\n", err)
		if err := os.RemoveAll(path + ".collect"); err != nil {
			return err
		}
		live.since = ""
		_, err = live.collectTo(ctx, env, path)
		return err
	}
	return o, nil
}

// channels reads whom to tell.
func (f *watchFlags) channels(env *Env) ([]notify.Channel, error) {
	var out []notify.Channel
	if f.file != "" {
		text, err := readSmallFile(f.file)
		if err != nil {
			return nil, err
		}
		if out, err = notify.Parse(text, env.getenv, readSmallFile, env.Now); err != nil {
			return nil, usagef("%s: %v", f.file, err)
		}
	}
	for _, one := range []struct{ kind, variable string }{{"webhook", f.webhook}, {"teams", f.teams}, {"slack", f.slack}} {
		if one.variable == "" {
			continue
		}
		if strings.Contains(one.variable, "/") {
			return nil, usagef("--%s takes the name of a variable that holds the address, so that the address is in no list of processes", one.kind)
		}
		c, err := notify.Post(one.kind, one.variable, env.getenv)
		if err != nil {
			return nil, usagef("--%s: %v", one.kind, err)
		}
		out = append(out, c)
	}
	return out, nil
}

func (f *watchFlags) run(ctx context.Context, env *Env, args []string) error {
	o, err := f.options(env, args)
	if err != nil {
		return err
	}
	unlock, err := app.LockWatch(f.dir)
	if err != nil {
		return err
	}
	defer unlock()
	for {
		begun := env.Now()
		r, err := app.WatchOnce(ctx, o)
		switch {
		case f.once && err != nil:
			return err
		case ctx.Err() != nil:
			return nil
		case err != nil:
			env.say("azward: %s: %v; trying again\n", begun.UTC().Format(time.RFC3339), err)
		default:
			if err := sayRound(env, r); err != nil {
				return err
			}
		}
		if f.once {
			if r.Fell || f.crossed(o, r) {
				return errFindings
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(f.every-env.Now().Sub(begun), time.Second)):
		}
	}
}

func (f *watchFlags) crossed(o app.WatchOptions, r *app.Round) bool {
	for _, one := range r.Fresh {
		if o.Tell && one.Severity >= o.Severity {
			return true
		}
	}
	return false
}

// sayRound writes a line for each round, and one for each channel that failed.
func sayRound(env *Env, r *app.Round) error {
	for _, err := range r.Dead {
		env.say("azward: not sent, and kept in dead-letter.jsonl: %v\n", err)
	}
	text := "the first round: nothing to compare with"
	if d := r.Drift; d != nil {
		text = fmt.Sprintf("%d new findings (%d not told before), %d closed; Secure Score %.1f%% -> %.1f%%; %d unknown", len(d.New), len(r.Fresh), len(d.Closed), d.Before.Percentage*100, d.After.Percentage*100, d.After.Unknown)
		if r.Sent > 0 {
			text += fmt.Sprintf("; told by %d channels", r.Sent)
		}
	}
	if r.Resent > 0 {
		text += fmt.Sprintf("; %d messages sent that could not be before", r.Resent)
	}
	_, err := fmt.Fprintf(env.Stdout, "%s: %s\n", r.Snapshot, text)
	return ignoreClosedPipe(err)
}
