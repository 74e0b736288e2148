package content

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	files "github.com/azward/azward/content"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/internal/testdata"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

var rewrite = flag.Bool("rewrite", false, "write content/controls.index.json anew")

func shipped(t testing.TB) []Control {
	t.Helper()
	cs, list := Controls()
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	if len(cs) == 0 {
		t.Fatal("no controls")
	}
	return cs
}

func TestIndexIsFresh(t *testing.T) {
	disk := os.DirFS("../../content")
	want, err := buildIndex(disk, "controls")
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := os.WriteFile("../../content/"+indexName, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("../../content/" + indexName)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("controls changed since the index was written: go generate ./internal/content")
	}
}

func TestIndexAndFilesAgree(t *testing.T) {
	fromFiles, list := loadFS(files.Files, "controls", func(s string) string { return s })
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	cs := shipped(t)
	if len(cs) != len(fromFiles) {
		t.Fatalf("%d controls by the index, %d by the files", len(cs), len(fromFiles))
	}
	for i, c := range cs {
		f := fromFiles[i]
		if c.ID != f.ID || c.Why != f.Why || c.Severity != f.Severity || c.Definition.String() != f.Definition.String() || c.Remediation != f.Remediation || len(c.Mappings) != len(f.Mappings) {
			t.Errorf("%s differs from its file", c.ID)
		}
	}
}

// schemaOf compiles a schema that is shipped.
func schemaOf(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	raw, err := files.Files.ReadFile("schemas/" + name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	comp := jsonschema.NewCompiler()
	if err := comp.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := comp.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSchema(t *testing.T) {
	schema := schemaOf(t, "control.schema.json")
	names, list := controlFiles(files.Files, "controls", func(s string) string { return s })
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := files.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := yamldoc.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		inst, err := jsonschema.UnmarshalJSON(bytes.NewReader(v.AppendJSON(nil)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := schema.Validate(inst); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestControlsAreWellMade(t *testing.T) {
	titles := map[string]string{}
	for _, c := range shipped(t) {
		if other := titles[c.Title]; other != "" {
			t.Errorf("%s: has the title of %s", c.ID, other)
		}
		titles[c.Title] = c.ID
		if got := c.Definition.Get("displayName").TextOr(""); got != c.Title {
			t.Errorf("%s: displayName is %q, the title is %q", c.ID, got, c.Title)
		}
		effect := c.Definition.Path("parameters", "effect", "defaultValue").TextOr("")
		details := c.Definition.Path("policyRule", "then", "details")
		if (effect == "AuditIfNotExists") != details.Exists() {
			t.Errorf("%s: effect %q and details disagree", c.ID, effect)
		}
		var allowed []string
		for _, v := range c.Definition.Path("parameters", "effect", "allowedValues").Elements() {
			allowed = append(allowed, v.TextOr(""))
		}
		if !slices.Contains(allowed, effect) {
			t.Errorf("%s: the default effect %q is not allowed", c.ID, effect)
		}
		if strings.Contains(c.Why+c.Title+c.Remediation.Breaks, "  ") {
			t.Errorf("%s: two spaces in a row", c.ID)
		}
		examples, err := c.Examples()
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		seen := map[finding.State]int{}
		names := map[string]bool{}
		for _, e := range examples {
			seen[e.State]++
			if names[e.Name] {
				t.Errorf("%s: two examples are named %q", c.ID, e.Name)
			}
			names[e.Name] = true
		}
		if seen[finding.Compliant] == 0 || seen[finding.NonCompliant] == 0 || seen[finding.NotApplicable]+seen[finding.Unknown] == 0 {
			t.Errorf("%s: examples cover %v", c.ID, seen)
		}
		if dir := path.Dir(c.Source); dir == "controls" {
			t.Errorf("%s: not in a folder of its area", c.ID)
		}
	}
}

// TestEveryScoreControlIsAnswered holds the set to Secure Score: each of its
// controls that can give points is asked about.
func TestEveryScoreControlIsAnswered(t *testing.T) {
	counts := map[string]int{}
	for _, c := range shipped(t) {
		if !c.Preview {
			counts[c.ScoreControl]++
		}
	}
	for _, name := range ScoreControls() {
		t.Logf("%3d %s", counts[name], name)
		if name == "Enable enhanced security features" || name == "Implement security best practices" {
			continue // worth nothing in the score
		}
		if counts[name] == 0 {
			t.Errorf("no control counts in %q", name)
		}
	}
}

func TestLoadIsFast(t *testing.T) {
	shipped(t)
	best := time.Hour
	for range 5 {
		start := time.Now()
		shipped(t)
		best = min(best, time.Since(start))
	}
	t.Logf("loaded in %v", best)
	if best > 60*time.Millisecond {
		t.Errorf("loading the controls takes %v, expected under 60ms", best)
	}
}

func TestWrongControlsAreNamedWithPlace(t *testing.T) {
	good, err := files.Files.ReadFile("controls/storage/storage-public-blob-access.yaml")
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, repl string) []byte {
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("%q is not there", old)
		}
		return bytes.Replace(good, []byte(old), []byte(repl), 1)
	}
	dir := fstest.MapFS{
		"ok/storage-public-blob-access.yaml":   {Data: good},
		"syntax.yaml":                          {Data: []byte("id: [a\n")},
		"unknown.yaml":                         {Data: edit("id: storage-public-blob-access", "id: unknown\nflavor: red")},
		"severity.yaml":                        {Data: edit("severity: high", "severity: bad")},
		"score.yaml":                           {Data: edit("Restrict unauthorized network access", "Restrict it")},
		"nodef.yaml":                           {Data: edit("definition:", "metadata:")},
		"title.yaml":                           {Data: edit("title: Storage accounts allow no anonymous access to blobs", "title: [x]")},
		"twice/storage-public-blob-access.yml": {Data: good},
		"list.yaml":                            {Data: []byte("- a\n")},
		"empty.yaml":                           {Data: nil},
		"long.yaml":                            {Data: bytes.Repeat([]byte("#"), maxControlSize+1)},
		"readme.md":                            {Data: []byte("not a control")},
	}
	cs, list := loadFS(dir, ".", func(s string) string { return s })
	if len(cs) != 1 || cs[0].Source != "ok/storage-public-blob-access.yaml" {
		t.Errorf("got %d controls", len(cs))
	}
	var all strings.Builder
	for _, d := range list {
		all.WriteString(d.Error() + "\n")
	}
	for _, want := range []string{
		"syntax.yaml:1:", `unknown.yaml:2:9: CTL0002: a control has no "flavor"`, `severity.yaml:7:11: CTL0005: severity "bad"`,
		"score.yaml:8:15: CTL0005", `nodef.yaml:1:1: CTL0003: "definition" is missing`, `title.yaml:2:8: CTL0004: "title" is array`,
		"CTL0007", "list.yaml:1:1: CTL0004: a control is array", "empty.yaml:1:1: CTL0004", "long.yaml:1:1: CTL0008",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %q in\n%s", want, all.String())
		}
	}
}

func TestLoadDirNamesFilesAsOnDisk(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/mine.yaml", []byte("id: other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, list := LoadDir(dir)
	if !list.HasErrors() || list[0].Source != dir+"/mine.yaml" {
		t.Errorf("got %v", list)
	}
	if _, list := LoadDir(dir + "/nowhere"); !list.HasErrors() {
		t.Error("a folder that is not there loads")
	}
}

func FuzzControl(f *testing.F) {
	good, err := files.Files.ReadFile("controls/storage/storage-public-blob-access.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("id: a-b\nmappings: {soc2: [1]}\nexamples: [{state: x}]\ndefinition: {policyRule: 1}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, list := loadFS(fstest.MapFS{"a.yaml": {Data: text}}, ".", func(s string) string { return s })
		for _, d := range list {
			if d.Message == "" || d.Code == "" {
				t.Fatalf("an empty diagnostic: %v", d)
			}
		}
	})
}

func BenchmarkControls(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		shipped(b)
	}
}

