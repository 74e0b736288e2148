package app

import (
	"strings"
	"time"

	"github.com/azward/azward/access"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/resource"
)

// Circumstances are what is told of a request beside who, what and where: what
// conditions of role assignments ask about.
type Circumstances struct {
	SubOperation string
	Now          time.Time // zero: not told
	Attributes   Attributes
}

// Attributes holds the values of attributes by "@Source[name]" in lower case. One
// without values is not set.
type Attributes map[string][]string

// Add reads one value, "@Source[name]=value"; "@Source[name]=" says that the
// attribute is not set.
func (m Attributes) Add(text string) error {
	end := strings.Index(text, "]")
	open := strings.Index(text, "[")
	if !strings.HasPrefix(text, "@") || open < 2 || end < open+2 || end+1 >= len(text) || text[end+1] != '=' {
		return usagef("%q is no attribute; one looks like @Request[Microsoft.Authorization/roleAssignments:PrincipalType]=User", text)
	}
	k, v := lower(text[:end+1]), text[end+2:]
	if v == "" {
		m[k] = nil
		return nil
	}
	m[k] = append(m[k], v)
	return nil
}

// customAttribute begins the names of custom security attributes ("Actions and
// attributes for Azure role assignment conditions": Microsoft.Directory/
// CustomSecurityAttributes/Id:{set}_{attribute}).
const customAttribute = "microsoft.directory/customsecurityattributes/id:"

// lookup answers attributes of a request: what was told of it, the clock, the names
// of the resource and of those it stands in, and the principal's custom security
// attributes where the directory has them.
func (c *Circumstances) lookup(principal jsondoc.Value, scope resource.ID) access.Attributes {
	return func(source, name string) ([]string, bool) {
		source, name = lower(source), lower(name)
		if vs, ok := c.Attributes["@"+source+"["+name+"]"]; ok {
			return vs, true
		}
		switch {
		case source == "environment" && name == "utcnow" && !c.Now.IsZero():
			return []string{c.Now.UTC().Format(time.RFC3339Nano)}, true
		case source == "resource" && strings.HasSuffix(name, ":name"):
			for id, ok := scope, true; ok; id, ok = id.Parent() {
				if lower(id.Type())+":name" == name {
					return []string{id.Name()}, true
				}
			}
		case source == "principal" && strings.HasPrefix(name, customAttribute):
			sets := principal.Get("customSecurityAttributes")
			if sets.Kind() != jsondoc.Object {
				return nil, false
			}
			set, attribute, _ := strings.Cut(name[len(customAttribute):], "_")
			return textsOf(sets.Get(set).Get(attribute)), true
		}
		return nil, false
	}
}

// textsOf returns a value's text, or those of its elements.
func textsOf(v jsondoc.Value) []string {
	var out []string
	if v.Kind() == jsondoc.Array {
		for _, e := range v.Elements() {
			out = append(out, textsOf(e)...)
		}
		return out
	}
	if v.Exists() && v.Kind() != jsondoc.Null {
		out = append(out, v.TextOr(v.String()))
	}
	return out
}

// ConditionAnswer is what a condition makes of a request.
type ConditionAnswer struct {
	Condition string   `json:"condition"` // in its normal form
	Notes     []string `json:"notes"`
	Holds     string   `json:"holds"` // true, false or unknown
	Missing   []string `json:"missing"`
}

// Condition decides the text of a condition, in Azure's language or a dialect. An
// error that wraps ErrUsage says where the text is none.
func Condition(text, action string, d access.Dialect, c *Circumstances) (*ConditionAnswer, error) {
	cond, list := access.ParseDialect(text, d)
	if list.HasErrors() || cond == nil {
		return nil, usagef("%v", list.Err())
	}
	out := &ConditionAnswer{Condition: cond.String(), Notes: []string{}, Missing: []string{}}
	for _, n := range list {
		out.Notes = append(out.Notes, n.Error())
	}
	truth, missing := cond.Eval(action, c.SubOperation, c.lookup(jsondoc.Value{}, resource.ID{}))
	out.Holds, out.Missing = truth.String(), append(out.Missing, missing...)
	return out, nil
}
