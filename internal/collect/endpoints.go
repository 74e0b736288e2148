// Package collect reads a tenant over the network, read-only, into a snapshot:
// Azure Resource Graph first, Azure Resource Manager for what it does not carry,
// and Microsoft Graph for the directory.
//
// Start with [Run]. What is asked for is a list of units, each a handful of calls
// that give the resources of a few types; a unit ends as a file of its own, so
// that an interrupted run goes on where it was. Every refusal and failure becomes
// a line of the manifest. Nothing is fatal but a failed sign-in and a full disk.
package collect

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// Endpoints are the addresses of a cloud.
type Endpoints struct {
	Name      string `json:"name"`
	Authority string `json:"authority"` // where tokens are asked for: https://login.microsoftonline.com
	Manager   string `json:"resourceManager"`
	Graph     string `json:"microsoftGraph"`
	// CA is PEM text of the certificate authority that the endpoints' own
	// certificates are checked against, where it is not one of the system's.
	CA string `json:"certificateAuthority,omitempty"`
}

// Clouds are the clouds that --cloud names. Source: "National clouds" of
// Microsoft Entra, and "National cloud deployments" of Microsoft Graph.
func Clouds() []Endpoints {
	return []Endpoints{
		{Name: "AzurePublic", Authority: cloud.AzurePublic.ActiveDirectoryAuthorityHost, Manager: "https://management.azure.com", Graph: "https://graph.microsoft.com"},
		{Name: "AzureGovernment", Authority: cloud.AzureGovernment.ActiveDirectoryAuthorityHost, Manager: "https://management.usgovcloudapi.net", Graph: "https://graph.microsoft.us"},
		{Name: "AzureChina", Authority: cloud.AzureChina.ActiveDirectoryAuthorityHost, Manager: "https://management.chinacloudapi.cn", Graph: "https://microsoftgraph.chinacloudapi.cn"},
	}
}

// ParseEndpoints reads a set of endpoints of one's own: a JSON object with the
// members of [Endpoints]. Every address must be https.
func ParseEndpoints(text []byte) (Endpoints, error) {
	var e Endpoints
	if err := json.Unmarshal(text, &e); err != nil {
		return e, fmt.Errorf("endpoints: %w", err)
	}
	for name, a := range map[string]*string{"authority": &e.Authority, "resourceManager": &e.Manager, "microsoftGraph": &e.Graph} {
		u, err := url.Parse(*a)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			return e, fmt.Errorf("endpoints: %q is %q; an https address was expected", name, *a)
		}
		*a = strings.TrimRight(*a, "/")
	}
	if e.Name == "" {
		e.Name = "custom"
	}
	return e, nil
}

// Cloud returns the endpoints of a cloud by name.
func Cloud(name string) (Endpoints, error) {
	var names []string
	for _, c := range Clouds() {
		if strings.EqualFold(c.Name, name) {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return Endpoints{}, errors.New("no cloud is called " + name + "; there are " + strings.Join(names, ", "))
}

// Configuration returns the endpoints for azcore and azidentity.
func (e Endpoints) Configuration() cloud.Configuration {
	return cloud.Configuration{
		ActiveDirectoryAuthorityHost: e.Authority,
		Services:                     map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: {Endpoint: e.Manager, Audience: e.Manager}},
	}
}
