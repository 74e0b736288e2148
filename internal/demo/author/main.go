// Command author writes the demo tenant's files (content/demo/tenant) and its
// logs (content/demo/logs) from the
// Go files beside it, one file an area. It is run by go generate in
// internal/demo; a test checks that the files it would write are the ones that
// are there. The same run always writes the same bytes.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"sort"
)

func main() {
	out := flag.String("o", "../../content/demo/tenant", "directory to write to")
	flag.Parse()
	if err := run(*out); err != nil {
		log.Fatal(err)
	}
}

// run writes the tenant's files, and its logs into a folder beside them.
func run(dir string) error {
	t := build()
	events, err := logs(t)
	if err != nil {
		return err
	}
	if err := put(filepath.Join(filepath.Dir(filepath.Clean(dir)), "logs"), events); err != nil {
		return err
	}
	files, err := write(t)
	if err != nil {
		return err
	}
	return put(dir, files)
}

func put(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// build makes the whole tenant. The order matters: people and applications
// come first because everything refers to them.
func build() *tenant {
	t := newTenant()
	people(t)
	groupsAndUnits(t)
	applications(t)
	directoryRoles(t)
	privilegedIdentityManagement(t)
	conditionalAccess(t)
	directorySettings(t)
	platform(t)
	clinical(t)
	imaging(t)
	corporate(t)
	development(t)
	governance(t)
	azureRoles(t)
	smallMistakes(t)
	return t
}

// write turns the tenant into files: ARM resources as {"value": [...]}, Graph
// collections as Graph answers them, one object a line so that a change of the
// tenant is a small difference, and the manifest.
func write(t *tenant) (map[string][]byte, error) {
	files := map[string][]byte{}
	byFile := map[string][]o{}
	seen := map[string]bool{}
	for _, r := range t.records {
		id := r.body["id"].(string)
		if seen[id] {
			return nil, fmt.Errorf("resource %s is made twice", id)
		}
		seen[id] = true
		byFile[r.file] = append(byFile[r.file], r.body)
	}
	for name, bodies := range byFile {
		data, err := collection("", bodies)
		if err != nil {
			return nil, err
		}
		files["arm-"+name+".json"] = data
	}
	for name, bodies := range t.graph {
		c, ok := collections[name]
		if !ok {
			return nil, fmt.Errorf("no Graph address for collection %s", name)
		}
		var data []byte
		var err error
		if c.single {
			one := o{"@odata.context": graphRoot + c.context}
			maps.Copy(one, bodies[0])
			data, err = object(one)
			data = append(data, '\n')
		} else {
			data, err = collection(graphRoot+c.context, bodies)
		}
		if err != nil {
			return nil, err
		}
		files["graph-"+name+".json"] = data
	}
	m, err := manifest(t)
	if err != nil {
		return nil, err
	}
	files["manifest.json"] = m
	return files, nil
}

func collection(context string, bodies []o) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	if context != "" {
		fmt.Fprintf(&b, "\"@odata.context\":%q,", context)
	}
	b.WriteString("\"value\":[\n")
	for i, body := range bodies {
		line, err := object(body)
		if err != nil {
			return nil, err
		}
		b.Write(line)
		if i < len(bodies)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]}\n")
	return b.Bytes(), nil
}

// first is the order of the members that a reader looks for first; the others
// follow by name.
var first = []string{"@odata.context", "@odata.type", "id", "name", "type", "kind", "location", "displayName", "userPrincipalName"}

func object(body o) ([]byte, error) {
	var keys []string
	done := map[string]bool{}
	for _, k := range first {
		if _, ok := body[k]; ok {
			keys, done[k] = append(keys, k), true
		}
	}
	rest := make([]string, 0, len(body))
	for k := range body {
		if !done[k] {
			rest = append(rest, k)
		}
	}
	sort.Strings(rest)
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range append(keys, rest...) {
		if i > 0 {
			b.WriteByte(',')
		}
		v, err := marshal(body[k])
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", k, err)
		}
		fmt.Fprintf(&b, "%q:", k)
		b.Write(v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
