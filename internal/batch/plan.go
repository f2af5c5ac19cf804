package batch

import (
	"errors"
	"iter"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/internal/plan"
)

// PlanOptions say how a plan is kept.
type PlanOptions struct {
	File    string
	Program string                       // name and version of this program
	Script  string                       // where Apply finds the script again
	Key     func() (*control.Key, error) // asked for a plan that is signed
	Redact  *plan.Redactor               // hides people's values; nil: the plan can be applied
}

// SavePlan keeps the plan of a job with Planning that ended well.
func SavePlan(j Job, r *Report, o PlanOptions) error {
	p := r.Result.Plan
	parameters, err := j.parameters()
	if err != nil {
		return err
	}
	p.Site.ID = planID()
	h := plan.Header{
		Format: plan.Format, Program: o.Program, By: j.User, Run: r.Run, Transformation: r.Transformation, File: o.Script,
		Parameters: parameters, Limit: j.Limit, Raw: p.Raw, Held: p.Held, Site: p.Site,
	}
	for _, s := range p.Scripts {
		h.Scripts = append(h.Scripts, plan.Script(s))
	}
	for _, f := range r.Files {
		h.Files = append(h.Files, f.String())
	}
	c := &plan.Contents{Header: h, Counts: r.Counts, Changes: p.Changes(), Written: p.Written(),
		Secret: func(text string) bool { return p.Secret(text) || j.Control.Mask(text) != text }}
	if o.Redact != nil {
		c.Header, c.Changes, c.Written = o.Redact.Header(h), redacted(p.Changes(), o.Redact), nothing
		return plan.WriteFile(o.File, c)
	}
	key, err := o.Key()
	if err != nil {
		return err
	}
	c.KeyID = key.ID()
	if c.Code, err = key.PlanCode(c.KeyID, p.Site.Site); err != nil {
		return err
	}
	return plan.WriteFile(o.File, c)
}

// redacted is a change set without people's values.
func redacted(all iter.Seq2[amsx.Change, error], r *plan.Redactor) iter.Seq2[amsx.Change, error] {
	return func(yield func(amsx.Change, error) bool) {
		for c, err := range all {
			if !yield(r.Change(c), err) {
				return
			}
		}
	}
}

// OpenPlan opens the file of a plan and holds it against its signature.
func OpenPlan(file string, key func() (*control.Key, error)) (_ *plan.File, err error) {
	p, err := plan.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	k, err := key()
	if errors.Is(err, control.ErrNoKey) {
		return nil, &plan.Error{File: file, Reason: "this account has no master key, so it cannot tell whether the plan is genuine: apply it as the account that made it, or with the same AMSX_MASTER_KEY"}
	}
	if err != nil {
		return nil, err
	}
	code, err := k.PlanCode(p.KeyID(), p.Header.Site.Site)
	if err != nil {
		return nil, &plan.Error{File: file, Reason: err.Error()}
	}
	return p, p.Verify(code)
}
