package cli

import (
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/internal/app"
)

func newCAReplayCommand(env *Env) *cobra.Command {
	var f caFlags
	var policies string
	var logs []string
	cmd := &cobra.Command{
		Use:   "replay (--demo | --from PATH ...) [--log FILE] [--policies FILE]",
		Short: "Try policies against the sign-ins of a log before anybody is locked out",
		Long: `Replay decides every sign-in of a log by today's policies and, with --policies, by
a proposed set: who would be newly blocked, asked for more or less, or let in, and
what each policy does. Report-only policies are counted as well.

A log is Microsoft Graph's signIns (v1.0 or beta) or rows of SigninLogs and the
like: JSON Lines, an array, or {"value": [...]}, plain or gzip; or a snapshot
that azward collect --logs made, and one that --from names needs no --log. Where it carries
Entra's own answers, fidelity says how many of azward's are the same. The log does
not tell a user's risk at the time, and v1.0 not the flow; what depends on them is
counted as undecided.`,
		Example: `  azward ca replay --from export/ --log signins.jsonl
  azward ca replay --from tenant.azs --policies proposed.json
  azward ca replay --from export/ --log october.jsonl.gz --policies proposed.json
  az rest --url 'https://graph.microsoft.com/beta/auditLogs/signIns' | azward ca replay --from export/ --log -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.load(cmd, env, args)
			if err != nil {
				return err
			}
			if logs == nil {
				paths, err := f.inventory.paths(args)
				if err != nil {
					return err
				}
				logs = app.WithLog(paths, app.LogSignIns)
			}
			if len(logs) == 0 {
				return &usageError{message: "no log to replay", help: "give sign-ins with --log FILE, or a snapshot that azward collect --logs made with --from"}
			}
			var proposed *condaccess.Set
			if policies != "" {
				list, err := readPolicies(env, policies)
				if err != nil {
					return err
				}
				proposed = c.With(list).Set
			}
			total := condaccess.NewReplay(c.Set, proposed)
			p := newProgress(env)
			for _, path := range logs {
				if err := replayFile(cmd, env, path, c, proposed, total, p); err != nil {
					return err
				}
			}
			p.clear()
			return writeOutput(env, f.output, func(w io.Writer) error {
				if f.format == "json" {
					return writeValue(w, total.JSON())
				}
				return writeReplay(w, total, proposed != nil)
			})
		},
	}
	f.add(cmd, "table", "json")
	cmd.Flags().StringArrayVar(&logs, "log", nil, "a `FILE` of sign-ins (- reads standard input; repeatable)")
	cmd.Flags().StringVar(&policies, "policies", "", "the proposed policies: a `FILE` in Graph's JSON")
	return cmd
}

func replayFile(cmd *cobra.Command, env *Env, path string, c *app.ConditionalAccess, proposed *condaccess.Set, total *condaccess.Replay, p *progress) error {
	in, err := openInput(env, path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	r, bad, err := app.ReplayLog(cmd.Context(), in, c.Set, proposed, 0, func(n int) { p.show("sign-ins", n, 0) })
	if err != nil {
		return inputError(path, err)
	}
	if bad != "" {
		env.say("azward: %s: lines that are no JSON are skipped; the first: %s\n", path, bad)
	}
	if r.SignIns == 0 && bad != "" {
		return usagef("%s holds no sign-in: one is a JSON object a line, or an array of them, as Entra's logs export them", path)
	}
	total.Merge(r)
	return nil
}

func writeReplay(out io.Writer, r *condaccess.Replay, compared bool) error {
	w := &printer{Writer: out}
	w.printf("%d sign-ins", r.SignIns)
	if r.Skipped > 0 {
		w.printf(" (%d lines skipped)", r.Skipped)
	}
	w.printf("\ntoday: %d blocked, %d let in with controls, %d let in with none asked, %d that no policy applies to\n",
		r.Results[condaccess.Blocked], r.Results[condaccess.GrantedWithControls], r.Results[condaccess.Granted], r.Results[condaccess.NotApplied])
	if fi := r.Fidelity; fi.Compared+fi.Undecided > 0 {
		w.printf("fidelity: %d of %d answers are Entra's (%.2f %%), %d undecided", fi.Agreed, fi.Compared, percent(fi.Agreed, fi.Compared), fi.Undecided)
		if fi.ReasonsCompared > 0 {
			w.printf("; %d of %d reasons", fi.Reasons, fi.ReasonsCompared)
		}
		w.printf("\n")
		for _, e := range fi.Examples {
			w.printf("  differs: %s\n", e)
		}
	}
	if compared {
		w.printf("\nwith the proposed policies:\n")
		words := map[condaccess.Effect]string{condaccess.Same: "nothing changes", condaccess.NewlyBlocked: "newly blocked", condaccess.NewlyAsked: "asked for more", condaccess.LessAsked: "asked for less",
			condaccess.Unblocked: "no longer blocked", condaccess.Unsure: "not certain"}
		for _, e := range []condaccess.Effect{condaccess.NewlyBlocked, condaccess.NewlyAsked, condaccess.LessAsked, condaccess.Unblocked, condaccess.Unsure, condaccess.Same} {
			w.printf("  %-18s %d sign-ins", words[e], r.Effects[e])
			if e != condaccess.Same {
				w.printf(" of %d people", r.Users(e))
			}
			w.printf("\n")
			for _, x := range r.Examples[e] {
				w.printf("    %s, %s%s\n", x.User, x.App, because(x.Policies))
			}
		}
	}
	w.printf("\n")
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	rows := &printer{Writer: t}
	rows.printf("APPLIED\tPEOPLE\tUNDECIDED\t POLICY\n")
	for i := range r.Policies {
		p := &r.Policies[i]
		if p.Policy.State == condaccess.Disabled {
			continue
		}
		state := ""
		if p.Policy.State != condaccess.Enabled {
			state = " (" + p.Policy.State.String() + ")"
		}
		rows.printf("%d\t%d\t%d\t %s%s\n", p.Applied, p.Users(), p.Unknown, p.Policy.Name(), state)
	}
	return t.Flush()
}

func because(policies []string) string {
	if len(policies) == 0 {
		return ""
	}
	return ": " + strings.Join(policies, ", ")
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}
