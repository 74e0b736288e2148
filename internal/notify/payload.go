package notify

import (
	"encoding/json"
	"fmt"
	"strings"
)

// shown is how many findings a message for people lists; a webhook gets all.
const shown = 10

func (m *Message) webhook() ([]byte, error) {
	return json.Marshal(struct {
		Version int `json:"version"`
		*Message
	}{1, m})
}

// lines lists the findings for a person.
func (m *Message) lines(escape func(string) string) []string {
	var out []string
	for _, f := range m.Findings[:min(len(m.Findings), shown)] {
		text := fmt.Sprintf("%s: %s: %s", f.Severity, escape(f.Title), escape(clip(f.ResourceID, 300)))
		if f.Ask != "" {
			text += " (" + escape(clip(f.Ask, 200)) + ")"
		}
		out = append(out, text)
	}
	if n := len(m.Findings) - shown; n > 0 {
		out = append(out, fmt.Sprintf("and %d more", n))
	}
	return out
}

// teams writes an Adaptive Card for a workflow. Source: "Create incoming webhooks
// with Workflows for Microsoft Teams"; a message is at most 28 KB.
func (m *Message) teams() ([]byte, error) {
	type block map[string]any
	body := []block{
		{"type": "TextBlock", "size": "Large", "weight": "Bolder", "wrap": true, "text": escapeMarkdown(clip(m.Title, 300))},
		{"type": "TextBlock", "wrap": true, "text": escapeMarkdown(clip(m.Text, 2000))},
	}
	for _, line := range m.lines(escapeMarkdown) {
		body = append(body, block{"type": "TextBlock", "wrap": true, "text": line})
	}
	return json.Marshal(block{
		"type": "message",
		"attachments": []block{{
			"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil,
			"content": block{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body},
		}},
	})
}

// slack writes text and blocks. Source: "Reference: blocks" of Slack: a header
// takes 150 characters, a section 3,000.
func (m *Message) slack() ([]byte, error) {
	type block map[string]any
	section := func(text string) block {
		return block{"type": "section", "text": block{"type": "mrkdwn", "text": text}}
	}
	blocks := []block{
		{"type": "header", "text": block{"type": "plain_text", "text": clip(m.Title, 145)}},
		section(clip(escapeSlack(m.Text), 2900)),
	}
	for _, line := range m.lines(escapeSlack) {
		blocks = append(blocks, section(clip(line, 2900)))
	}
	return json.Marshal(block{"text": escapeSlack(clip(m.Title, 300)), "blocks": blocks})
}

// plain is the text of an e-mail.
func (m *Message) plain() string {
	var b strings.Builder
	b.WriteString(m.Text + "\n")
	for _, f := range m.Findings {
		fmt.Fprintf(&b, "\n%s: %s [%s]\n  %s\n", f.Severity, f.Title, f.ControlID, f.ResourceID)
		for _, r := range f.Reasons {
			b.WriteString("  " + r + "\n")
		}
		if f.Ask != "" {
			b.WriteString("  ask: " + f.Ask + "\n")
		}
	}
	fmt.Fprintf(&b, "\n%s\n", m.ID)
	return b.String()
}

// escapeSlack takes their meaning from the characters that Slack's markup has.
func escapeSlack(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// escapeMarkdown takes links and emphasis out of what an attacker may name a
// resource.
func escapeMarkdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "*", `\*`, "_", `\_`, "`", "\\`", "\n", " ").Replace(s)
}

// clip cuts a text to a number of bytes.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
