package template

import (
	"strings"

	"github.com/azward/azward/jsondoc"
)

// fallback is the documented value of a property that a deployment leaves out.
// It depends on the API version that the deployment speaks.
type fallback struct {
	typ, property string
	since         string // API version from which after holds
	before, after jsondoc.Value
}

// fallbacks lists what Azure's pages say in so many words; what they do not say stays out.
func fallbacks() []fallback {
	return []fallback{
		// "Require secure transfer to ensure secure connections": on by default from this version.
		{"Microsoft.Storage/storageAccounts", "supportsHttpsTrafficOnly", "2019-04-01", jsondoc.NewBool(false), jsondoc.NewBool(true)},
		// "Configure the minimum TLS version for an Event Hubs namespace", and the same page of Service Bus.
		{"Microsoft.EventHub/namespaces", "minimumTlsVersion", "2022-01-01-preview", jsondoc.NewString("1.0"), jsondoc.NewString("1.2")},
		{"Microsoft.ServiceBus/namespaces", "minimumTlsVersion", "2022-01-01-preview", jsondoc.NewString("1.0"), jsondoc.NewString("1.2")},
	}
}

// complete fills in what Azure itself sets in a resource: documented defaults,
// and what follows from another part of the declaration.
func complete(r *Resource) {
	for _, f := range fallbacks() {
		if !strings.EqualFold(r.Type, f.typ) || len(r.APIVersion) < len("2019-04-01") || r.APIVersion[0] == '{' {
			continue
		}
		if r.Properties().Get(f.property).Exists() || len(r.UnknownAt("properties."+f.property)) > 0 {
			continue
		}
		v := f.after
		if r.APIVersion[:10] < f.since[:10] {
			v = f.before
		}
		r.setProperty(f.property, v.WithOffset(r.Properties().Offset()))
	}
	if strings.EqualFold(r.Type, "Microsoft.Compute/virtualMachines") {
		completeOS(r)
	}
}

// completeOS says which system a machine runs. Azure takes it from the image;
// a deployment tells it by the part of osProfile that it fills in, or by the
// disk that it attaches.
func completeOS(r *Resource) {
	const path = "properties.storageProfile.osDisk.osType"
	if follow(r.Body, path).Exists() || len(r.UnknownAt(path)) > 0 {
		completePassword(r)
		return
	}
	for part, system := range map[string]string{"linuxConfiguration": "Linux", "windowsConfiguration": "Windows"} {
		if c := follow(r.Body, "properties.osProfile."+part); c.Kind() == jsondoc.Object {
			one := *r.Resource
			one.Body = put(one.Body, strings.Split(path, "."), jsondoc.NewString(system).WithOffset(c.Offset()))
			r.Resource = &one
			completePassword(r)
			return
		}
	}
	if system := systemOf(follow(r.Body, "properties.storageProfile.imageReference.publisher").TextOr("")); system != "" {
		one := *r.Resource
		one.Body = put(one.Body, strings.Split(path, "."), jsondoc.NewString(system).WithOffset(follow(r.Body, "properties.storageProfile.imageReference").Offset()))
		r.Resource = &one
		completePassword(r)
		return
	}
	const why = "the image decides which system the machine runs"
	r.Unknown = append(r.Unknown, Unknown{Path: path, Reasons: []string{why}, Offset: follow(r.Body, "properties.storageProfile").Offset()})
	if profile := follow(r.Body, "properties.osProfile"); profile.Kind() == jsondoc.Object {
		r.Unknown = append(r.Unknown, Unknown{Path: "properties.osProfile.linuxConfiguration", Reasons: []string{why}, Offset: profile.Offset()})
	}
}

// systemOf is the system of a publisher's images, of publishers that have one
// only ("Find and use Azure Marketplace VM images", popular images).
func systemOf(publisher string) string {
	switch lower(publisher) {
	case "canonical", "redhat", "suse", "debian", "openlogic", "oracle", "kinvolk", "almalinux", "resf", "microsoftcblmariner", "microsoft-aks":
		return "Linux"
	case "microsoftwindowsserver", "microsoftwindowsdesktop", "microsoftsharepoint", "microsoftvisualstudio":
		return "Windows"
	}
	return ""
}

// completePassword writes down that a Linux machine takes passwords where its
// declaration does not say otherwise (template reference of virtualMachines,
// LinuxConfiguration).
func completePassword(r *Resource) {
	const path = "properties.osProfile.linuxConfiguration.disablePasswordAuthentication"
	system := follow(r.Body, "properties.storageProfile.osDisk.osType").TextOr("")
	profile := follow(r.Body, "properties.osProfile")
	if !strings.EqualFold(system, "Linux") || profile.Kind() != jsondoc.Object || follow(r.Body, path).Exists() || len(r.UnknownAt(path)) > 0 {
		return
	}
	at := profile.Offset()
	if c := profile.Get("linuxConfiguration"); c.Offset() > 0 {
		at = c.Offset()
	}
	one := *r.Resource
	one.Body = put(one.Body, strings.Split(path, "."), jsondoc.NewBool(false).WithOffset(at))
	r.Resource = &one
}

// follow walks a path of names.
func follow(v jsondoc.Value, path string) jsondoc.Value {
	for name := range strings.SplitSeq(path, ".") {
		v = v.Get(name)
	}
	return v
}
