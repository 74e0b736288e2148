package report

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/azward/azward/finding"
)

// ocsfVersion is the version of the Open Cybersecurity Schema Framework that
// events are written in.
const ocsfVersion = "1.6.0"

// The part of OCSF's Compliance Finding (class 2003) that an assessment fills.
type ocsfEvent struct {
	ActivityID   int              `json:"activity_id"`
	ActivityName string           `json:"activity_name"`
	CategoryUID  int              `json:"category_uid"`
	CategoryName string           `json:"category_name"`
	ClassUID     int              `json:"class_uid"`
	ClassName    string           `json:"class_name"`
	TypeUID      int              `json:"type_uid"`
	TypeName     string           `json:"type_name"`
	Time         int64            `json:"time"`
	SeverityID   int              `json:"severity_id"`
	Severity     string           `json:"severity"`
	StatusID     int              `json:"status_id"`
	Status       string           `json:"status"`
	Message      string           `json:"message"`
	Metadata     ocsfMetadata     `json:"metadata"`
	FindingInfo  ocsfFinding      `json:"finding_info"`
	Compliance   ocsfCompliance   `json:"compliance"`
	Resources    []ocsfResource   `json:"resources"`
	Remediation  *ocsfRemediation `json:"remediation,omitempty"`
	Cloud        ocsfCloud        `json:"cloud"`
}

type ocsfMetadata struct {
	Version  string      `json:"version"`
	Profiles []string    `json:"profiles"`
	Product  ocsfProduct `json:"product"`
}

type ocsfProduct struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version,omitempty"`
}

type ocsfFinding struct {
	UID         string   `json:"uid"`
	Title       string   `json:"title"`
	Description string   `json:"desc,omitempty"`
	CreatedTime int64    `json:"created_time"`
	Types       []string `json:"types"`
}

type ocsfCompliance struct {
	Control       string   `json:"control"`
	Requirements  []string `json:"requirements,omitempty"`
	Standards     []string `json:"standards"`
	StatusID      int      `json:"status_id"`
	Status        string   `json:"status"`
	StatusDetails []string `json:"status_details,omitempty"`
}

type ocsfResource struct {
	UID       string `json:"uid"`
	Name      string `json:"name"`
	Type      string `json:"type,omitempty"`
	Partition string `json:"cloud_partition"`
}

type ocsfRemediation struct {
	Description string   `json:"desc"`
	References  []string `json:"references,omitempty"`
}

type ocsfCloud struct {
	Provider string       `json:"provider"`
	Account  *ocsfAccount `json:"account,omitempty"`
}

type ocsfAccount struct {
	UID    string `json:"uid"`
	Name   string `json:"name,omitempty"`
	Type   string `json:"type,omitempty"`
	TypeID int    `json:"type_id"`
}

// OCSF writes an array of Compliance Finding events, one for each finding and
// unknown verdict.
func OCSF(w io.Writer, a *Assessment) error {
	out := newWriter(w)
	controls := map[string]*Control{}
	for i := range a.Controls {
		controls[a.Controls[i].ID] = &a.Controls[i]
	}
	out.text("[")
	err := writeEach(out, a, func() text {
		return func(dst []byte, i int, f *Finding) ([]byte, error) {
			c := controls[f.ControlID]
			if c == nil {
				c = &Control{ID: f.ControlID}
			}
			event, err := json.Marshal(ocsfEventOf(a, f, c))
			if i > 0 {
				dst = append(dst, ',')
			}
			return append(append(dst, '\n'), event...), err
		}
	})
	if err != nil {
		return err
	}
	out.text("\n]\n")
	return out.flush()
}

func ocsfEventOf(a *Assessment, f *Finding, c *Control) ocsfEvent {
	at := a.GeneratedAt.UnixMilli()
	e := ocsfEvent{
		ActivityID: 1, ActivityName: "Create", CategoryUID: 2, CategoryName: "Findings",
		ClassUID: 2003, ClassName: "Compliance Finding", TypeUID: 200301, TypeName: "Compliance Finding: Create",
		Time: at, SeverityID: int(f.Severity) + 1, Severity: capital(f.Severity.String()), StatusID: 1, Status: "New",
		Message:  f.Title,
		Metadata: ocsfMetadata{ocsfVersion, []string{"cloud"}, ocsfProduct{a.Tool.Name, a.Tool.Name, a.Tool.Version}},
		FindingInfo: ocsfFinding{UID: f.ControlID + ":" + strings.ToLower(f.ResourceID), Title: f.Title, Description: c.Why,
			CreatedTime: at, Types: []string{"Posture"}},
		Compliance: ocsfCompliance{Control: f.ControlID, Standards: []string{}, StatusDetails: f.Reasons},
		Resources:  []ocsfResource{{f.ResourceID, f.ResourceName, f.ResourceType, "AzureCloud"}},
		Cloud:      ocsfCloud{Provider: "Azure"},
	}
	for _, fw := range a.Compliance {
		if ids := c.Mappings[fw.ID]; len(ids) > 0 {
			e.Compliance.Standards = append(e.Compliance.Standards, fw.Name)
			for _, id := range ids {
				e.Compliance.Requirements = append(e.Compliance.Requirements, fw.ID+" "+id)
			}
		}
	}
	switch f.State {
	case finding.NonCompliant:
		e.Compliance.StatusID, e.Compliance.Status = 3, "Fail"
	case finding.Compliant:
		e.Compliance.StatusID, e.Compliance.Status = 1, "Pass"
		e.StatusID, e.Status = 4, "Resolved"
	case finding.Exempt:
		e.Compliance.StatusID, e.Compliance.Status = 3, "Fail"
		e.StatusID, e.Status = 3, "Suppressed"
	case finding.NotApplicable:
		e.Compliance.StatusID, e.Compliance.Status = 99, "Not Applicable"
	default:
		e.Compliance.StatusID, e.Compliance.Status = 0, "Unknown"
	}
	if c.Remediation["azcli"] != "" {
		e.Remediation = &ocsfRemediation{c.Remediation["azcli"], c.References}
	}
	if sub := subscriptionOf(f.ResourceID); sub != "" {
		e.Cloud.Account = &ocsfAccount{UID: sub, Name: a.Inventory.Names[strings.ToLower(sub)], Type: "Azure Subscription", TypeID: 99}
	}
	return e
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
