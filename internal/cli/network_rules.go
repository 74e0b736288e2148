package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/azward/azward/internal/app"
)

func newNetworkRulesCommand(env *Env) *cobra.Command {
	var f networkFlags
	cmd := &cobra.Command{
		Use:   "rules MACHINE",
		Short: "List the effective security rules of a machine or interface",
		Long: `Rules lists the security rules that apply to a virtual machine or a network
interface, those of its subnet and its own, in the order in which Azure takes
them, with the default rules. MACHINE is a name or an id.`,
		Example: `  azward network rules vm-modality-gw --demo
  azward network rules vm-pacs-01 --demo --format csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := f.load(cmd, env)
			if err != nil {
				return err
			}
			answer, err := r.Rules(args[0])
			if err != nil {
				return err
			}
			return f.write(env, answer, func(w io.Writer) error { return writeRules(w, answer) }, func(w io.Writer) error { return writeRulesCSV(w, answer) })
		},
	}
	f.add(cmd, 1)
	return cmd
}

func writeRules(w io.Writer, a *app.EffectiveRules) error {
	b := &strings.Builder{}
	if len(a.Rules) == 0 && len(a.Missing) == 0 {
		fmt.Fprintf(b, "No network security group applies: everything inside the virtual network passes\n")
	}
	last := ""
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, r := range a.Rules {
		if head := fmt.Sprintf("%s, %s %s (%s)", r.Direction, r.Level, lastOfID(r.Group), lastOfID(r.Interface)); head != last {
			_ = t.Flush() // into memory
			if last != "" {
				fmt.Fprintln(b)
			}
			last = head
			fmt.Fprintf(b, "%s\n", head)
			printlnTo(t, "  PRIORITY\tACCESS\tPROTOCOL\tFROM\tTO\tPORTS\tNAME")
		}
		printTo(t, "  %d\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Priority, r.Access, r.Protocol, endText(r.Source), endText(r.Destination), strings.Join(r.DestinationPorts, ","), r.Name)
	}
	_ = t.Flush() // into memory
	for _, m := range a.Missing {
		fmt.Fprintf(b, "  unknown: %s\n", m)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// endText names one end of a rule; application security groups by their names.
func endText(list []string) string {
	out := make([]string, 0, len(list))
	for _, text := range list {
		out = append(out, lastOfID(text))
	}
	return fromText(out, nil)
}

func writeRulesCSV(w io.Writer, a *app.EffectiveRules) error {
	rows := [][]string{{"interfaceId", "direction", "level", "group", "priority", "name", "access", "protocol", "source", "sourcePorts", "destination", "destinationPorts", "default"}}
	for _, r := range a.Rules {
		rows = append(rows, []string{
			r.Interface, r.Direction, r.Level, r.Group, strconv.Itoa(r.Priority), r.Name, r.Access, r.Protocol, strings.Join(r.Source, " "), strings.Join(r.SourcePorts, " "),
			strings.Join(r.Destination, " "), strings.Join(r.DestinationPorts, " "), strconv.FormatBool(r.Default),
		})
	}
	return csv.NewWriter(w).WriteAll(rows)
}
