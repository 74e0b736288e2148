package report

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/azward/azward/finding"
)

// JSON writes the whole assessment as one object. Lists are written element by
// element, so that memory does not grow with them.
func JSON(w io.Writer, a *Assessment) error {
	out := newWriter(w)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	put := func(v any, indent string) error {
		buf.Reset()
		enc.SetIndent(indent, " ")
		if err := enc.Encode(v); err != nil {
			return err
		}
		_, err := out.Write(bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}))
		return err
	}
	v := reflect.ValueOf(a).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue // for pages only
		}
		sep := ",\n "
		if i == 0 {
			sep = "{\n "
		}
		out.printf("%s%q: ", sep, name)
		field := v.Field(i)
		if list, ok := reflect.TypeAssert[List](field); ok {
			if err := jsonList(out, list); err != nil {
				return err
			}
			continue
		}
		if field.Kind() != reflect.Slice {
			if err := put(field.Interface(), " "); err != nil {
				return err
			}
			continue
		}
		if field.Len() == 0 {
			out.text("[]")
			continue
		}
		for k := range field.Len() {
			if k == 0 {
				out.text("[\n  ")
			} else {
				out.text(",\n  ")
			}
			if err := put(field.Index(k).Addr().Interface(), "  "); err != nil {
				return err
			}
		}
		out.text("\n ]")
	}
	out.text("\n}\n")
	return out.flush()
}

// jsonList writes findings as JSON indents them.
func jsonList(out *writer, list List) error {
	if list.Len() == 0 {
		out.text("[]")
		return nil
	}
	err := list.write(out, func() text {
		return func(dst []byte, i int, f *Finding) ([]byte, error) {
			if i == 0 {
				dst = append(dst, "[\n  "...)
			} else {
				dst = append(dst, ",\n  "...)
			}
			return appendFinding(dst, f), nil
		}
	})
	out.text("\n ]")
	return err
}

// appendFinding appends a finding as encoding/json writes it with a prefix of
// two spaces and an indent of one, several times as fast: there are millions.
func appendFinding(dst []byte, f *Finding) []byte {
	member := func(name, value string) {
		if value != "" {
			dst = appendString(append(append(dst, ",\n   \""...), name...), value)
		}
	}
	dst = append(dst, "{\n   \"resourceId\": "...)
	dst = appendString(dst, f.ResourceID)
	member(`resourceName": `, f.ResourceName)
	member(`resourceType": `, f.ResourceType)
	dst = appendString(append(dst, ",\n   \"controlId\": "...), f.ControlID)
	member(`title": `, f.Title)
	dst = appendString(append(dst, ",\n   \"state\": "...), f.State.String())
	dst = appendString(append(dst, ",\n   \"severity\": "...), f.Severity.String())
	dst = append(dst, ",\n   \"reasons\": "...)
	if f.Reasons == nil {
		dst = append(dst, "null"...)
	} else {
		dst = appendStrings(dst, f.Reasons)
	}
	if len(f.Missing) > 0 {
		dst = appendStrings(append(dst, ",\n   \"missing\": "...), f.Missing)
	}
	if len(f.Evidence) > 0 {
		dst = appendEvidence(append(dst, ",\n   \"evidence\": "...), f.Evidence)
	}
	member(`exemption": `, f.Exemption)
	member(`file": `, f.File)
	if f.Line != 0 {
		dst = strconv.AppendInt(append(dst, ",\n   \"line\": "...), int64(f.Line), 10)
	}
	if f.Column != 0 {
		dst = strconv.AppendInt(append(dst, ",\n   \"column\": "...), int64(f.Column), 10)
	}
	member(`address": `, f.Address)
	return append(dst, "\n  }"...)
}

func appendStrings(dst []byte, list []string) []byte {
	if len(list) == 0 {
		return append(dst, "[]"...)
	}
	for i, s := range list {
		if i == 0 {
			dst = append(dst, "[\n    "...)
		} else {
			dst = append(dst, ",\n    "...)
		}
		dst = appendString(dst, s)
	}
	return append(dst, "\n   ]"...)
}

func appendEvidence(dst []byte, steps []finding.Step) []byte {
	for i := range steps {
		s := &steps[i]
		if i == 0 {
			dst = append(dst, "[\n    {"...)
		} else {
			dst = append(dst, ",\n    {"...)
		}
		dst = appendString(append(dst, "\n     \"clause\": "...), s.Clause)
		if s.Path != "" {
			dst = appendString(append(dst, ",\n     \"path\": "...), s.Path)
		}
		dst = appendString(append(dst, ",\n     \"value\": "...), s.Value)
		dst = appendString(append(dst, ",\n     \"truth\": "...), s.Truth.String())
		dst = append(dst, "\n    }"...)
	}
	return append(dst, "\n   ]"...)
}

// plainByte tells which bytes stand in a JSON string as they are.
var plainByte = func() (t [256]bool) {
	for b := 0x20; b < 0x80; b++ {
		t[b] = b != '"' && b != '\\'
	}
	return t
}()

// plainWord tells whether eight bytes stand in a JSON string as they are: none is
// below a space or above ASCII, a quote or a backslash. A byte that is zero, or
// lower than another, shows in its highest bit once that is taken from it.
func plainWord(s string) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	_ = s[7]
	w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	quote, slash := w^('"'*each), w^('\\'*each)
	return (w|(w-' '*each)|(quote-each)|(slash-each))&high == 0
}

// appendString appends a JSON string as encoding/json does that leaves HTML alone.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		for i+8 <= len(s) && plainWord(s[i:i+8]) {
			i += 8
		}
		if i == len(s) {
			break
		}
		b := s[i]
		if plainByte[b] {
			i++
			continue
		}
		if b < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			switch b {
			case '"', '\\':
				dst = append(dst, '\\', b)
			case '\b':
				dst = append(dst, `\b`...)
			case '\f':
				dst = append(dst, `\f`...)
			case '\n':
				dst = append(dst, `\n`...)
			case '\r':
				dst = append(dst, `\r`...)
			case '\t':
				dst = append(dst, `\t`...)
			default:
				dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, s[start:i]...), `\ufffd`...)
		case r == 0x2028 || r == 0x2029: // which JavaScript takes for the end of a line
			dst = append(append(dst, s[start:i]...), `\u202`...)
			dst = append(dst, hex[r&15])
		default:
			i += size
			continue
		}
		i += size
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}
