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
	"github.com/azward/azward/internal/report"
	"github.com/azward/azward/network"
)

func newNetworkExposedCommand(env *Env) *cobra.Command {
	var f networkFlags
	var every bool
	var forbidden []string
	cmd := &cobra.Command{
		Use:   "exposed",
		Short: "List every port that the Internet reaches",
		Long: `Exposed lists the ports of virtual machines and network interfaces that the
Internet reaches: on their own public addresses, by inbound NAT rules, by load
balancing rules and by DNAT rules of Azure Firewalls, as far as the network security groups on the way let it.
A Standard address lets nothing in without a group; a Basic one everything.

A port counts as open to everyone where a sixteenth of the Internet or more
reaches it. --all also lists what only some addresses or service tags reach, and
public addresses on which nothing gets in.`,
		Example: `  azward network exposed --demo
  azward network exposed --demo --all --format json
  azward network exposed --demo --all -o exposed.html
  azward network exposed --demo --forbid 22,3389,5985-5986`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var ports []network.Ports
			for _, text := range forbidden {
				p, ok := network.ParsePorts(text)
				if !ok {
					return usagef("--forbid %q: expected a port, a range such as 5985-5986, or *", text)
				}
				ports = append(ports, p)
			}
			r, err := f.load(cmd, env)
			if err != nil {
				return err
			}
			answer := r.Exposed(every)
			table := func(w io.Writer) error { return writeExposed(w, answer, every) }
			if f.format == "html" {
				table = func(w io.Writer) error { return report.TablePageHTML(w, thisTool(), exposedPage(answer)) }
			}
			if err := f.write(env, answer, table, func(w io.Writer) error { return writeExposedCSV(w, answer) }); err != nil {
				return err
			}
			for _, e := range answer.Exposed {
				for _, p := range ports {
					if e.Everyone && e.Covers(p.From, p.To) {
						return errFindings
					}
				}
			}
			return nil
		},
	}
	f.add(cmd, 0, "html")
	cmd.Flags().BoolVar(&every, "all", false, "also list what only some addresses reach, and public addresses on which nothing gets in")
	cmd.Flags().StringSliceVar(&forbidden, "forbid", nil, "exit with 1 where one of these `PORTS` is open to everyone (22,3389,5985-5986)")
	return cmd
}

func writeExposed(w io.Writer, a *app.ExposedAnswer, every bool) error {
	b := &strings.Builder{}
	if len(a.Exposed) == 0 {
		fmt.Fprintf(b, "The Internet reaches nothing on %d network interfaces\n", a.Interfaces)
	} else {
		t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
		printlnTo(t, "RESOURCE\tADDRESS\tPROTOCOL\tPORTS\tFROM\tBY")
		for _, e := range a.Exposed {
			ports := e.Ports
			if e.FrontPorts != e.Ports {
				ports = e.FrontPorts + " to " + e.Ports
			}
			by := e.Way
			if e.Rule != "" {
				by += " " + e.Rule
			}
			printTo(t, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Name, dashed(e.Address), e.Protocol, ports, fromText(e.Sources, e.Tags)+exceptText(e.Except), by)
		}
		_ = t.Flush() // into memory
	}
	if every && len(a.Closed) > 0 {
		fmt.Fprintf(b, "\nClosed\n")
		for _, c := range a.Closed {
			fmt.Fprintf(b, "  %s %s: %s\n", c.Name, dashed(c.Address), c.Reason)
		}
	}
	if len(a.Unknown) > 0 {
		fmt.Fprintf(b, "\nUnknown: more may be open\n")
		for _, u := range a.Unknown {
			fmt.Fprintf(b, "  %s: %s\n", u.Name, u.Reason)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fromText names the first of many prefixes.
func fromText(sources, tags []string) string {
	const most = 2
	list := sources
	if len(list) > most {
		list = append(list[:most:most], fmt.Sprintf("%d more", len(list)-most))
	}
	return strings.Join(append(list, tags...), ", ")
}

func exceptText(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return " except " + fromText(list, nil)
}

func dashed(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func writeExposedCSV(w io.Writer, a *app.ExposedAnswer) error {
	rows := [][]string{{"state", "resourceId", "interfaceId", "publicIpAddress", "protocol", "ports", "frontPorts", "everyone", "sources", "except", "serviceTags", "way", "loadBalancerId", "loadBalancerRule", "reason"}}
	for _, e := range a.Exposed {
		rows = append(rows, []string{"exposed", e.ResourceID, e.Interface, e.Address, e.Protocol, e.Ports, e.FrontPorts, strconv.FormatBool(e.Everyone), strings.Join(e.Sources, " "), strings.Join(e.Except, " "), strings.Join(e.Tags, " "), e.Way, e.Device, e.Rule, ""})
	}
	for _, c := range a.Closed {
		rows = append(rows, []string{"closed", c.ResourceID, "", c.Address, "", "", "", "", "", "", "", "", "", "", c.Reason})
	}
	for _, c := range a.Unknown {
		rows = append(rows, []string{"unknown", c.ResourceID, "", c.Address, "", "", "", "", "", "", "", "", "", "", c.Reason})
	}
	return csv.NewWriter(w).WriteAll(rows)
}
