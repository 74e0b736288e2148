package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/jsondoc"
)

func newCACommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Conditional Access: decide sign-ins, find those that slip through",
		Long: `Ca decides what Conditional Access makes of a sign-in, searches the policies of a
tenant for every sign-in that they leave open, and tries a change before it is
made. It works on an inventory, offline.

An answer that depends on something that was not read is unknown.`,
		Example: `  azward ca whatif --demo --user nils.aker@lindhaven.example --app Payroll --platform windows
  azward ca gaps --demo
  azward ca lint --demo
  azward ca diff --demo --policies proposed.json
  azward ca replay --demo --log signins.jsonl --policies proposed.json
  azward ca matrix --demo -o matrix.html`,
	}
	cmd.AddCommand(newCAWhatIfCommand(env), newCAGapsCommand(env), newCALintCommand(env), newCADiffCommand(env), newCAReplayCommand(env), newCAMatrixCommand(env))
	return cmd
}

// caFlags are the flags of every ca command.
type caFlags struct {
	inventory inventoryFlags
	format    string
	output    string
}

func (f *caFlags) add(cmd *cobra.Command, formats ...string) {
	f.inventory.add(cmd)
	addFormat(cmd, &f.format, formats...)
	addOutput(cmd, &f.output)
}

// load reads the inventory and compiles its policies. What could not be understood
// is said on standard error.
func (f *caFlags) load(cmd *cobra.Command, env *Env, args []string) (*app.ConditionalAccess, error) {
	inv, err := f.inventory.load(cmd.Context(), env, args)
	if err != nil {
		return nil, err
	}
	c := app.NewConditionalAccess(inv, f.inventory.now(env))
	complainOf(env, append(graveOf(inv), c.Problems()...))
	return c, nil
}

// readPolicies reads a file of policies in Graph's JSON.
func readPolicies(env *Env, path string) ([]*condaccess.Policy, error) {
	doc, err := readJSON(env, path)
	if err != nil {
		return nil, err
	}
	policies, list := condaccess.ParsePolicies(doc)
	for _, d := range list {
		env.say("azward: %s: %s\n", path, d.Error())
	}
	if len(policies) == 0 {
		return nil, usagef("%s holds no Conditional Access policy", path)
	}
	return policies, nil
}

const maxInputFile = 1 << 30

func readJSON(env *Env, path string) (jsondoc.Value, error) {
	in, err := openInput(env, path)
	if err != nil {
		return jsondoc.Value{}, err
	}
	defer func() { _ = in.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(in, maxInputFile))
	if err != nil {
		return jsondoc.Value{}, fmt.Errorf("read %s: %w", path, reasonOf(err))
	}
	doc, err := jsondoc.Parse([]byte(strings.TrimPrefix(string(text), "\ufeff")))
	if err != nil {
		return jsondoc.Value{}, notJSON(path, err)
	}
	return doc, nil
}

// notJSON says where a file stops being JSON.
func notJSON(path string, err error) error {
	if syntax, ok := errors.AsType[*jsondoc.SyntaxError](err); ok && syntax.Pos.Line > 0 {
		return usagef("%s:%d:%d: %s", path, syntax.Pos.Line, syntax.Pos.Column, syntax.Message)
	}
	return usagef("%s: %v", path, err)
}

// printer writes text and keeps the first error, for a function that writes many
// lines to look at once.
type printer struct {
	io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.Writer, format, args...)
	}
}
