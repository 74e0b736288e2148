package server

import "net/http"

// metadata tells clients how to sign in. There is no sign-in here: a token, if
// the server wants one, is handed to its users by whoever started it. The
// values are those of Azure's public cloud, which clients take as trusted.
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(marshal(map[string]any{
		"AzureAD": map[string]any{
			"LoginEndpoint":          "https://login.microsoftonline.com",
			"LoginMfaRequired":       false,
			"KustoClientAppId":       "db662dc1-0cfe-4e1c-a843-19a68e65be58",
			"KustoClientRedirectUri": "https://microsoft/kustoclient",
			"KustoServiceResourceId": "https://kusto.kusto.windows.net",
			"FirstPartyAuthorityUrl": "https://login.microsoftonline.com/f8cdef31-a31e-4b4a-93e4-5f571e91255a",
		},
		"dSTS": nil,
	}))
}
