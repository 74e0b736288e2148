package notify

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/yamldoc"
)

// maxChannels bounds what one configuration names.
const maxChannels = 32

// Parse reads channels from YAML:
//
//	channels:
//	  - kind: webhook                # JSON
//	    urlEnv: AZWARD_WEBHOOK       # the variable that holds the address
//	    tokenEnv: AZWARD_TOKEN       # sent as a bearer token; may be left out
//	  - kind: teams                  # the address of a workflow
//	    urlEnv: TEAMS_URL
//	  - kind: slack
//	    urlEnv: SLACK_URL
//	  - kind: email
//	    server: smtp.example.com:587 # STARTTLS is needed
//	    from: azward@example.com
//	    to: [security@example.com]
//	    usernameEnv: SMTP_USER
//	    passwordEnv: SMTP_PASSWORD
//	    tls: none                    # only for a relay on the same machine
//
// Every channel takes caFile, a PEM file with the authorities to trust, which
// read reads. Secrets are taken from getenv alone: a url, token or password in
// the file is an error.
func Parse(text []byte, getenv func(string) string, read func(string) ([]byte, error), now func() time.Time) ([]Channel, error) {
	doc, err := yamldoc.Parse(text)
	if err != nil {
		return nil, err
	}
	list := doc.Get("channels")
	if list.Kind() != jsondoc.Array || list.Len() == 0 || list.Len() > maxChannels {
		return nil, fmt.Errorf("expected a list of 1 to %d channels under \"channels\"", maxChannels)
	}
	var out []Channel
	for i, v := range list.Elements() {
		c, err := parseChannel(v, fmt.Sprintf("channel %d", i+1), getenv, read, now)
		if err != nil {
			return nil, fmt.Errorf("channel %d: %w", i+1, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// Post returns a channel of the kind webhook, teams or slack to the address that
// the environment's variable holds.
func Post(kind, variable string, getenv func(string) string) (Channel, error) {
	v := jsondoc.NewObject(jsondoc.Member{Name: "kind", Value: jsondoc.NewString(kind)}, jsondoc.Member{Name: "urlEnv", Value: jsondoc.NewString(variable)})
	return parseChannel(v, kind, getenv, nil, nil)
}

var members = map[string][]string{
	"webhook": {"kind", "urlEnv", "tokenEnv", "caFile"}, "teams": {"kind", "urlEnv", "caFile"}, "slack": {"kind", "urlEnv", "caFile"},
	"email": {"kind", "server", "from", "to", "usernameEnv", "passwordEnv", "tls", "caFile"},
}

func parseChannel(v jsondoc.Value, name string, getenv func(string) string, read func(string) ([]byte, error), now func() time.Time) (Channel, error) {
	kind := v.Get("kind").TextOr("")
	known := members[kind]
	if known == nil {
		return Channel{}, fmt.Errorf("no kind of channel is called %q: there are webhook, teams, slack, email", kind)
	}
	for member := range v.Members() {
		switch {
		case containsFold(known, member):
		case containsFold([]string{"url", "token", "password", "username"}, member):
			return Channel{}, fmt.Errorf("%q is a secret: put it into the environment, and the variable's name into %sEnv", member, member)
		default:
			return Channel{}, fmt.Errorf("%s takes no %q; it takes %s", kind, member, strings.Join(known, ", "))
		}
	}
	variable := func(member string, must bool) (string, error) {
		key := v.Get(member).TextOr("")
		if key == "" && !must {
			return "", nil
		}
		if key == "" {
			return "", fmt.Errorf("%s is missing", member)
		}
		value := getenv(key)
		if value == "" {
			return "", fmt.Errorf("the environment has no %s", key)
		}
		return value, nil
	}
	var roots *x509.CertPool
	if file := v.Get("caFile").TextOr(""); file != "" {
		text, err := read(file)
		if err != nil {
			return Channel{}, err
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(text) {
			return Channel{}, fmt.Errorf("%s holds no certificate in PEM", file)
		}
	}
	if kind == "email" {
		return parseMail(v, name, variable, roots, now)
	}
	address, err := variable("urlEnv", true)
	if err != nil {
		return Channel{}, err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return Channel{}, fmt.Errorf("%s holds no https address", v.Get("urlEnv").TextOr(""))
	}
	token, err := variable("tokenEnv", false)
	if err != nil {
		return Channel{}, err
	}
	payload := map[string]func(*Message) ([]byte, error){"webhook": (*Message).webhook, "teams": (*Message).teams, "slack": (*Message).slack}[kind]
	return post(name+" ("+kind+")", address, token, roots, payload), nil
}

func parseMail(v jsondoc.Value, name string, variable func(string, bool) (string, error), roots *x509.CertPool, now func() time.Time) (Channel, error) {
	c := mailSettings{roots: roots, now: now}
	var err error
	if c.host, c.port, err = net.SplitHostPort(v.Get("server").TextOr("")); err != nil || c.host == "" {
		return Channel{}, errors.New("server must be a host and a port, such as smtp.example.com:587")
	}
	addresses := []string{v.Get("from").TextOr("")}
	for _, to := range v.Get("to").Elements() {
		addresses = append(addresses, to.TextOr(""))
	}
	if to, ok := v.Get("to").Text(); ok {
		addresses = append(addresses, to)
	}
	for i, a := range addresses {
		parsed, err := mail.ParseAddress(a)
		if err != nil {
			return Channel{}, fmt.Errorf("%q is no address of e-mail", a)
		}
		addresses[i] = parsed.Address
	}
	if len(addresses) < 2 {
		return Channel{}, errors.New("\"to\" names nobody")
	}
	c.from, c.to = addresses[0], addresses[1:]
	if c.username, err = variable("usernameEnv", false); err != nil {
		return Channel{}, err
	}
	if c.password, err = variable("passwordEnv", c.username != ""); err != nil {
		return Channel{}, err
	}
	switch tls := v.Get("tls").TextOr("starttls"); {
	case tls == "none" && loopback(c.host):
		c.plain = true
	case tls == "none":
		return Channel{}, errors.New("tls: none is only for a relay on the same machine")
	case tls != "starttls":
		return Channel{}, fmt.Errorf("tls is starttls or none, not %q", tls)
	}
	return c.channel(name + " (email)"), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func containsFold(list []string, s string) bool {
	for _, e := range list {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}
