package template

// PlanOptions say what is known of a Terraform plan besides its text.
type PlanOptions struct {
	File                string
	StandInSubscription string
	// Line returns the file and the line of a resource's block in the sources,
	// where those are at hand; nil otherwise.
	Line func(module, typ, name string) (file string, line int)
}

// ReadPlan is to come.
func ReadPlan(text []byte, o PlanOptions) *Expansion { return &Expansion{} }
