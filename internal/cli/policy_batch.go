package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/azward/azward/arm"
	"github.com/azward/azward/diag"
	"github.com/azward/azward/finding"
	"github.com/azward/azward/jsondoc"
	"github.com/azward/azward/policy"
	"github.com/azward/azward/resource"
)

// maxPolicyLine bounds a line of a batch.
const maxPolicyLine = 64 << 20

// policyError is the error member of an answer.
type policyError struct {
	Code    string       `json:"code"`
	Message string       `json:"message"`
	Stage   policy.Stage `json:"stage"`
	Line    int          `json:"line,omitempty"`
	Column  int          `json:"column,omitempty"`
}

// policyAnswer is the answer to one question: a line of a batch.
type policyAnswer struct {
	ID          json.RawMessage    `json:"id"`
	Matched     *bool              `json:"matched,omitempty"`
	Effect      string             `json:"effect,omitempty"`
	State       string             `json:"state,omitempty"`
	Details     *jsondoc.Value     `json:"details,omitempty"`
	Reasons     []string           `json:"reasons,omitzero"`
	Missing     []string           `json:"missing,omitempty"`
	Remediation *remediationAnswer `json:"remediation,omitempty"`
	Error       *policyError       `json:"error,omitempty"`
}

// remediationAnswer is what the effect would deploy or change.
type remediationAnswer struct {
	Roles          []string        `json:"roleDefinitionIds,omitempty"`
	Deployment     *jsondoc.Value  `json:"deployment,omitempty"`
	Scope          string          `json:"deploymentScope,omitempty"`
	Location       string          `json:"location,omitempty"`
	Delay          string          `json:"evaluationDelay,omitempty"`
	ConflictEffect string          `json:"conflictEffect,omitempty"`
	Changes        []policy.Change `json:"changes,omitempty"`
	Resource       *jsondoc.Value  `json:"resource,omitempty"`
	Unknown        []string        `json:"unknown,omitempty"`
	Skipped        []string        `json:"skipped,omitempty"`
	Denied         []string        `json:"denied,omitempty"`
}

// policyBatch answers one question a line.
type policyBatch struct {
	env     *Env
	aliases *policy.Aliases
	now     time.Time

	lastKey string // of the definition compiled last
	last    *policy.Definition
}

func (b *policyBatch) run(ctx context.Context, path, output string) error {
	return batchLines(ctx, b.env, path, output, maxPolicyLine, b.line)
}

