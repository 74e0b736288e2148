package condaccess

import (
	"slices"
	"strings"

	"github.com/azward/azward/jsondoc"
)

// Strength is an authentication strength: the combinations of methods that satisfy it.
type Strength struct {
	ID, DisplayName string
	MFA             Tri      // requirementsSatisfied
	Allowed         []string // combinations, each normalized; nil where they were not read
	Restricted      bool     // combinationConfigurations narrow it further
}

// Ids of the built-in strengths ("Conditional Access authentication strength").
const (
	strengthMFA          = "00000000-0000-0000-0000-000000000002"
	strengthPasswordless = "00000000-0000-0000-0000-000000000003"
	strengthResistant    = "00000000-0000-0000-0000-000000000004"
)

// mfaCombinations are those of the built-in strength Multifactor authentication, as
// the second example of "conditionalAccessRoot: evaluate" lists them; each is more
// than one factor.
var mfaCombinations = combinations("windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush", "temporaryAccessPassOneTime",
	"temporaryAccessPassMultiUse", "password,microsoftAuthenticatorPush", "password,softwareOath", "password,hardwareOath", "password,x509CertificateSingleFactor",
	"password,x509CertificateMultiFactor", "password,sms", "password,voice", "federatedMultiFactor", "microsoftAuthenticatorPush,federatedSingleFactor",
	"softwareOath,federatedSingleFactor", "hardwareOath,federatedSingleFactor", "sms,federatedSingleFactor", "voice,federatedSingleFactor")

// Source: "Overview of Microsoft Entra authentication strength", Built-in authentication strengths.
var (
	resistantCombinations    = combinations("windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor")
	passwordlessCombinations = combinations("windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush")
)

func combinations(list ...string) []string {
	out := make([]string, len(list))
	for i, c := range list {
		parts := strings.Split(c, ",")
		for j := range parts {
			parts[j] = fold(parts[j])
		}
		slices.Sort(parts)
		out[i] = strings.Join(parts, ",")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ParseStrength reads an authenticationStrengthPolicy, or a reference to a built-in
// one by id.
func ParseStrength(v jsondoc.Value) *Strength {
	s := &Strength{ID: v.Get("id").TextOr(v.TextOr("")), DisplayName: v.Get("displayName").TextOr("")}
	switch fold(v.Get("requirementsSatisfied").TextOr("")) {
	case "mfa":
		s.MFA = True
	case "none":
		s.MFA = False
	}
	if c := v.Get("allowedCombinations"); c.Kind() == jsondoc.Array && c.Len() > 0 {
		var list []string
		for _, e := range c.Elements() {
			list = append(list, e.TextOr("?"))
		}
		s.Allowed = combinations(list...)
	}
	s.Restricted = v.Get("combinationConfigurations").Len() > 0
	s.fill()
	return s
}

// fill completes a built-in strength that was given by id alone.
func (s *Strength) fill() {
	if s.Allowed == nil {
		switch fold(s.ID) {
		case strengthMFA:
			s.Allowed = mfaCombinations
		case strengthPasswordless:
			s.Allowed = passwordlessCombinations
		case strengthResistant:
			s.Allowed = resistantCombinations
		}
	}
	if s.DisplayName == "" {
		switch fold(s.ID) {
		case strengthMFA:
			s.DisplayName = "Multifactor authentication"
		case strengthPasswordless:
			s.DisplayName = "Passwordless MFA"
		case strengthResistant:
			s.DisplayName = "Phishing-resistant MFA"
		}
	}
}

// within tells whether every combination of s is among a sorted list: meeting s
// then means meeting the list. Unknown where the combinations were not read.
func (s *Strength) within(list []string) Tri {
	if s.Allowed == nil {
		return Unknown
	}
	for _, c := range s.Allowed {
		if _, ok := slices.BinarySearch(list, c); !ok {
			return False
		}
	}
	return True
}

// Implies tells whether whoever meets s has met o too: its combinations are among
// those of o, and o does not narrow them by keys or certificates.
func (s *Strength) Implies(o *Strength) Tri {
	if fold(s.ID) == fold(o.ID) && s.ID != "" {
		return True
	}
	if o.Allowed == nil || s.Allowed == nil || o.Restricted {
		return Unknown
	}
	return s.within(o.Allowed)
}

// impliesMFA tells whether meeting s is multifactor authentication.
func (s *Strength) impliesMFA() Tri {
	if s.MFA != Unknown {
		return s.MFA
	}
	return s.within(mfaCombinations)
}

// PhishingResistant tells whether each combination of s resists phishing.
func (s *Strength) PhishingResistant() Tri { return s.within(resistantCombinations) }
