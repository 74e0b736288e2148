package template

import (
	"strings"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// siteDefaults are settings of a web app that Azure chooses where a template
// leaves them out.
var siteDefaults = []string{"minTlsVersion", "scmMinTlsVersion", "ftpsState", "minTlsCipherSuite"}

// siteConfigs makes the resources config/web of the web apps and slots whose
// siteConfig stands in their own declaration: Azure has those settings there,
// and rules ask for them there.
//
// Source: template reference, Microsoft.Web sites and sites/config 'web'.
func siteConfigs(list []*Resource, byKey map[string]*Resource) []*Resource {
	var out []*Resource
	for _, r := range list {
		if typ := r.TypeKey(); typ != "microsoft.web/sites" && typ != "microsoft.web/sites/slots" {
			continue
		}
		if c := siteConfig(r); c != nil && byKey[c.ID.Key()] == nil {
			byKey[c.ID.Key()] = c
			out = append(out, c)
		}
	}
	return out
}

func siteConfig(r *Resource) *Resource {
	const at = "properties.siteConfig"
	settings := r.Properties().Get("siteConfig")
	var unknown []Unknown
	for _, u := range r.Unknown {
		switch rest, below := cutFold(u.Path, at); {
		case below && (rest == "" || rest[0] == '.' || rest[0] == '['):
			u.Path = "properties" + rest
			unknown = append(unknown, u)
		case strings.EqualFold(u.Path, "properties"), strings.EqualFold(u.Path, "name"):
			unknown = append(unknown, u)
		}
	}
	if settings.Kind() != jsondoc.Object && len(unknownBelow(unknown)) == 0 {
		return nil
	}
	id, err := resource.ParseID(r.ID.String() + "/config/web")
	if err != nil {
		return nil
	}
	offset := r.Offset
	if settings.Offset() > 0 {
		offset = settings.Offset()
	}
	if settings.Kind() != jsondoc.Object {
		settings = jsondoc.NewObject().WithOffset(offset)
	}
	for i := range unknown {
		if unknown[i].Path == "name" {
			unknown[i].Path = "fullName" // its own is web
		}
	}
	attributes := map[string]string{}
	for path, a := range r.attributes {
		if rest, below := strings.CutPrefix(path, "siteconfig."); below {
			attributes[rest] = a
		}
	}
	c := &Resource{
		Resource: &resource.Resource{ID: id, Type: r.Type + "/config", From: r.From, Body: jsondoc.NewObject(
			text("id", id.String()), text("name", "web"), text("type", r.Type+"/config"), jsondoc.Member{Name: "properties", Value: settings}).WithOffset(offset)},
		Address: r.Address, APIVersion: r.APIVersion, Unknown: unknown, Uncertain: r.Uncertain, Offset: offset, File: r.File, Line: r.Line, attributes: attributes,
	}
	for _, name := range siteDefaults {
		if path := "properties." + name; settings.Get(name).IsMissing() && len(c.UnknownAt(path)) == 0 {
			c.Unknown = append(c.Unknown, Unknown{Path: path, Reasons: []string{"it is left out, and Azure sets it"}, Offset: offset})
		}
	}
	return c
}

// unknownBelow lists what is not known of the properties.
func unknownBelow(list []Unknown) (out []Unknown) {
	for _, u := range list {
		if strings.HasPrefix(u.Path, "properties") {
			out = append(out, u)
		}
	}
	return out
}