// Remediation is text that works where it is pasted: a Terraform resource that
// exists, Bicep that says something, no facts of ours in it.
func TestRemediationCanBePasted(t *testing.T) {
	provider := regexp.MustCompile(`(?m)^(resource "(azurerm|azuread|azapi|msgraph)_[a-z0-9_]+" "[a-z_]+" \{|#)`)
	empty := regexp.MustCompile(`properties: \{\s*\}`)
	names := regexp.MustCompile(`(?m)^  name:`)
	for _, c := range shipped(t) {
		r := c.Remediation
		if !provider.MatchString(r.Terraform) || strings.Contains(r.Terraform, "azurerm_resource\"") {
			t.Errorf("%s: Terraform begins %.60q", c.ID, r.Terraform)
		}
		switch {
		case strings.HasPrefix(r.Bicep, "// ") && !strings.Contains(r.Bicep, "resource "):
		case !strings.Contains(r.Bicep, "resource "), strings.Contains(r.Bicep, "azward"), strings.Contains(r.Bicep, "Microsoft.Graph/"), empty.MatchString(r.Bicep), len(names.FindAllString(r.Bicep, -1)) > 1:
			t.Errorf("%s: the Bicep says nothing, too much or twice:\n%s", c.ID, r.Bicep)
		}
		if !strings.HasPrefix(r.AzCLI, "az ") && !strings.HasPrefix(r.AzCLI, "#") {
			t.Errorf("%s: the az form is %.60q", c.ID, r.AzCLI)
		}
		for _, text := range []string{r.AzCLI, r.Bicep, r.Terraform} {
			if strings.Count(text, "{") != strings.Count(text, "}") {
				t.Errorf("%s: braces do not match in\n%s", c.ID, text)
			}
		}
	}
}

// TestConformanceBuiltIn checks that the definitions that controls name are
// built in, and speak of the type that the control speaks of.
func TestConformanceBuiltIn(t *testing.T) {
	f, err := os.Open(testdata.File(t, "policy", "built-in-policies.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".json") || !strings.Contains(h.Name, "policyDefinitions/") {
			continue
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if doc, err := jsondoc.Parse(bytes.TrimPrefix(text, []byte("\ufeff"))); err == nil {
			rules[doc.Get("name").TextOr("")] = strings.ToLower(doc.Path("properties", "policyRule").String())
		}
	}
	named, good := 0, 0
	for _, c := range shipped(t) {
		for _, id := range c.BuiltIn {
			named++
			typ := strings.ToLower(typeOf(c))
			switch rule, ok := rules[id]; {
			case !ok:
				t.Errorf("%s: no built-in definition is called %s", c.ID, id)
			case !strings.Contains(rule, `"`+typ+`"`):
				t.Errorf("%s: the built-in %s does not speak of %s", c.ID, id, typ)
			default:
				good++
			}
		}
	}
	t.Logf("conformance: controls-name-built-in-policies %d of %d", good, named)
}

// typeOf returns the type that a control's condition names first.
func typeOf(c Control) string {
	found := ""
	var look func(v jsondoc.Value)
	look = func(v jsondoc.Value) {
		if strings.EqualFold(v.Get("field").TextOr(""), "type") && found == "" {
			found = v.Get("equals").TextOr("")
		}
		for _, list := range []string{"allOf", "anyOf"} {
			for _, e := range v.Get(list).Elements() {
				look(e)
			}
		}
	}
	look(c.Definition.Path("policyRule", "if"))
	return found
}
