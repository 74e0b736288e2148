package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/jsondoc"
)

// whatIfFlags are the flags of azward ca whatif.
type whatIfFlags struct {
	ca       caFlags
	batch    string
	request  string
	policies string
	graph    bool
	applied  bool
	fields   map[string]*string // flags that are members of a sign-in
	device   []string
	user     string
	workload string
	apps     []string
}

func newCAWhatIfCommand(env *Env) *cobra.Command {
	f := whatIfFlags{fields: map[string]*string{}}
	cmd := &cobra.Command{
		Use:   "whatif (--demo | --from PATH ... | --batch FILE) [flags]",
		Short: "Decide a sign-in: blocked, asked for something, or let in, and why",
		Long: `Whatif decides one sign-in against the policies of an inventory, and says of
each policy whether it applies: yes, no (with the first condition that is not
met, in Graph's words), or unknown (with what would have to be known).

What no flag tells is not known. --graph answers as Microsoft's What If API does:
a policy with a condition on something that is not told does not apply.

--batch reads a JSON object a line, {"id", "policies", "namedLocations",
"directory", "signIn"}, and answers a line each; what a line does not bring is
taken from --demo or --from. Graph's own evaluate request is understood as a
sign-in, and as the whole of a line.`,
		Example: `  azward ca whatif --demo --user nils.aker@lindhaven.example --app Payroll --client browser --platform windows
  azward ca whatif --demo --user nils.aker@lindhaven.example --app Payroll --device isCompliant=true --ip 203.0.113.9 --country NL
  azward ca whatif --demo --request evaluate.json --graph
  azward ca whatif --batch cases.jsonl > answers.jsonl`,
		RunE: func(cmd *cobra.Command, args []string) error { return whatIf(cmd, env, &f, args) },
	}
	f.ca.add(cmd, "table", "json")
	fl := cmd.Flags()
	fl.StringVar(&f.batch, "batch", "", "decide the sign-ins in `FILE`, a JSON object a line (- reads standard input)")
	fl.StringVar(&f.request, "request", "", "take the sign-in from `FILE`: Graph's evaluate request, or a sign-in of --batch")
	fl.StringVar(&f.policies, "policies", "", "use the policies in `FILE` (Graph's JSON) in place of the inventory's")
	fl.BoolVar(&f.graph, "graph", false, "answer in the shape and by the rules of Graph's evaluate")
	fl.BoolVar(&f.applied, "applied-only", false, "with --graph: only the policies that apply")
	fl.StringVar(&f.user, "user", "", "the `ACCOUNT` that signs in: object id, principal name or display name")
	fl.StringVar(&f.workload, "service-principal", "", "a workload identity, `APP`, signs in: id, app id or display name")
	fl.StringArrayVar(&f.apps, "app", nil, "the application, `APP`: app id or display name (repeatable)")
	fl.StringArrayVar(&f.device, "device", nil, "a property of the device, `NAME=VALUE` as rules name it, or \"unregistered\" (repeatable)")
	for _, m := range []struct{ flag, member, help string }{
		{"user-action", "userAction", "in place of an application, `ACTION`: registerSecurityInformation or registerOrJoinDevices"},
		{"auth-context", "authenticationContextValue", "an authentication context, `CONTEXT`: c1 to c99"},
		{"client", "clientAppType", "`CLIENT`: browser, mobileAppsAndDesktopClients, exchangeActiveSync or other"},
		{"platform", "devicePlatform", "`PLATFORM`: android, iOS, windows, macOS, linux, windowsPhone or unknown"},
		{"ip", "ipAddress", "`ADDRESS`, v4 or v6"},
		{"country", "country", "`COUNTRY`: two letters, or unknown"},
		{"sign-in-risk", "signInRiskLevel", "`LEVEL`: none, low, medium or high"},
		{"user-risk", "userRiskLevel", "`LEVEL`: none, low, medium or high"},
		{"service-principal-risk", "servicePrincipalRiskLevel", "`LEVEL`: none, low, medium or high"},
		{"insider-risk", "insiderRiskLevel", "`LEVEL`: none, minor, moderate or elevated"},
		{"flow", "transferMethod", "`FLOW`: none, deviceCodeFlow or authenticationTransfer"},
		{"guest", "externalUserType", "`KIND` of external user: b2bCollaborationGuest, ..."},
		{"home-tenant", "externalTenantId", "home tenant, `ID`, of an external user"},
	} {
		v := new(string)
		f.fields[m.member] = v
		fl.StringVar(v, m.flag, "", m.help)
	}
	return cmd
}

func whatIf(cmd *cobra.Command, env *Env, f *whatIfFlags, args []string) error {
	var base *app.ConditionalAccess
	if f.batch == "" || f.ca.inventory.demo || len(f.ca.inventory.from) > 0 {
		if f.batch == "" && f.policies != "" && !f.ca.inventory.demo && len(f.ca.inventory.from) == 0 {
			base = &app.ConditionalAccess{Tenant: condaccess.TenantOf(app.EmptyDirectory(), env.Now())}
		} else {
			var err error
			if base, err = f.ca.load(cmd, env, args); err != nil {
				return err
			}
		}
	}
	if f.policies != "" {
		policies, err := readPolicies(env, f.policies)
		if err != nil {
			return err
		}
		if base == nil {
			return usagef("--policies needs --demo or --from with --batch; a line may bring its own policies")
		}
		base = base.With(policies)
	}
	if f.batch != "" {
		return whatIfBatch(cmd.Context(), env, f, base)
	}
	s, err := f.signIn(env, base)
	if err != nil {
		return err
	}
	var d condaccess.Decision
	if f.graph {
		base.Set.DecideAsGraph(&s, &d)
	} else {
		base.Set.Decide(&s, &d)
	}
	return writeOutput(env, f.ca.output, func(w io.Writer) error {
		switch {
		case f.graph:
			return writeValue(w, base.Set.GraphJSON(&d, f.applied))
		case f.ca.format == "json":
			return writeValue(w, base.Set.JSON(&d))
		default:
			return writeDecision(w, base.Set, &d)
		}
	})
}

