package finding

import "testing"

func TestKleene(t *testing.T) {
	all := []Truth{False, True, Maybe}
	for _, a := range all {
		for _, b := range all {
			if a.And(b) != b.And(a) || a.Or(b) != b.Or(a) {
				t.Errorf("%v %v do not commute", a, b)
			}
			if a.And(b).Not() != a.Not().Or(b.Not()) {
				t.Errorf("%v %v break De Morgan", a, b)
			}
		}
	}
	if True.And(Maybe) != Maybe || False.And(Maybe) != False || True.Or(Maybe) != True {
		t.Error("table")
	}
}

func TestZeroStateIsUnknown(t *testing.T) {
	var v Verdict
	if v.State != Unknown {
		t.Error("an empty verdict is not Unknown")
	}
	for s := Unknown; s <= Exempt; s++ {
		var got State
		text, _ := s.MarshalText()
		if err := got.UnmarshalText(text); err != nil || got != s {
			t.Errorf("%v: %v %v", s, got, err)
		}
	}
	var sev Severity
	if err := sev.UnmarshalText([]byte("HIGH")); err != nil || sev != High {
		t.Error(sev, err)
	}
	if err := sev.UnmarshalText([]byte("grave")); err == nil {
		t.Error("unknown severity accepted")
	}
}
