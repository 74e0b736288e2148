package fn

import (
	"strings"
	"unicode/utf8"

	"github.com/azward/azward/kql/internal/value"
)

var stringFuncs = []Func{
	{Name: "strlen", Doc: "Counts the characters (Unicode code points) of a text.", Naming: NameFuncFirst,
		Sigs: []Sig{{"(source: string): long", Map1(func(s string) (int64, bool) { return int64(utf8.RuneCountInString(s)), true })}},
		Ex:   []Example{{`strlen("abc")`, `3`}, {`strlen("")`, `0`}}},
	{Name: "tolower", Doc: "Converts a text to lower case.", Naming: NameFirst,
		Sigs: []Sig{{"(source: text): string", Map1(Total(strings.ToLower))}},
		Ex:   []Example{{`tolower("HELLO")`, `hello`}}},
	{Name: "toupper", Doc: "Converts a text to upper case.", Naming: NameFirst,
		Sigs: []Sig{{"(source: text): string", Map1(Total(strings.ToUpper))}},
		Ex:   []Example{{`toupper("Hello")`, `HELLO`}}},
	{Name: "strcat", Doc: "Joins the texts of its arguments.",
		Sigs: []Sig{{"(value: text, more...: text): string", Row(func(args []value.Value) value.Value {
			var b strings.Builder
			for _, a := range args {
				b.WriteString(a.Str())
			}
			return value.String(b.String())
		})}},
		Ex: []Example{{`strcat("a", 1, true)`, `a1True`}, {`strcat("a", int(null))`, `a`}}},
}
