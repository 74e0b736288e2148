package condaccess

import (
	"strings"
	"testing"
)

func TestDeviceFilterRoundTripsAndDecides(t *testing.T) {
	corporate := &Device{}
	for n, v := range map[string]string{"isCompliant": "True", "trustType": "ServerAD", "deviceOwnership": "Company", "model": "Surface Laptop 5", "extensionAttribute3": "SAW"} {
		corporate.Set(n, v)
	}
	corporate.Set("systemLabels", "M365Managed", "AzureResource")
	corporate.Set("manufacturer")
	for _, c := range []struct {
		rule       string
		want       Tri // the corporate device
		unregister Tri
	}{
		{`device.isCompliant -eq True -or device.trustType -eq "ServerAD"`, True, False},
		{`device.deviceOwnership -eq "Company" -and device.isCompliant -eq False`, False, False},
		{`-not (device.trustType -eq "AzureAD")`, True, True},
		{`device.trustType -ne "ServerAD"`, False, True},
		{`device.model -startsWith "surface" -and device.model -notContains "pro"`, True, False},
		{`device.model -endsWith "5"`, True, False},
		{`device.extensionAttribute3 -in ["PAW", "saw"]`, True, False},
		{`device.extensionAttribute3 -notIn ["PAW"]`, True, True},
		{`device.systemLabels -contains "M365"`, False, False}, // whole elements only
		{`device.systemLabels -contains "m365managed"`, True, False},
		{`device.manufacturer -ne "Contoso"`, True, True}, // null
		{`device.displayName -eq "x"`, Unknown, False},
		{`device.displayName -eq "x" -or device.isCompliant -eq True`, True, False},
		{`device.displayName -eq "x" -and device.isCompliant -eq False`, False, False},
		{"device.deviceid -notIn [\"a`\"b\", 'c']", Unknown, True},
		{`(device.isCompliant -eq true) -and -not (-not (device.trustType -eq "serverad"))`, True, False},
	} {
		r, list := ParseDeviceFilter(c.rule)
		if r == nil {
			t.Errorf("%s: %v", c.rule, list)
			continue
		}
		again, list := ParseDeviceFilter(r.String())
		if again == nil || again.String() != r.String() {
			t.Errorf("%s prints %s, which does not read the same (%v)", c.rule, r, list)
		}
		if got := r.Matches(corporate); got != c.want {
			t.Errorf("%s = %s, want %s", c.rule, got, c.want)
		}
		if got := r.Matches(Unregistered()); got != c.unregister {
			t.Errorf("unregistered: %s = %s, want %s", c.rule, got, c.unregister)
		}
		if got := r.Matches(nil); got != Unknown {
			t.Errorf("no device told: %s = %s, want unknown", c.rule, got)
		}
	}
}

func TestDeviceFilterErrorsNameThePlace(t *testing.T) {
	for _, c := range []struct {
		rule, want string
		start      int
	}{
		{`device.trustType -eq "ServerAD`, "no partner", 21},
		{`device.isCompliant -gt True`, "operator was expected", 19},
		{`device.hue -eq "red"`, `no property "hue"`, 0},
		{`device.isCompliant -contains True`, "not for device.isCompliant", 19},
		{`device.isCompliant -eq True -or`, "was expected", 31},
		{`(device.isCompliant -eq True`, "closing parenthesis", 28},
		{`device.model -in ["a" "b"]`, "comma", 22},
		{`device.isCompliant -eq True device.model`, "-and or -or", 28},
		{``, "property", 0},
		{strings.Repeat("(", 5000), "3072", 0},
		{strings.Repeat("-not ", 500) + `device.isCompliant -eq True`, "deeper", 1005},
	} {
		r, list := ParseDeviceFilter(c.rule)
		if r != nil || len(list) != 1 || !strings.Contains(list[0].Message, c.want) || list[0].Span.Start != c.start {
			t.Errorf("%.40q: got %v %v at %v, want %q at %d", c.rule, r, list, list, c.want, c.start)
		}
	}
}

func FuzzDeviceFilter(f *testing.F) {
	for _, s := range []string{`device.isCompliant -eq True -or device.trustType -eq "ServerAD"`, `-not (device.model -in ["a", 'b'])`, "device.displayName -eq \"`\"\"", `((`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, list := ParseDeviceFilter(text)
		if (r == nil) != list.HasErrors() {
			t.Fatalf("rule %v with %v", r, list)
		}
		if r == nil {
			return
		}
		again, list := ParseDeviceFilter(r.String())
		if again == nil {
			if len(r.String()) > maxRule { // quoting may lengthen it
				return
			}
			t.Fatalf("%q prints %q, which does not parse: %v", text, r, list)
		}
		if again.String() != r.String() || again.Matches(Unregistered()) != r.Matches(Unregistered()) {
			t.Fatalf("%q prints %q, which reads as %q", text, r, again)
		}
	})
}
