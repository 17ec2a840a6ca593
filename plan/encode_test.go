package plan_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

// As JSON the parts of a plan are what they are in its file.
func TestMarshalJSON(t *testing.T) {
	t.Parallel()
	p := goldenPlan()
	var file bytes.Buffer
	require.NoError(t, plan.Write(&file, p))
	for kind, part := range map[string]any{
		"header": p.Header, "group": p.Groups[0], "change": p.Changes[0], "hold": p.Holds[1], "held": p.Holds[1].Changes[0], "finding": p.Findings[0],
	} {
		text, err := json.Marshal(map[string]any{kind: part})
		require.NoError(t, err)
		assert.Contains(t, file.String(), unescaped(text)+"\n")
	}

	p.Header.Created = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := json.Marshal(p.Header)
	assert.ErrorContains(t, err, "created: ")
}

// unescaped takes back what json.Marshal escapes for the sake of HTML.
func unescaped(text []byte) string {
	for escape, char := range map[string]string{`\u003c`: "<", `\u003e`: ">", `\u0026`: "&"} {
		text = bytes.ReplaceAll(text, []byte(escape), []byte(char))
	}
	return string(text)
}
