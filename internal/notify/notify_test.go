package notify

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/azward/azward/finding"
)

func fixed() time.Time { return time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC) }

func message() *Message {
	m := &Message{Event: "azward.drift", At: fixed(), Tenant: "Contoso", Title: "2 new findings in Contoso\r\nBcc: evil@example.com", Text: "Secure Score 50.0 % -> 40.0 %.",
		Score: &Score{0.5, 0.4}, Findings: []Finding{
			{ControlID: "c1", ResourceID: "/subscriptions/x/a", Severity: finding.High, Title: "Open [click](https://evil.example) <!channel>", Ask: "changed by lena"},
			{ControlID: "c2", ResourceID: "/subscriptions/x/ü", Severity: finding.Critical, Title: "Wide open"},
		}}
	m.Identify()
	return m
}

// serve answers with the statuses in order, the last one for ever, and keeps
// what it was sent.
func serve(t *testing.T, statuses ...int) (address string, got *[]string) {
	t.Helper()
	got = &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		*got = append(*got, string(text))
		status := statuses[min(len(*got), len(statuses))-1]
		if status == http.StatusFound {
			w.Header().Set("Location", "https://evil.example/")
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/secret-path", got
}

func channel(t *testing.T, kind, address string) Channel {
	t.Helper()
	c, err := Post(kind, "URL", func(string) string { return address })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSendTriesAgainAndBuries(t *testing.T) {
	for name, c := range map[string]struct {
		statuses []int
		calls    int
		dead     string
	}{
		"taken":                 {[]int{202}, 1, ""},
		"busy at first":         {[]int{429, 503, 200}, 3, ""},
		"broken for good":       {[]int{500}, 3, "answered 500 Internal Server Error (tried 3 times)"},
		"refused":               {[]int{404, 200}, 1, "answered 404 Not Found"},
		"a redirect, elsewhere": {[]int{302}, 1, "answered 302 Found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, got := serve(t, c.statuses...)
			file := filepath.Join(t.TempDir(), "dead.jsonl")
			n := &Notifier{Channels: []Channel{channel(t, "webhook", address)}, Attempts: 3, Backoff: time.Microsecond, DeadLetter: file, Now: fixed}
			out, err := n.Send(context.Background(), message())
			if err != nil || len(*got) != c.calls {
				t.Fatalf("%d calls, want %d; %v", len(*got), c.calls, err)
			}
			text, _ := os.ReadFile(file)
			if c.dead == "" {
				if out.Sent != 1 || len(out.Dead) != 0 || len(text) > 0 {
					t.Errorf("%+v, dead letters %q", out, text)
				}
				return
			}
			var letter struct {
				Channel, Error string
				Message        Message
			}
			if err := json.Unmarshal(text, &letter); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(letter.Error, c.dead) || len(letter.Message.Findings) != 2 || letter.Channel != "webhook (webhook)" || out.Sent != 0 {
				t.Errorf("%s", text)
			}
			if strings.Contains(string(text), "secret-path") || strings.Contains(fmt.Sprint(out.Dead), "secret-path") {
				t.Errorf("the address is in %s", text)
			}
		})
	}
	dead := channel(t, "webhook", "http://127.0.0.1:1/secret-path")
	out, err := (&Notifier{Channels: []Channel{dead}, Attempts: 2, Backoff: time.Microsecond, Now: fixed}).Send(context.Background(), message())
	if err != nil || len(out.Dead) != 1 || strings.Contains(out.Dead[0].Error(), "secret-path") {
		t.Errorf("%+v, %v", out, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&Notifier{Channels: []Channel{dead}, Now: fixed}).Send(ctx, message()); !errors.Is(err, context.Canceled) {
		t.Errorf("a watch that ends: %v", err)
	}
}

func TestPayloads(t *testing.T) {
	m := message()
	for range 20 {
		m.Findings = append(m.Findings, m.Findings[0])
	}
	for kind, want := range map[string][]string{
		"webhook": {`"version":1`, `"event":"azward.drift"`, `"severity":"critical"`, `"before":0.5`},
		"teams":   {`"type":"message"`, `application/vnd.microsoft.card.adaptive`, `"type":"AdaptiveCard"`, `\\[click\\]`, `and 12 more`},
		"slack":   {`"blocks":[`, `"type":"header"`, `\u0026lt;!channel\u0026gt;`, `and 12 more`},
	} {
		address, got := serve(t, 200)
		out, err := (&Notifier{Channels: []Channel{channel(t, kind, address)}, Now: fixed}).Send(context.Background(), m)
		if err != nil || out.Sent != 1 {
			t.Fatalf("%s: %+v %v", kind, out, err)
		}
		text := (*got)[0]
		if !json.Valid([]byte(text)) || len(text) > 28<<10 {
			t.Errorf("%s: %d bytes: %s", kind, len(text), text)
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %s:\n%s", kind, w, text)
			}
		}
	}
}

// smtpServer speaks enough SMTP for one message a connection.
func smtpServer(t *testing.T, starttls bool, refuse string) (address, ca string, got chan string) {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate of 127.0.0.1
	t.Cleanup(web.Close)
	ca = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	got = make(chan string, 8)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				var log strings.Builder
				r, secure := bufio.NewReader(conn), false
				say := func(s string) { _, _ = io.WriteString(conn, s+"\r\n") }
				say("220 here")
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					log.WriteString(line)
					verb := strings.ToUpper(strings.Fields(line + " x")[0])
					switch {
					case refuse != "" && strings.HasPrefix(line, refuse):
						say("550 no")
					case verb == "EHLO" && starttls && !secure:
						say("250-here\r\n250 STARTTLS")
					case verb == "EHLO":
						say("250-here\r\n250 AUTH PLAIN")
					case verb == "STARTTLS":
						say("220 go")
						conn = tls.Server(conn, &tls.Config{Certificates: web.TLS.Certificates})
						r, secure = bufio.NewReader(conn), true
						log.WriteString("(secure)\n")
					case verb == "AUTH":
						say("235 ok")
					case verb == "DATA":
						say("354 go")
						for line != ".\r\n" {
							if line, err = r.ReadString('\n'); err != nil {
								return
							}
							log.WriteString(line)
						}
						say("250 taken")
						got <- log.String()
					case verb == "QUIT":
						say("221 bye")
						return
					default:
						say("250 ok")
					}
				}
			}()
		}
	}()
	return l.Addr().String(), ca, got
}