// signIn makes the sign-in that the flags describe.
func (f *whatIfFlags) signIn(env *Env, base *app.ConditionalAccess) (condaccess.SignIn, error) {
	v := jsondoc.NewObject()
	if f.request != "" {
		doc, err := readJSON(env, f.request)
		if err != nil {
			return condaccess.SignIn{}, err
		}
		v = doc
		if in := doc.Get("signIn"); in.Exists() {
			v = in
		}
		if only, ok := v.Get("appliedPoliciesOnly").Bool(); ok && only {
			f.applied = true
		}
	}
	for member, to := range f.fields {
		if *to != "" {
			v = v.With(member, jsondoc.NewString(*to))
		}
	}
	if len(f.device) > 0 {
		d := jsondoc.NewObject()
		for _, p := range f.device {
			name, value, ok := strings.Cut(p, "=")
			switch {
			case strings.EqualFold(p, "unregistered"):
				d = d.With("registered", jsondoc.NewBool(false))
			case !ok || !new(condaccess.Device).Set(name):
				return condaccess.SignIn{}, usagef("--device %q: expected a property that rules know, as isCompliant=true, or unregistered", p)
			default:
				d = d.With(name, jsondoc.NewString(value))
			}
		}
		v = v.With("deviceInfo", d)
	}
	for _, id := range []struct {
		value, member string
		find          func(string) (string, error)
	}{{f.user, "userId", base.FindUser}, {f.workload, "servicePrincipalId", base.FindWorkload}} {
		if id.value == "" {
			continue
		}
		found, err := id.find(id.value)
		if err != nil {
			return condaccess.SignIn{}, err
		}
		v = v.With(id.member, jsondoc.NewString(found))
	}
	var apps []jsondoc.Value
	for _, a := range f.apps {
		found, err := base.FindApp(a)
		if err != nil {
			return condaccess.SignIn{}, err
		}
		apps = append(apps, jsondoc.NewString(found))
	}
	if len(apps) > 0 {
		v = v.With("includeApplications", jsondoc.NewArray(apps...))
	}
	if v.Len() == 0 {
		return condaccess.SignIn{}, &usageError{message: "no sign-in to decide", help: "describe it with --user, --app and so on, or give --request FILE or --batch FILE"}
	}
	s, list := condaccess.ParseSignIn(v)
	if len(list) > 0 {
		return s, &usageError{message: list[0].Message, help: list[0].Hint}
	}
	return s, nil
}

func whatIfBatch(ctx context.Context, env *Env, f *whatIfFlags, base *app.ConditionalAccess) error {
	now := f.ca.inventory.now(env)
	return batchLines(ctx, env, f.batch, f.ca.output, maxBatchLine, func(w io.Writer, line []byte, tooLong bool) error {
		if tooLong {
			_, err := fmt.Fprintf(w, `{"id":null,"error":{"code":"CAP0001","message":%q,"stage":"parse"}}`+"\n", tooLongLine(maxBatchLine))
			return err
		}
		return writeLine(w, app.WhatIfText(line, base, now, f.graph))
	})
}

func writeValue(w io.Writer, v jsondoc.Value) error {
	var b bytes.Buffer
	if err := json.Indent(&b, v.AppendJSON(nil), "", "  "); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

func writeLine(w io.Writer, v jsondoc.Value) error {
	_, err := w.Write(append(v.AppendJSON(nil), '\n'))
	return err
}

func writeDecision(out io.Writer, set *condaccess.Set, d *condaccess.Decision) error {
	w := &printer{Writer: out}
	words := map[condaccess.Result]string{condaccess.NotApplied: "let in: no policy in force applies", condaccess.Granted: "let in: the policies that apply ask for nothing",
		condaccess.GrantedWithControls: "let in with:", condaccess.Blocked: "blocked"}
	w.printf("%s\n", words[d.Result])
	if d.Result != condaccess.Blocked {
		for _, c := range set.Requirements(d) {
			var names []string
			for _, x := range c.Controls {
				names = append(names, x.Name)
			}
			w.printf("  %s   (%s)\n", strings.Join(names, " or "), c.Policy.Name())
		}
	}
	if unmet := set.Unmet(d); d.Result == condaccess.GrantedWithControls && len(unmet) > 0 {
		w.printf("blocked in practice: this kind of sign-in cannot meet what %s asks\n", unmet[0].Policy.Name())
	}
	if s := set.SessionControls(d).JSON(); s.Len() > 0 {
		w.printf("session: %s\n", s)
	}
	if !d.Certain {
		w.printf("not certain: with what is not known it could be %q\n", d.AtMost)
	}
	w.printf("\n")
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	rows := &printer{Writer: t}
	rows.printf("APPLIES\tSTATE\tWHY\tPOLICY\n")
	for _, a := range set.Explain(d) {
		rows.printf("%s\t%s\t%s\t%s\n", map[condaccess.Tri]string{condaccess.True: "yes", condaccess.False: "no", condaccess.Unknown: "unknown"}[a.Applies],
			a.Policy.State, cmp.Or(strings.Join(a.Reasons, ", "), "-"), a.Policy.Name())
	}
	return t.Flush()
}
