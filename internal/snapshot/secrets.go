package snapshot

import (
	"strings"

	"github.com/azward/azward/jsondoc"
)

// LeftOut stands in place of a secret that was in a record.
const LeftOut = "(left out by azward)"

// secretMembers are the members, in lower case, whose strings are secrets in
// answers of Azure Resource Manager and Microsoft Graph: passwords, keys,
// connection strings and signatures. Names of secrets and when they expire stay.
var secretMembers = map[string]bool{
	"accesskey": true, "accountkey": true, "adminpassword": true, "administratorloginpassword": true, "aadclientsecret": true,
	"certificatepassword": true, "clientsecret": true, "connectionstring": true, "customdata": true, "instrumentationkey": true, "password": true,
	"primaryaccesskey": true, "primaryconnectionstring": true, "primarykey": true, "primarymasterkey": true, "primaryreadonlymasterkey": true,
	"primarysharedkey": true, "publishingpassword": true, "sastoken": true, "secondaryaccesskey": true, "secondaryconnectionstring": true,
	"secondarykey": true, "secondarymasterkey": true, "secondaryreadonlymasterkey": true, "secondarysharedkey": true, "secrettext": true,
	"sharedaccesskey": true, "sharedkey": true, "storageaccountaccesskey": true, "userdata": true, "webhookserviceuri": true,
}

// withoutSecrets returns a body in which no secret stands that is known to be
// one by its name. An empty string and a reference to a vault are none.
func withoutSecrets(v jsondoc.Value, depth int) jsondoc.Value {
	if depth > jsondoc.MaxDepth {
		return v
	}
	switch v.Kind() {
	case jsondoc.Object:
		out := v
		for name, e := range v.Members() {
			if text, ok := e.Text(); ok {
				if text != "" && secretMembers[strings.ToLower(name)] && !strings.HasPrefix(text, "@Microsoft.KeyVault(") {
					out = out.With(name, jsondoc.NewString(LeftOut))
				}
				continue
			}
			if e.Kind() == jsondoc.Object || e.Kind() == jsondoc.Array {
				if n := withoutSecrets(e, depth+1); n != e {
					out = out.With(name, n)
				}
			}
		}
		return out
	case jsondoc.Array:
		var list []jsondoc.Value
		for i, e := range v.Elements() {
			n := withoutSecrets(e, depth+1)
			if n != e && list == nil {
				list = make([]jsondoc.Value, 0, v.Len())
				for j := range i {
					list = append(list, v.At(j))
				}
			}
			if list != nil {
				list = append(list, n)
			}
		}
		if list != nil {
			return jsondoc.NewArray(list...)
		}
	default:
	}
	return v
}
