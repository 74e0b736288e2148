package app

import (
	"fmt"
	"strings"

	"github.com/azward/azward/condaccess"
	"github.com/azward/azward/directory"
	"github.com/azward/azward/inventory"
	"github.com/azward/azward/jsondoc"
)

// caQuestions are the questions that become facts of the organization, and what of
// the directory an answer needs beside the policies.
var caQuestions = []struct {
	fact, question string
	needs          []string
}{
	{"mfaGuaranteed", "mfa", nil},
	{"mfaGuaranteedForAdmins", "admin-mfa", []string{directory.Users, directory.RoleAssignments}},
	{"phishingResistantForAdmins", "admin-phishing-resistant", []string{directory.Users, directory.RoleAssignments}},
	{"legacyAuthenticationBlocked", "legacy", nil},
	{"deviceCodeFlowBlocked", "device-code", nil},
	{"riskySignInsAnswered", "risky-sign-in", nil},
	{"securityInfoRegistrationProtected", "security-info", nil},
}

// maxGapTexts bounds how many regions a fact spells out.
const maxGapTexts = 5

// conditionalAccessFacts searches Conditional Access for gaps and tells of the
// organization what holds for every sign-in (accounts for emergency access set
// aside), with a witness where it does not, and of each user whether multifactor
// authentication is guaranteed.
//
// A guarantee that was found holds whatever else was not read; a gap counts only
// where all policies were read, for one that was not might close it.
func conditionalAccessFacts(inv *inventory.Inventory, t *tenant) map[string]jsondoc.Value {
	out := map[string]jsondoc.Value{}
	orgs := 0
	for range inv.OfType("Microsoft.Graph/organization") {
		orgs++
	}
	if orgs == 0 && inv.Count("Microsoft.Graph/users") == 0 {
		return out
	}
	c := t.conditional()
	unread := directoryGap(inv, directory.ConditionalAccessPolicies)
	if unread != "" && c.Tenant.SecurityDefaults != condaccess.True {
		unread = "Conditional Access policies were not read: " + unread
	} else if c.Tenant.SecurityDefaults == condaccess.True {
		unread = ""
	}
	facts, unknown := jsondoc.NewObject(), jsondoc.NewObject()
	for _, k := range caQuestions {
		q, _ := condaccess.QuestionByID(k.question)
		g := c.Set.Gaps(q, false)
		why := ""
		switch g.Holds() {
		case condaccess.True:
			for _, need := range k.needs {
				if gap := directoryGap(inv, need); gap != "" && why == "" {
					why = gap
				}
			}
			if why == "" && len(k.needs) > 0 && g.Asked == 0 {
				why = "no administrator was found"
			}
		case condaccess.False:
			why = unread
		default:
			why = "it depends on what was not read or is not understood"
			if len(g.Unknown) > 0 {
				why += ": " + regionText(c.Set, &g.Unknown[0])
			}
		}
		if why != "" {
			unknown = unknown.With(k.fact, jsondoc.NewString(why))
			continue
		}
		facts = facts.With(k.fact, jsondoc.NewBool(g.Holds() == condaccess.True))
		if len(g.Open) > 0 {
			var texts []jsondoc.Value
			for i := range g.Open[:min(len(g.Open), maxGapTexts)] {
				texts = append(texts, jsondoc.NewString(regionText(c.Set, &g.Open[i])))
			}
			facts = facts.With(k.fact+"Gaps", jsondoc.NewArray(texts...)).With(k.fact+"Witness", g.Open[0].Witness.JSON())
		}
	}
	var emergency []string
	for _, u := range c.Set.EmergencyAccounts() {
		emergency = append(emergency, u.UPN)
	}
	facts = facts.With("emergencyAccounts", jsondoc.FromAny(append([]string{}, emergency...)))
	if unknown.Len() > 0 {
		facts = facts.With(inventory.UnknownFacts, unknown)
	}
	for org := range inv.OfType("Microsoft.Graph/organization") {
		out[org.ID.Key()] = facts
	}
	c.userFacts(inv, unread, out)
	return out
}

// userFacts tells of each user whether multifactor authentication is guaranteed.
func (c *ConditionalAccess) userFacts(inv *inventory.Inventory, unread string, out map[string]jsondoc.Value) {
	q, _ := condaccess.QuestionByID("mfa")
	g := c.Set.Gaps(q, true)
	first := func(rs []condaccess.Region) map[string]*condaccess.Region {
		m := map[string]*condaccess.Region{}
		for i := range rs {
			for _, u := range rs[i].Users {
				if m[u] == nil {
					m[u] = &rs[i]
				}
			}
		}
		return m
	}
	open, maybe := first(g.Open), first(g.Unknown)
	texts := map[*condaccess.Region]jsondoc.Value{}
	for u := range inv.OfType("Microsoft.Graph/users") {
		id := u.Body.Get("id").TextOr("")
		enabled, known := u.Body.Get("accountEnabled").Bool()
		switch r := open[id]; {
		case known && !enabled, id == "":
		case r != nil && unread != "":
			out[u.ID.Key()] = unknownFacts(unread, "mfaGuaranteed")
		case r != nil:
			if _, ok := texts[r]; !ok {
				texts[r] = jsondoc.NewString(circumstances(r))
			}
			out[u.ID.Key()] = jsondoc.NewObject(jsondoc.Member{Name: "mfaGuaranteed", Value: jsondoc.NewBool(false)}, jsondoc.Member{Name: "mfaGap", Value: texts[r]})
		case maybe[id] != nil || !g.Exact:
			out[u.ID.Key()] = unknownFacts("it depends on a policy of which it is not known whether it applies", "mfaGuaranteed")
		default:
			out[u.ID.Key()] = jsondoc.NewObject(jsondoc.Member{Name: "mfaGuaranteed", Value: jsondoc.NewBool(true)})
		}
	}
}

// circumstances says in which sign-ins a region lies, whoever signs in.
func circumstances(r *condaccess.Region) string {
	var parts []string
	for _, w := range r.Conditions() {
		if w.Axis != "who" {
			parts = append(parts, w.Axis+" "+w.Text)
		}
	}
	return strings.Join(parts, "; ")
}

func regionText(set *condaccess.Set, r *condaccess.Region) string {
	who := ""
	for _, w := range r.Conditions() {
		if w.Axis == "who" {
			who = w.Text
		}
	}
	text := fmt.Sprintf("%s: %s", who, circumstances(r))
	if r.Witness.User != "" {
		text += "; for example " + set.UserName(r.Witness.User)
	}
	return text
}

// maxMatrixCells bounds the picture that an assessment draws by itself; azward ca
// matrix draws any.
const maxMatrixCells = 20_000

// accessMatrix draws what Conditional Access asks; nil where no policy was read, or
// the picture would take long.
func (s *session) accessMatrix() *condaccess.Matrix {
	if s.inv.Count(typeCAPolicies) == 0 {
		return nil
	}
	c := s.tenant.conditional()
	if c.Set.MatrixSize() > maxMatrixCells {
		return nil
	}
	return c.Set.Matrix()
}