func (b *policyBatch) line(w io.Writer, line []byte, tooLong bool) error {
	a := policyAnswer{ID: json.RawMessage("null")}
	if tooLong {
		a.Error = &policyError{Code: "BadLine", Message: tooLongLine(maxPolicyLine), Stage: policy.StageParse}
	} else {
		a = b.answer(line)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a); err != nil {
		return err
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// answer answers one line. It never panics on its own account: a bug is an
// error of that line.
func (b *policyBatch) answer(line []byte) (a policyAnswer) {
	a.ID = json.RawMessage("null")
	defer func() {
		if r := recover(); r != nil {
			a = policyAnswer{ID: a.ID, Error: &policyError{Code: "Bug", Message: "bug: the evaluation panicked", Stage: policy.StageEvaluate}}
		}
	}()
	doc, err := jsondoc.Parse(line)
	if err != nil {
		var known struct {
			ID json.RawMessage `json:"id"`
		}
		if json.Unmarshal(line, &known) == nil && len(known.ID) > 0 {
			a.ID = known.ID
		}
		a.Error = &policyError{Code: "BadLine", Message: err.Error(), Stage: policy.StageParse}
		return a
	}
	if id := doc.Get("id"); id.Exists() {
		a.ID = id.AppendJSON(nil)
	}
	if doc.Kind() != jsondoc.Object {
		a.Error = &policyError{Code: "BadLine", Message: "the line is no JSON object", Stage: policy.StageParse}
		return a
	}
	def, fail := b.compile(doc, string(line))
	if fail != nil {
		a.Error = fail
		return a
	}
	res := doc.Get("resource")
	if res.Kind() != jsondoc.Object {
		a.Error = &policyError{Code: "BadLine", Message: `the line has no "resource"`, Stage: policy.StageParse}
		return a
	}
	b.evaluate(&a, def, res, doc)
	return a
}

// compile compiles the definition or rule of a line.
func (b *policyBatch) compile(doc jsondoc.Value, line string) (*policy.Definition, *policyError) {
	d := doc.Get("definition")
	if d.IsMissing() {
		d = doc.Get("rule")
	}
	if d.IsMissing() {
		return nil, &policyError{Code: "BadLine", Message: `the line has neither "definition" nor "rule"`, Stage: policy.StageParse}
	}
	key := d.String() + "\x00" + doc.Get("parameters").String()
	if key == b.lastKey {
		return b.last, nil
	}
	src := diag.NewSource("", line)
	if text, ok := d.Text(); ok { // the JSON as a text
		parsed, err := jsondoc.ParseString(text)
		if err != nil {
			return nil, &policyError{Code: "POL0001", Message: err.Error(), Stage: policy.StageParse}
		}
		d, src = parsed, diag.NewSource("", text)
	}
	def, diags := policy.Compile(d, policy.CompileOptions{Parameters: doc.Get("parameters"), Aliases: b.aliases, Source: src})
	if def == nil {
		return nil, policyErrorOf(diags[0])
	}
	b.lastKey, b.last = key, def
	return def, nil
}

func policyErrorOf(d diag.Diagnostic) *policyError {
	message := d.Message
	if d.Hint != "" {
		message += " (" + d.Hint + ")"
	}
	return &policyError{Code: d.Code, Message: message, Stage: policy.StageOf(d), Line: d.Pos.Line, Column: d.Pos.Column}
}

func (b *policyBatch) evaluate(a *policyAnswer, def *policy.Definition, res, doc jsondoc.Value) {
	ctx := doc.Get("context")
	o := policy.Options{
		Now: b.now, Request: ctx.Get("requestContext"), ResourceGroup: ctx.Get("resourceGroup"), Subscription: ctx.Get("subscription"),
		Policy: ctx.Get("policy"), APIVersion: ctx.Get("apiVersion").TextOr(""),
	}
	for _, name := range []string{"now", "utcNow"} {
		if s, ok := ctx.Get(name).Text(); ok {
			t, ok := arm.ParseTime(s)
			if !ok {
				a.Error = &policyError{Code: "BadLine", Message: "context." + name + " is no date", Stage: policy.StageParse}
				return
			}
			o.Now = t
		}
	}
	if related := doc.Get("related"); related.Kind() == jsondoc.Array {
		o.Related = []*resource.Resource{}
		for _, r := range related.Elements() {
			if r.Kind() == jsondoc.Object {
				o.Related = append(o.Related, policy.Bare(r))
			}
		}
	}
	out := policy.NewEvaluator(o).Decide(def, policy.Bare(res))
	if out.Err != nil && out.State == finding.Unknown {
		a.Error = policyErrorOf(*out.Err) // and no "matched": what could not be decided is not a no
		return
	}
	fillAnswer(a, def, &out)
}

// fillAnswer puts an outcome into an answer.
func fillAnswer(a *policyAnswer, def *policy.Definition, out *policy.Outcome) {
	matched := out.Fires
	a.Matched, a.Effect, a.State = &matched, def.EffectText, out.State.String()
	if out.Effect == policy.EffectUnknown {
		a.Effect = out.Effect.String()
	}
	none := jsondoc.NewObject()
	a.Details = &none
	if out.Details.Exists() {
		a.Details = &out.Details
	}
	a.Missing = out.Missing
	a.Reasons = append([]string{}, policyReasons(&out.Result)...)
	a.Remediation = remediationOf(out.Remediation)
}

// policyReasons says in sentences what decided.
func policyReasons(r *policy.Result) []string {
	var out []string
	for _, s := range r.Because {
		if what, ok := strings.CutPrefix(s.Clause, "exists "); ok {
			out = append(out, what+": "+s.Value)
			continue
		}
		text := s.Clause + ": it is " + s.Value
		if s.Truth == finding.False {
			text = "not (" + s.Clause + "): it is " + s.Value
		}
		out = append(out, text)
	}
	for _, m := range r.Missing {
		out = append(out, "not known: "+m)
	}
	return out
}
