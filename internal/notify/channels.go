package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/smtp"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// callTimeout bounds one try.
const callTimeout = 30 * time.Second

// post returns a channel that posts JSON to an address, which no error names:
// whoever knows it may post there.
func post(name, address, token string, roots *x509.CertPool, payload func(*Message) ([]byte, error)) Channel {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	client := &http.Client{Transport: t, Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return Channel{Name: name, send: func(ctx context.Context, m *Message) error {
		text, err := payload(m)
		if err != nil {
			return permanent{err}
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
		if err != nil {
			return permanent{errors.New("the address cannot be used")}
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", m.ID)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := client.Do(req)
		if err != nil {
			if u, ok := errors.AsType[*url.Error](err); ok {
				err = u.Err
			}
			return fmt.Errorf("the connection failed: %w", err)
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // lets the connection be used again
		_ = resp.Body.Close()
		err = fmt.Errorf("answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
		switch {
		case resp.StatusCode/100 == 2:
			return nil
		case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable:
			seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // 0 where it says nothing
			return later{err, time.Duration(max(seconds, 0)) * time.Second}
		case resp.StatusCode == http.StatusRequestTimeout || resp.StatusCode/100 == 5:
			return err
		}
		return permanent{err}
	}}
}

// mailSettings are how e-mail is sent.
type mailSettings struct {
	host, port         string
	from               string
	to                 []string
	username, password string
	plain              bool // without TLS: for a relay on the same machine
	roots              *x509.CertPool
	now                func() time.Time
}

func (c mailSettings) channel(name string) Channel {
	return Channel{Name: name, send: func(ctx context.Context, m *Message) error {
		err := c.send(ctx, m)
		if t, ok := errors.AsType[*textproto.Error](err); ok && t.Code/100 == 5 {
			return permanent{err}
		}
		return err
	}}
}

func (c mailSettings) send(ctx context.Context, m *Message) (err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(c.host, c.port))
	if err != nil {
		return fmt.Errorf("the connection failed: %w", err)
	}
	defer func() { _ = conn.Close() }() // the client's own Quit came first
	if at, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(at) // a connection that is gone fails below
	}
	client, err := smtp.NewClient(conn, c.host)
	if err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	if !c.plain {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return permanent{errors.New("the server does not offer STARTTLS, and nothing is sent in the clear")}
		}
		if err := client.StartTLS(&tls.Config{ServerName: c.host, MinVersion: tls.VersionTLS12, RootCAs: c.roots}); err != nil {
			return fmt.Errorf("start TLS: %w", err)
		}
	}
	if c.username != "" {
		if err := client.Auth(smtp.PlainAuth("", c.username, c.password, c.host)); err != nil {
			return fmt.Errorf("sign in: %w", err)
		}
	}
	if err := client.Mail(c.from); err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	for _, to := range c.to {
		if err := client.Rcpt(to); err != nil {
			return fmt.Errorf("recipient %s: %w", to, err)
		}
	}
	w, err := client.Data()
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if _, err := w.Write(c.text(m)); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	_ = client.Quit() // it was taken
	return nil
}

// text writes the message with its headers.
func (c mailSettings) text(m *Message) []byte {
	var b bytes.Buffer
	oneLine := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@azward.invalid>\r\n", c.from, strings.Join(c.to, ", "),
		mime.QEncoding.Encode("utf-8", clip(oneLine(m.Title), 200)), c.now().Format(time.RFC1123Z), m.ID)
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\nAuto-Submitted: auto-generated\r\n\r\n")
	q := quotedprintable.NewWriter(&b)
	_, _ = q.Write([]byte(strings.ReplaceAll(m.plain(), "\n", "\r\n"))) // into memory
	_ = q.Close()
	return b.Bytes()
}
