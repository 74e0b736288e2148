package cli

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/azward/azward/diag"
	"github.com/azward/azward/internal/app"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy/assign"
)

// policiesVariable names definitions that every command knows, a path as
// --policies takes it.
const policiesVariable = "AZWARD_POLICIES"

// policySource are the flags that say where definitions come from.
type policySource struct {
	policies []string
	builtin  string
}

func (f *policySource) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.policies, "policies", nil, "read definitions and initiatives from `PATH`: a file, folder, .tar.gz or .zip (repeatable)")
	flags.StringVar(&f.builtin, "builtin", "", "Microsoft's own definitions: a clone or archive of Azure/azure-policy in `PATH` (default $"+policiesVariable+")")
}

// load reads the definitions that the flags name, paths besides, and those of
// the inventory.
func (f *policySource) load(env *Env, paths []string, inv *inventory.Inventory) (*app.PolicyLibrary, error) {
	all := append(slices.Clone(paths), f.policies...)
	if f.builtin != "" {
		all = append(all, f.builtin)
	} else if known := env.getenv(policiesVariable); known != "" {
		all = append(all, known)
	}
	p := newProgress(env)
	defer p.clear()
	p.show("read the policies", 0, 0)
	lib, err := app.LoadPolicies(all, inv)
	return lib, err
}

// optionalInventory reads the inventory where the flags name one.
func (f *inventoryFlags) optional(ctx context.Context, env *Env) (*inventory.Inventory, error) {
	if !f.demo && len(f.from) == 0 {
		return nil, nil
	}
	return f.load(ctx, env, nil)
}

// document returns the definition or initiative that a flag names: by a file,
// or by the id, name or display name of one that the flags read.
func (f *policySource) document(env *Env, want string, inv *inventory.Inventory) (*app.PolicyLibrary, *assign.Document, error) {
	if isFile(want) {
		lib, err := f.load(env, []string{want}, inv)
		if err != nil {
			return nil, nil, err
		}
		if err := wrongFile(lib.Problems, want); err != nil {
			return nil, nil, err
		}
		for _, d := range lib.Documents() {
			if d.Source != nil && d.Source.Name == want {
				return lib, d, nil
			}
		}
		d, err := bareRule(lib, want)
		return lib, d, err
	}
	lib, err := f.load(env, nil, inv)
	if err != nil {
		return nil, nil, err
	}
	found, err := lib.Pick(want)
	if err != nil {
		return nil, nil, err
	}
	return lib, found[0], nil
}

// bareRule reads a file that holds a rule alone, {"if": ..., "then": ...}.
func bareRule(lib *app.PolicyLibrary, path string) (*assign.Document, error) {
	doc, text, err := readJSONFile(path)
	if err != nil {
		return nil, err
	}
	if doc.Get("if").IsMissing() || doc.Get("then").IsMissing() {
		return nil, usagef("%s holds no policy definition", path)
	}
	name := strings.TrimSuffix(filepath.Base(path), ".json")
	lib.Add(jsondoc.NewObject(jsondoc.Member{Name: "policyRule", Value: doc}), name, diag.NewSource(path, text))
	return lib.Named(name, false), nil
}

func wrongFile(problems diag.List, name string) error {
	for _, d := range problems {
		if d.Source == name && d.Code != "APP0001" { // that it holds no definition is said by others
			return usagef("%s", d.Error())
		}
	}
	return nil
}

// table is a printer whose tabs line up.
type table struct {
	printer
	tabs *tabwriter.Writer
}

func newTable(w io.Writer) *table {
	tabs := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	return &table{printer{Writer: tabs}, tabs}
}

func (t *table) flush() error {
	if t.err != nil {
		return t.err
	}
	return t.tabs.Flush()
}

// graver leaves notes out.
func graver(list diag.List) diag.List {
	return slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool { return d.Severity == diag.Info })
}

// oneOf checks the value of a flag.
func oneOf(flag, value string, known ...string) error {
	if !slices.Contains(known, value) {
		return usagef("--%s %s: expected %s", flag, value, strings.Join(known, ", "))
	}
	return nil
}

// writeIndented writes any value as JSON that people can read.
func writeIndented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
