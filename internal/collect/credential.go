package collect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Transport returns what sends requests: the system's proxies and certificates,
// and the endpoints' own authority where they have one. Redirects are not
// followed: a token must not travel to another host.
func (e Endpoints) Transport() (policy.Transporter, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if e.CA != "" {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM([]byte(e.CA)) {
			return nil, errors.New("endpoints: the certificate authority is no PEM text")
		}
		t.TLSClientConfig.RootCAs = pool
	}
	return &http.Client{Transport: t, Timeout: 2 * time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}

// Credential returns who reads: azidentity's default chain (environment,
// workload identity, managed identity, az, azd), or with login a person who
// enters a code in a browser; prompt shows the code. Source: "Credential chains
// in the Azure Identity library for Go".
func (e Endpoints) Credential(transport policy.Transporter, tenant string, login bool, prompt func(string)) (azcore.TokenCredential, error) {
	o := policy.ClientOptions{Cloud: e.Configuration(), Transport: transport}
	// The authority of one's own endpoints is not in the list that discovery asks.
	own := e.CA != "" || e.Name == "custom"
	if login {
		return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
			ClientOptions: o, TenantID: tenant, DisableInstanceDiscovery: own,
			UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error { prompt(m.Message); return nil },
		})
	}
	return azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: o, TenantID: tenant, DisableInstanceDiscovery: own})
}
