package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/azward/azward/access"
	"github.com/azward/azward/internal/app"
)

// circumstanceFlags tell what conditions of role assignments ask of a request.
type circumstanceFlags struct {
	attributes   []string
	subOperation string
}

func (f *circumstanceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.attributes, "attribute", nil, "what an attribute of the request is, `ATTRIBUTE`: @Source[name]=value, without a value where it is not set (repeatable)")
	cmd.Flags().StringVar(&f.subOperation, "sub-operation", "", "the `NAME` of the suboperation, Blob.List for example")
}

func (f *circumstanceFlags) circumstances(now time.Time) (*app.Circumstances, error) {
	c := &app.Circumstances{SubOperation: f.subOperation, Now: now, Attributes: app.Attributes{}}
	for _, a := range f.attributes {
		if err := c.Attributes.Add(a); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func newAccessConditionCommand(env *Env) *cobra.Command {
	var c circumstanceFlags
	var action, format, output, dialect string
	dialects := map[string]access.Dialect{"azure": access.Azure, "regorus": access.Regorus}
	cmd := &cobra.Command{
		Use:   "condition TEXT",
		Short: "Try a role assignment condition on a request",
		Long: `Condition reads a role assignment condition (version 2.0) and decides it for an
action and what is told of the request. What is not told makes it unknown, with
what would have to be known. TEXT may be - to read standard input.

--dialect regorus takes what the evaluator of that name takes besides Azure's own
language: Azure refuses such a condition.`,
		Example: `  azward access condition "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringLike 'logs-*'" --attribute @Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name]=logs-2026
  azward access condition "!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'}) OR @Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEqualsIgnoreCase 'ServicePrincipal'" --action Microsoft.Authorization/roleAssignments/write
  azward access condition "@Request[ip] IpMatch '10.0.0.0/8'" --attribute @Request[ip]=10.1.2.3 --dialect regorus --format json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, ok := dialects[strings.ToLower(dialect)]
			if !ok {
				return usagef("--dialect %q: use azure or regorus", dialect)
			}
			text := args[0]
			if text == "-" {
				b, err := io.ReadAll(io.LimitReader(env.Stdin, 1<<20))
				if err != nil {
					return fmt.Errorf("read the condition: %w", err)
				}
				text = string(b)
			}
			in, err := c.circumstances(env.Now())
			if err != nil {
				return err
			}
			answer, err := app.Condition(text, action, d, in)
			if err != nil {
				return err
			}
			return writeOutput(env, output, func(w io.Writer) error {
				if format == "json" {
					return writeJSON(w, answer)
				}
				p := &printer{Writer: w}
				p.printf("%s\n  %s\n", strings.ToUpper(answer.Holds[:1])+answer.Holds[1:], answer.Condition)
				for _, n := range answer.Notes {
					p.printf("  %s\n", n)
				}
				for _, m := range answer.Missing {
					p.printf("  unknown: %s\n", m)
				}
				return p.err
			})
		},
	}
	addFormat(cmd, &format, "table", "json")
	addOutput(cmd, &output)
	c.add(cmd)
	cmd.Flags().StringVar(&action, "action", "", "the `ACTION` of the request, Microsoft.Storage/storageAccounts/read for example")
	cmd.Flags().StringVar(&dialect, "dialect", "azure", "the `LANGUAGE` of the condition: azure or regorus")
	return cmd
}
