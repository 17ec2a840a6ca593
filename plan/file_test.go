package plan_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// written returns the file of a plan.
func written(t require.TestingT, p *plan.Plan) []byte {
	var out bytes.Buffer
	require.NoError(t, plan.Write(&out, p))
	return out.Bytes()
}

func read(t require.TestingT, file []byte) *plan.Plan {
	p, err := plan.Read(bytes.NewReader(file))
	require.NoError(t, err)
	return p
}

// differences compares plans as a user would: no list and an empty one are one,
// and what is remembered is no part of a plan that is saved.
func differences(a, b *plan.Plan) string {
	return cmp.Diff(a, b, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(plan.Plan{}, "Memory"),
		cmp.Comparer(func(x, y source.Pattern) bool { return x.String() == y.String() }),
		cmp.AllowUnexported(plan.Limit{}, source.Login{}))
}

func TestProperty_readIsTheInverseOfWrite(t *testing.T) {
	t.Parallel()
	for name, draw := range map[string]func(*rapid.T) *plan.Plan{
		"random_values": anyPlan,
		"worlds": func(t *rapid.T) *plan.Plan {
			limits := drawLimits(t)
			_, p := drawPlan(t, func(o *plan.Options) { o.Limits = limits })
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				p := draw(t)
				file := written(t, p)
				back := read(t, file)
				require.Empty(t, differences(p, back))
				require.Equal(t, string(file), string(written(t, back)))
				require.Equal(t, p.Digest(), back.Digest())
				require.Contains(t, string(file), p.Digest())
				require.True(t, strings.HasPrefix(string(file), `{"header":{"format":1,`))
			})
		})
	}
}
