package posture

import "strings"

// Target is the resource that a command is filled in for.
type Target struct {
	ID            string
	Name          string // last name
	Parent        string // name of the resource that it is a child of, or ""
	ResourceGroup string
	Subscription  string // id
	Location      string
}

// Language is the syntax that a filled-in text must stay safe in.
type Language uint8

// The languages of remediation texts.
const (
	Shell Language = iota // POSIX shell
	Bicep
	Terraform
)

// Fill replaces the placeholders {{name}}, {{parent}}, {{resourceGroup}},
// {{id}}, {{subscription}} and {{location}} of a remediation text. Values are
// not trusted: they are quoted so that, wherever the placeholder stands, they
// are one value of the language and never code. Placeholders of other names
// stay as they are.
func Fill(template string, t Target, lang Language) string {
	var out strings.Builder
	var quote byte // the quote that we are inside, 0 outside
	for i := 0; i < len(template); {
		if strings.HasPrefix(template[i:], "{{") {
			if end := strings.Index(template[i:], "}}"); end > 0 {
				if value, ok := t.value(strings.TrimSpace(template[i+2 : i+end])); ok {
					out.WriteString(quoted(value, lang, quote))
					i += end + 2
					continue
				}
			}
		}
		c := template[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 < len(template):
			out.WriteByte(c)
			i++
			c = template[i]
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == c:
			quote = 0
		case c == '\n' && lang != Shell:
			quote = 0 // strings of Bicep and Terraform end with the line
		}
		out.WriteByte(c)
		i++
	}
	return out.String()
}

func (t Target) value(name string) (string, bool) {
	switch name {
	case "id":
		return t.ID, true
	case "name":
		return t.Name, true
	case "parent", "parentName", "server", "account":
		return t.Parent, true
	case "resourceGroup":
		return t.ResourceGroup, true
	case "subscription":
		return t.Subscription, true
	case "location":
		return t.Location, true
	}
	return "", false
}

// quoted returns value so that it is data where it stands.
func quoted(value string, lang Language, quote byte) string {
	value = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1 // no id or name holds control characters
		}
		return r
	}, value)
	switch {
	case lang == Bicep:
		return strings.NewReplacer(`\`, `\\`, `'`, `\'`, `${`, `\${`).Replace(value)
	case lang == Terraform:
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, `${`, `$${`, `%{`, `%%{`).Replace(value)
	case quote == '"':
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(value)
	case quote == '\'':
		return strings.ReplaceAll(value, `'`, `'\''`)
	case value != "" && strings.Trim(value, plain) == "":
		return value
	}
	return `'` + strings.ReplaceAll(value, `'`, `'\''`) + `'`
}

// plain are the characters that mean nothing to a shell.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-"
