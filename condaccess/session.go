package condaccess

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azward/azward/jsondoc"
)

func isOn(v jsondoc.Value) bool {
	b, ok := v.Get("isEnabled").Bool()
	return ok && b
}

func (r *reader) session(v jsondoc.Value) {
	if blank(v) || v.Kind() != jsondoc.Object {
		if !blank(v) {
			r.unread(PartSession, "sessionControls", v, "an object was expected")
		}
		return
	}
	const at = "sessionControls"
	r.others(PartSession, at, v, "applicationEnforcedRestrictions", "cloudAppSecurity", "signInFrequency", "persistentBrowser", "secureSignInSession",
		"disableResilienceDefaults", "continuousAccessEvaluation", "globalSecureAccessFilteringProfile")
	s := &Session{}
	s.AppEnforcedRestrictions = isOn(v.Get("applicationEnforcedRestrictions"))
	if c := v.Get("cloudAppSecurity"); isOn(c) {
		s.CloudAppSecurity = c.Get("cloudAppSecurityType").TextOr("mcasConfigured")
	}
	if c := v.Get("signInFrequency"); isOn(c) {
		f := &Frequency{EveryTime: strings.EqualFold(c.Get("frequencyInterval").TextOr(""), "everyTime"),
			SecondaryOnly: strings.EqualFold(c.Get("authenticationType").TextOr(""), "secondaryAuthentication")}
		if !f.EveryTime {
			n, ok := c.Get("value").Int()
			switch unit := c.Get("type").TextOr(""); {
			case ok && strings.EqualFold(unit, "hours"):
				f.Hours = int(n)
			case ok && strings.EqualFold(unit, "days") && n < 100_000:
				f.Hours = int(n) * 24
			default:
				r.unread(PartSession, at+".signInFrequency", c, fmt.Sprintf("unit %q is not known", unit))
			}
		}
		s.SignInFrequency = f
	}
	if c := v.Get("persistentBrowser"); isOn(c) {
		s.PersistentBrowser = strings.ToLower(c.Get("mode").TextOr(""))
	}
	s.TokenProtection = isOn(v.Get("secureSignInSession"))
	s.DisableResilience, _ = v.Get("disableResilienceDefaults").Bool()
	s.ContinuousAccess = v.Path("continuousAccessEvaluation", "mode").TextOr("")
	if c := v.Get("globalSecureAccessFilteringProfile"); isOn(c) {
		s.SecurityProfile = c.Get("profileId").TextOr("")
	}
	if *s != (Session{}) {
		r.p.Session = s
	}
}

// merge adds the controls of another policy to s: the shortest sign-in frequency,
// "never" before "always" for persistent browsers, the stricter of the rest. It
// answers the merged controls and leaves both as they were.
func (s *Session) merge(o *Session) *Session {
	if s == nil {
		return o
	}
	if o == nil {
		return s
	}
	out := *s
	out.AppEnforcedRestrictions = s.AppEnforcedRestrictions || o.AppEnforcedRestrictions
	out.TokenProtection = s.TokenProtection || o.TokenProtection
	out.DisableResilience = s.DisableResilience || o.DisableResilience
	rank := []string{"", "mcasConfigured", "monitorOnly", "blockDownloads"}
	if index(rank, o.CloudAppSecurity) > index(rank, s.CloudAppSecurity) || s.CloudAppSecurity == "" {
		out.CloudAppSecurity = o.CloudAppSecurity
	}
	if f := o.SignInFrequency; f != nil && (s.SignInFrequency == nil || f.EveryTime || !s.SignInFrequency.EveryTime && f.Hours < s.SignInFrequency.Hours) {
		out.SignInFrequency = f
	}
	if s.PersistentBrowser == "" || o.PersistentBrowser == "never" {
		out.PersistentBrowser = orElse(o.PersistentBrowser, s.PersistentBrowser)
	}
	modes := []string{"", "disabled", "strictEnforcement", "strictLocation"}
	if slices.Index(modes, o.ContinuousAccess) > slices.Index(modes, s.ContinuousAccess) {
		out.ContinuousAccess = o.ContinuousAccess
	}
	out.SecurityProfile = orElse(s.SecurityProfile, o.SecurityProfile)
	return &out
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// JSON returns the controls in the shape of Graph's conditionalAccessSessionControls;
// an empty object where there is none.
func (s *Session) JSON() jsondoc.Value {
	out := jsondoc.NewObject()
	if s == nil {
		return out
	}
	on := jsondoc.NewObject(jsondoc.Member{Name: "isEnabled", Value: jsondoc.NewBool(true)})
	if s.AppEnforcedRestrictions {
		out = out.With("applicationEnforcedRestrictions", on)
	}
	if s.CloudAppSecurity != "" {
		out = out.With("cloudAppSecurity", on.With("cloudAppSecurityType", jsondoc.NewString(s.CloudAppSecurity)))
	}
	if f := s.SignInFrequency; f != nil {
		v := on
		if f.EveryTime {
			v = v.With("frequencyInterval", jsondoc.NewString("everyTime"))
		} else {
			v = v.With("value", jsondoc.NewInt(int64(f.Hours))).With("type", jsondoc.NewString("hours")).With("frequencyInterval", jsondoc.NewString("timeBased"))
		}
		kind := "primaryAndSecondaryAuthentication"
		if f.SecondaryOnly {
			kind = "secondaryAuthentication"
		}
		out = out.With("signInFrequency", v.With("authenticationType", jsondoc.NewString(kind)))
	}
	if s.PersistentBrowser != "" {
		out = out.With("persistentBrowser", on.With("mode", jsondoc.NewString(s.PersistentBrowser)))
	}
	if s.TokenProtection {
		out = out.With("secureSignInSession", on)
	}
	if s.DisableResilience {
		out = out.With("disableResilienceDefaults", jsondoc.NewBool(true))
	}
	if s.ContinuousAccess != "" {
		out = out.With("continuousAccessEvaluation", jsondoc.NewObject(jsondoc.Member{Name: "mode", Value: jsondoc.NewString(s.ContinuousAccess)}))
	}
	if s.SecurityProfile != "" {
		out = out.With("globalSecureAccessFilteringProfile", on.With("profileId", jsondoc.NewString(s.SecurityProfile)))
	}
	return out
}
