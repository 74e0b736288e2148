package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/azward/azward/internal/collect"
	"github.com/azward/azward/internal/collect/fake"
	"github.com/azward/azward/internal/content"
	"github.com/azward/azward/internal/snapshot"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/kql"
	"github.com/azward/azward/kql/kqlio"
	"github.com/azward/azward/policy"
)

// factTypes are what analyzers read besides the types that controls name.
var factTypes = []string{
	"Microsoft.Network/networkInterfaces", "Microsoft.Network/virtualNetworks", "Microsoft.Network/publicIPAddresses", "Microsoft.Network/networkSecurityGroups",
	"Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleDefinitions", "Microsoft.Authorization/policyAssignments", "Microsoft.Authorization/policyExemptions",
	"Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/policySetDefinitions", "Microsoft.ManagedIdentity/userAssignedIdentities",
	"Microsoft.RecoveryServices/vaults", "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems",
}

// CollectWants lists the types that the shipped controls and the analyzers ask
// about, with the resources on which related ones are looked for.
func CollectWants() []collect.Want {
	on := map[string]map[string]bool{}
	spelled := map[string]string{}
	want := func(typ string, of ...string) {
		key := lower(typ)
		if strings.Count(typ, "/") == 0 || strings.HasPrefix(key, "microsoft.graph/") {
			return
		}
		if on[key] == nil {
			on[key], spelled[key] = map[string]bool{}, typ
		}
		for _, o := range of {
			on[key][o] = true
		}
	}
	controls, _ := content.Controls()
	for i := range controls {
		def, diags := policy.Compile(controls[i].Definition, policy.CompileOptions{})
		if def == nil || diags.HasErrors() {
			continue
		}
		for _, t := range def.Types() {
			want(t)
		}
		if related := def.Rule().Path("then", "details", "type").TextOr(""); related != "" {
			want(related, def.Types()...)
		}
	}
	for _, t := range factTypes {
		want(t)
	}
	var out []collect.Want
	for key, of := range on {
		w := collect.Want{Type: spelled[key]}
		for o := range of {
			w.On = append(w.On, o)
		}
		slices.Sort(w.On)
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b collect.Want) int { return strings.Compare(lower(a.Type), lower(b.Type)) })
	return out
}

// ControlsOf returns the ids of the controls that are unknown where a type was
// not read.
func ControlsOf(types []string) []string {
	var out []string
	controls, _ := content.Controls()
	for i := range controls {
		def, _ := policy.Compile(controls[i].Definition, policy.CompileOptions{})
		if def == nil {
			continue
		}
		asked := append(def.Types(), def.Rule().Path("then", "details", "type").TextOr(""))
		if slices.ContainsFunc(asked, func(t string) bool {
			return t != "" && slices.ContainsFunc(types, func(k string) bool { return strings.EqualFold(k, t) })
		}) {
			out = append(out, controls[i].ID)
		}
	}
	return out
}

// Collect reads a tenant into a snapshot at path. What is read is kept in the
// folder path.collect until the snapshot is whole, so that a run that was
// interrupted goes on where it was.
func Collect(ctx context.Context, path string, o collect.Options) (collect.Result, error) {
	o.Dir = path + ".collect"
	_, begun := os.Stat(o.Dir)
	f, err := CreateSnapshot(path, snapshot.Header{CreatedAt: o.Clock(), Writer: "azward " + o.Version})
	if err != nil {
		return collect.Result{}, err
	}
	res, err := collect.Run(ctx, o, f.Writer)
	if err != nil {
		_ = f.Abandon(false) // the first error says more
		if (errors.Is(err, collect.ErrSince) || errors.Is(err, collect.ErrSignIn)) && errors.Is(begun, os.ErrNotExist) {
			_ = os.RemoveAll(o.Dir) // nothing of worth was read
		}
		return res, err
	}
	if err := f.Finish(); err != nil {
		return res, err
	}
	if err := os.RemoveAll(o.Dir); err != nil {
		return res, fmt.Errorf("the snapshot is whole; remove what was kept for it: %w", err)
	}
	return res, nil
}

// ServeFake serves an inventory as an Azure to try collectors on, with Resource
// Graph answered by the KQL engine.
func ServeFake(inv *inventory.Inventory, o fake.Options, port int, now time.Time) (*fake.Server, error) {
	o.Inventory, o.Query = inv, graphQuery(inv, now)
	return fake.Serve(o, port)
}

// graphQuery answers queries of Resource Graph over an inventory.
func graphQuery(inv *inventory.Inventory, now time.Time) func(context.Context, string) ([]jsondoc.Value, error) {
	db := ResourceGraph(inv)
	return func(ctx context.Context, query string) ([]jsondoc.Value, error) {
		q, diags := kql.Compile(query, db.Schema())
		if err := diags.Err(); err != nil {
			return nil, err
		}
		res, err := q.Run(ctx, db, kql.Options{Now: now, Seed: 1})
		if err != nil {
			return nil, err
		}
		table := res.Tables[0]
		batch, err := table.All()
		if err != nil {
			return nil, err
		}
		in := jsondoc.NewInterner()
		var rows []jsondoc.Value
		for i := range batch.Rows {
			row, err := jsondoc.ParseInterned(kqlio.AppendObject(nil, table.Columns, batch, i), in)
			if err != nil {
				return nil, fmt.Errorf("row %d: %w", i, err)
			}
			rows = append(rows, row)
		}
		return rows, nil
	}
}

// ChangeFake makes the tenant that a fake serves another one.
func ChangeFake(s *fake.Server, inv *inventory.Inventory, now time.Time) {
	s.Change(inv, graphQuery(inv, now))
}

// CollectSummary says what the manifest of the snapshot at path lacks, by state.
// It holds what is missing and not the snapshot.
func CollectSummary(path string) (lines []string, err error) {
	type key struct {
		state  inventory.State
		reason string
	}
	types := map[key][]string{}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read what was collected: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	err = snapshot.Scan(f, func(l snapshot.Line) error {
		if l.Note != nil {
			lines = append(lines, l.Note.Severity.String()+": "+l.Note.Message)
		}
		e := l.Cover
		if e == nil || e.State == inventory.Complete && len(e.Unread) == 0 && e.Reason == "" {
			return nil
		}
		what := e.Type
		if len(e.Unread) > 0 {
			what += " (" + strings.Join(e.Unread, ", ") + ")"
		}
		k := key{e.State, e.Reason}
		if !slices.Contains(types[k], what) {
			types[k] = append(types[k], what)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what was collected: %w", err)
	}
	var keys []key
	for k := range types {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.state, b.state), strings.Compare(a.reason, b.reason))
	})
	for _, k := range keys {
		list := types[k]
		more := ""
		if len(list) > 3 {
			more, list = fmt.Sprintf(" and %d more", len(list)-3), list[:3]
		}
		state := k.state.String()
		if k.state == inventory.Complete && strings.Contains(list[0], "(") {
			state = "without"
		}
		lines = append(lines, fmt.Sprintf("%s: %s%s: %s", state, strings.Join(list, ", "), more, k.reason))
	}
	return lines, nil
}
