package app

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/azward/azward/template"
)

// Limits on what is read to be checked.
const (
	maxPlanFile   = 256 << 20
	maxCheckFiles = 5000
)

// deployment is one file that was expanded.
type deployment struct {
	name, kind string
	expansion  *template.Expansion
	named      bool // by the user, not found in a folder
}

// readAll expands what the paths name. In folders, files that are neither
// templates nor plans are passed over, and a template's parameter file is the
// one beside it ("main.parameters.json" of "main.json").
func (c *check) readAll() ([]deployment, error) {
	var out []deployment
	for _, p := range c.o.Paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, usagef("read %s: %v", p, reason(err))
		}
		if !info.IsDir() {
			d, ok, err := c.readFile(p, filepath.Dir(p), true)
			if err != nil {
				return nil, err
			}
			if ok {
				d.named = true
				out = append(out, d)
			}
			continue
		}
		err = filepath.WalkDir(p, func(name string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				c.notice("warning", name, reason(err).Error())
				return nil
			case e.IsDir() && name != p && (strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules"):
				return filepath.SkipDir
			case e.IsDir() || !strings.EqualFold(filepath.Ext(name), ".json") || e.Type()&fs.ModeSymlink != 0:
				return nil
			}
			if len(out) >= maxCheckFiles {
				return fmt.Errorf("%s holds more than %d templates", p, maxCheckFiles)
			}
			d, ok, err := c.readFile(name, p, false)
			if ok {
				out = append(out, d)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	// What another template links to is checked there, with the parameters that it is given.
	out = slices.DeleteFunc(out, func(d deployment) bool { return !d.named && c.linked[d.name] })
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %w in %s", ErrUsage, errNothing, strings.Join(c.o.Paths, ", "))
	}
	if c.o.Parameters != "" && len(out) != 1 {
		return nil, usagef("--parameters is for one template, and there are %d", len(out))
	}
	if c.o.Subscription+c.o.ResourceGroup != "" && len(out) != 1 {
		return nil, usagef("--subscription and --resource-group are for one template, and there are %d", len(out))
	}
	return out, nil
}

func reason(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// readFile expands one file. named says that the user named it: it must be
// something that can be checked.
func (c *check) readFile(name, root string, named bool) (d deployment, ok bool, err error) {
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case named && ext == ".bicep":
		return d, false, usagef("%s is Bicep: build it first, with az bicep build --file %s, and check the JSON", name, name)
	case named && ext == ".bicepparam":
		return d, false, usagef("%s is Bicep: build it first, with az bicep build-params --file %s, and give the JSON with --parameters", name, name)
	case named && (ext == ".tf" || ext == ".tfplan"):
		return d, false, usagef("%s is Terraform's own format: give the plan as JSON, of terraform show -json PLAN", name)
	}
	text, err := readSmall(name, maxPlanFile)
	if err != nil {
		if named {
			return d, false, usagef("read %s: %v", name, reason(err))
		}
		c.notice("warning", name, reason(err).Error())
		return d, false, nil
	}
	shown, ok := c.o.Names[name]
	if !ok {
		shown = shownPath(name)
	}
	standIn := standInSubscription(shown)
	switch template.Detect(text) {
	case template.KindTemplate:
		o := template.Options{File: shown, StandInSubscription: standIn, Open: c.opener(root), Now: c.o.Now, Subscription: c.o.Subscription, ResourceGroup: c.o.ResourceGroup, Location: c.o.Location}
		if o.ParametersFile = c.o.Parameters; o.ParametersFile == "" {
			beside := strings.TrimSuffix(name, filepath.Ext(name)) + ".parameters.json"
			if _, err := os.Stat(beside); err == nil {
				o.ParametersFile = beside
			}
		}
		if o.ParametersFile != "" {
			if o.Parameters, err = readSmall(o.ParametersFile, template.MaxTemplate); err != nil {
				return d, false, usagef("read the parameters %s: %v", o.ParametersFile, reason(err))
			}
			o.ParametersFile = shownPath(o.ParametersFile)
		}
		return deployment{name: shown, kind: "template", expansion: template.Expand(text, o)}, true, nil
	case template.KindPlan:
		o := template.PlanOptions{File: shown, StandInSubscription: standIn}
		if c.o.Source != "" {
			if c.blocks, err = readSources(c.o.Source); err != nil {
				return d, false, err
			}
			o.Line = c.blocks.line
		}
		return deployment{name: shown, kind: "plan", expansion: template.ReadPlan(text, o)}, true, nil
	case template.KindParameters:
		if named {
			return d, false, usagef("%s is a parameter file: name its template, and give it with --parameters", cmp.Or(c.o.Names[name], name))
		}
		return d, false, nil
	case template.KindInvalid:
		if !named {
			return d, false, nil
		}
		// The diagnostics of the expansion say where it breaks off.
		return deployment{name: shown, kind: "template", expansion: template.Expand(text, template.Options{File: shown})}, true, nil
	case template.KindOther:
	}
	if named {
		return d, false, usagef("%s is neither an ARM template nor a Terraform plan in JSON", cmp.Or(c.o.Names[name], name))
	}
	return d, false, nil
}

// shownPath is the path as reports show it: relative to the working folder
// where it lies in there.
func shownPath(name string) string {
	name = filepath.Clean(name)
	if !filepath.IsAbs(name) {
		return filepath.ToSlash(name)
	}
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, name); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return filepath.ToSlash(name)
}

// standInSubscription is the subscription that ids of a file's resources are
// written with: one for each file, the same in every run.
func standInSubscription(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "00000000-0000-0000-0000-" + hex.EncodeToString(sum[:6])
}

// opener reads linked templates: files below the folder that is checked, or
// below the working folder. Nothing is fetched.
func (c *check) opener(root string) func(from, path string) ([]byte, string, error) {
	return func(from, path string) ([]byte, string, error) {
		if strings.Contains(path, "://") {
			return nil, "", errors.New("it is on the web, and nothing is fetched")
		}
		name := filepath.Join(filepath.Dir(filepath.FromSlash(from)), filepath.FromSlash(path))
		if !c.below(name, root) && !c.below(name, ".") {
			return nil, "", errors.New("it lies outside of the folder that is checked")
		}
		text, err := readSmall(name, template.MaxTemplate+1)
		if err != nil {
			return nil, "", reason(err)
		}
		shown := shownPath(name)
		if shown != from {
			c.linked[shown] = true
		}
		return text, shown, nil
	}
}

func (c *check) below(name, root string) bool {
	abs, err := filepath.Abs(name)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	base, err := filepath.Abs(root)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(base); err == nil {
		base = real
	}
	rel, err := filepath.Rel(base, abs)
	return err == nil && filepath.IsLocal(rel)
}
