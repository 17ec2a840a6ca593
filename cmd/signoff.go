package cmd

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/plan"
)

// signOff is what somebody says of a plan that is to be applied.
type signOff struct {
	digest     string
	changeRef  string
	approvedBy string
}

func (o *signOff) addFlags(c *cobra.Command, digest string) {
	f := c.Flags()
	f.StringVar(&o.digest, "digest", "", digest)
	f.StringVar(&o.changeRef, "change-ref", "", "the number of the change elsewhere, for plan, journal and report, as `TEXT`")
	f.StringVar(&o.approvedBy, "approved-by", "", "who has agreed, for plan, journal and report, as `TEXT`")
}

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func (o *signOff) parse(c *cobra.Command) error {
	o.digest = strings.TrimSpace(o.digest)
	if o.digest != "" && !digestPattern.MatchString(o.digest) {
		return usageError(c, fmt.Errorf("--digest %q: want sha256: and 64 hexadecimal digits, as plan and show print them", o.digest))
	}
	for flag, text := range map[string]string{"--change-ref": o.changeRef, "--approved-by": o.approvedBy} {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return usageError(c, fmt.Errorf("%s %q: want one line of UTF-8", flag, text))
		}
	}
	return nil
}

// matches refuses a plan that is not the one which was agreed to.
func (o *signOff) matches(p *plan.Plan) error {
	if o.digest == "" || o.digest == p.Digest() {
		return nil
	}
	hint := "the plan is another one than the one agreed to: look at it, and agree anew"
	heldBy := func(rule plan.Rule) bool {
		return slices.ContainsFunc(p.Holds, func(h plan.Hold) bool { return h.Rule == rule })
	}
	switch {
	case heldBy(plan.RuleReview):
		hint = "sync holds what nobody has reviewed; a plan that has it is saved with plan -o, and applied with apply"
	case heldBy(plan.RuleTakeover):
		hint = "sync leaves takeovers of groups out; a plan that has them is saved with plan -o, and applied with apply"
	}
	return &exitError{
		code: exitPlan,
		err:  fmt.Errorf("the plan has the digest %s, and --digest asks for %s; nothing was written to Box", p.Digest(), o.digest),
		hint: hint,
	}
}

// sign puts into the plan who agreed to it. The digest stays.
func (o *signOff) sign(p *plan.Plan) {
	p.Header.ChangeRef, p.Header.ApprovedBy = o.changeRef, o.approvedBy
}
