package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/network"
	"github.com/azward/azward/resource"
)

func newNetworkVerifyCommand(env *Env) *cobra.Command {
	var f networkFlags
	var protocol, expect string
	var port int
	cmd := &cobra.Command{
		Use:   "verify SOURCE DESTINATION --port N",
		Short: "Tell whether one may open a connection to another, and what decides it",
		Long: `Verify tells whether SOURCE may open a connection to DESTINATION, and names every
rule and route that decided: what the source's network security groups let out,
the way between the networks, and what the destination's let in. It answers as
Network Watcher's IP flow verify does for each side, for machines that need not
run.

SOURCE and DESTINATION are a virtual machine or a network interface (a name or an
id), or an address; SOURCE may be Internet. --expect makes it a test.`,
		Example: `  azward network verify Internet vm-modality-gw --port 3389 --demo
  azward network verify vm-ehr-app-01 vm-pacs-01 --port 104 --demo
  azward network verify vm-research-01 198.51.100.7 --protocol udp --port 53 --demo --format json
  azward network verify Internet vm-pacs-01 --port 22 --expect deny --demo`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _ := network.ParseProtocol(protocol) // the flag takes no other words
			ported := p == network.TCP || p == network.UDP
			switch {
			case ported && !cmd.Flags().Changed("port"):
				return usagef("name the destination's port with --port")
			case !ported && cmd.Flags().Changed("port"):
				return usagef("%s has no ports", protocol)
			case !ported:
				port = -1
			case port < 0 || port > 65535:
				return usagef("--port %d: expected 0 to 65535", port)
			}
			r, err := f.load(cmd, env)
			if err != nil {
				return err
			}
			answer, err := r.Verify(app.FlowQuestion{Source: args[0], Destination: args[1], Protocol: p, Port: port})
			if err != nil {
				return err
			}
			if err := f.write(env, answer, func(w io.Writer) error { return writeFlow(w, answer) }, func(w io.Writer) error { return writeFlowCSV(w, answer) }); err != nil {
				return err
			}
			if expect != "" && !strings.EqualFold(expect, answer.Access) {
				return errFindings
			}
			return nil
		},
	}
	f.add(cmd, 2)
	addChoice(cmd, &protocol, "protocol", "", "PROTOCOL", "tcp", "the protocol", "tcp", "udp", "icmp", "esp", "ah")
	cmd.Flags().IntVar(&port, "port", 0, "the destination's port, `N`")
	addChoice(cmd, &expect, "expect", "", "ACCESS", "", "exit with 1 where the answer is another", "allow", "deny")
	return cmd
}

func writeFlow(w io.Writer, a *app.FlowAnswer) error {
	b := &strings.Builder{}
	port := ""
	if a.Port != "*" {
		port = " " + a.Port
	}
	fmt.Fprintf(b, "%s: %s -> %s, %s%s\n", a.Access, a.Source, a.Destination, a.Protocol, port)
	if len(a.From) > 0 {
		fmt.Fprintf(b, "  only from %s\n", strings.Join(a.From, ", "))
	}
	if a.Stopped != "" {
		fmt.Fprintf(b, "  %s\n", a.Stopped)
	}
	for _, m := range a.Missing {
		fmt.Fprintf(b, "  unknown: %s\n", m)
	}
	if len(a.Steps) > 0 {
		fmt.Fprintln(b)
	}
	for _, s := range a.Steps {
		fmt.Fprintf(b, "  %-8s  %-7s  %s\n", s.What, s.Access, stepText(s))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func stepText(s app.FlowStep) string {
	text := s.Says
	if s.Rule != "" {
		text = fmt.Sprintf("%s (%d) of %s", s.Rule, s.Priority, lastOfID(s.Group))
	}
	if s.Level != "" {
		text = s.Level + ": " + text
	}
	return text
}

// lastOfID is the name at the end of an id.
func lastOfID(text string) string {
	if id, err := resource.ParseID(text); err == nil {
		return id.Name()
	}
	return text
}

func writeFlowCSV(w io.Writer, a *app.FlowAnswer) error {
	rows := [][]string{{"access", "source", "destination", "protocol", "port", "step", "level", "group", "rule", "stepAccess", "says"}}
	for _, s := range a.Steps {
		rows = append(rows, []string{a.Access, a.Source, a.Destination, a.Protocol, a.Port, s.What, s.Level, s.Group, s.Rule, s.Access, s.Says})
	}
	if len(a.Steps) == 0 {
		rows = append(rows, []string{a.Access, a.Source, a.Destination, a.Protocol, a.Port, "", "", "", "", "", strings.Join(append(a.Missing, a.Stopped), "; ")})
	}
	return csv.NewWriter(w).WriteAll(rows)
}
