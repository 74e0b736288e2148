package policy

import (
	"testing"

	"github.com/azward/azward/jsondoc"
)

func FuzzParseAliases(f *testing.F) {
	f.Add("alias,path\na.b/c,properties.c\n")
	f.Add(`[{"namespace": "a.b", "resourceTypes": [{"resourceType": "c", "aliases": [{"name": "a.b/c/x[*].y", "defaultPath": "properties.x[*].y", "paths": [{"path": "x", "apiVersions": ["1"]}]}]}]}]`)
	r := Bare(jsondoc.NewObject(jsondoc.Member{Name: "type", Value: jsondoc.NewString("a.b/c")}, jsondoc.Member{Name: "x", Value: jsondoc.NewArray(jsondoc.NewInt(1))}))
	f.Fuzz(func(_ *testing.T, text string) {
		list, err := ParseAliases([]byte(text))
		if err != nil {
			return
		}
		fr := &frame{o: &Options{APIVersion: "1"}}
		fr.at(r)
		for name := range list.byName {
			ref := newFieldRef(name, list)
			fr.readAll(ref)
			fr.values = fr.values[:0]
			if !ref.each {
				fr.read(ref)
			}
		}
	})
}