func parse(text, ca string) ([]Channel, error) {
	getenv := func(name string) string {
		return map[string]string{"U": "user", "P": "pass-word", "URL": "https://hooks.example/x", "PLAIN": "http://hooks.example/x"}[name]
	}
	return Parse([]byte(text), getenv, func(string) ([]byte, error) { return []byte(ca), nil }, fixed)
}

func TestMail(t *testing.T) {
	address, ca, got := smtpServer(t, true, "")
	channels, err := parse("channels:\n  - {kind: email, server: \""+address+"\", from: azward@example.com, to: [a@example.com, b@example.com], usernameEnv: U, passwordEnv: P, caFile: ca.pem}\n", ca)
	if err != nil {
		t.Fatal(err)
	}
	n := &Notifier{Channels: channels, Attempts: 1, Now: fixed}
	if out, err := n.Send(context.Background(), message()); err != nil || out.Sent != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	text := <-got
	clear, secure, _ := strings.Cut(text, "(secure)")
	for _, want := range []string{"AUTH PLAIN", "RCPT TO:<b@example.com>", "Subject: 2 new findings in Contoso Bcc: evil@example.com\r\n", "Content-Transfer-Encoding: quoted-printable", "critical: Wide open [c2]", "=C3=BC"} {
		if !strings.Contains(secure, want) {
			t.Errorf("the message lacks %q:\n%s", want, secure)
		}
	}
	if strings.Contains(clear, "AUTH") || strings.Contains(secure, "\nBcc:") {
		t.Errorf("said in the clear, or a header was smuggled in:\n%s", text)
	}

	for name, c := range map[string]struct {
		starttls bool
		refuse   string
		want     string
	}{
		"no STARTTLS":          {false, "", "does not offer STARTTLS"},
		"an unknown recipient": {true, "RCPT", "recipient a@example.com: 550"},
	} {
		address, ca, _ := smtpServer(t, c.starttls, c.refuse)
		channels, err := parse("channels:\n  - {kind: email, server: \""+address+"\", from: azward@example.com, to: a@example.com, caFile: ca.pem}\n", ca)
		if err != nil {
			t.Fatal(err)
		}
		out, err := (&Notifier{Channels: channels, Attempts: 3, Backoff: time.Microsecond, Now: fixed}).Send(context.Background(), message())
		if err != nil || len(out.Dead) != 1 || !strings.Contains(out.Dead[0].Error(), c.want) || strings.Contains(out.Dead[0].Error(), "tried") {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"channels: [{kind: webhook, urlEnv: URL}]":                                            "",
		"channels: [{kind: slack, urlEnv: URL}, {kind: teams, urlEnv: URL}]":                  "",
		"channels: [{kind: pigeon}]":                                                          "no kind of channel",
		"channels: [{kind: webhook, url: \"https://x\"}]":                                     "is a secret",
		"channels: [{kind: email, password: x}]":                                              "is a secret",
		"channels: [{kind: webhook, urlEnv: NOPE}]":                                           "the environment has no NOPE",
		"channels: [{kind: webhook, urlEnv: PLAIN}]":                                          "no https address",
		"channels: [{kind: webhook, urlEnv: URL, shade: red}]":                                "takes no \"shade\"",
		"channels: [{kind: webhook}]":                                                         "urlEnv is missing",
		"channels: []":                                                                        "1 to 32",
		"channels: [{kind: email, server: x, from: a@b.c, to: a@b.c}]":                        "host and a port",
		"channels: [{kind: email, server: \"x:25\", from: a@b.c, to: []}]":                    "names nobody",
		"channels: [{kind: email, server: \"x:25\", from: \"a\\nBcc: x@y.z\", to: a@b.c}]":    "no address of e-mail",
		"channels: [{kind: email, server: \"x:25\", from: a@b.c, to: a@b.c, tls: none}]":      "only for a relay",
		"channels: [{kind: email, server: \"x:25\", from: a@b.c, to: a@b.c, tls: maybe}]":     "starttls or none",
		"channels: [{kind: email, server: \"x:25\", from: a@b.c, to: a@b.c, caFile: ca}]":     "no certificate",
		"channels: [{kind: email, server: \"x:25\", from: a@b.c, to: a@b.c, usernameEnv: U}]": "passwordEnv is missing",
		"channels: {": "",
	} {
		_, err := parse(text, "")
		switch {
		case text == "channels: {":
			if err == nil {
				t.Errorf("%s: no error", text)
			}
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("channels: [{kind: webhook, urlEnv: URL}]")
	f.Add("channels:\n  - {kind: email, server: \"x:25\", from: a@b.c, to: [a@b.c]}")
	f.Fuzz(func(t *testing.T, text string) {
		channels, err := parse(text, "")
		if err == nil && len(channels) == 0 {
			t.Errorf("%q gives no channel and no error", text)
		}
	})
}
