package posture

import "strings"

// Control is one security control of Microsoft's classic Secure Score: a group
// of recommendations that earns its points only for resources that pass all of
// them.
type Control struct {
	ID   string // Microsoft's id of the control, where it is published
	Name string
	Max  int // points
}

// classic lists the controls in the order in which Microsoft's documentation
// does, the most points first.
// Source: "Secure score in Microsoft Defender for Cloud", table of controls.
var classic = [...]Control{
	{"34a42fb3-e6db-409c-b56b-7b1db6b8aee0", "Enable MFA", 10},
	{"", "Secure management ports", 8},
	{"61702b76-1fab-41f2-bcbc-50b7870dcf38", "Apply system updates", 6},
	{"", "Remediate vulnerabilities", 6},
	{"99fc8df2-e0f5-40f8-9415-a7f7ca948b5a", "Remediate security configurations", 4},
	{"2d85f639-0bea-4a4a-b6c6-608952a1414a", "Manage access and permissions", 4},
	{"8fd574ec-43cf-426e-a439-a67cbaf2d564", "Enable encryption at rest", 4},
	{"0e55495e-034f-4abc-8293-767229250176", "Encrypt data in transit", 4},
	{"f9d5432b-8f7b-45e9-b90c-e214a30f6a02", "Restrict unauthorized network access", 4},
	{"", "Apply adaptive application control", 3},
	{"a9909064-42b4-4d34-8143-275477afe18b", "Protect applications against DDoS attacks", 2},
	{"12136bd9-dc24-44f2-9587-7be3af6aac14", "Enable endpoint protection", 2},
	{"27b24961-75ba-4fe4-8909-97286d5dd5ee", "Enable auditing and logging", 1},
	{"4db8d6cf-075b-4149-a813-da09ca2ae120", "Enable enhanced security features", 0},
	{"76763537-9feb-42d3-b4f4-78c01117be80", "Implement security best practices", 0},
}

// Controls returns the controls of the classic model, the most points first.
func Controls() []Control { return append([]Control(nil), classic[:]...) }

func controlIndex(name string) int {
	for i := range classic {
		if strings.EqualFold(classic[i].Name, name) {
			return i
		}
	}
	return -1
}
