package cmd_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/cmd"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// BenchmarkSteadyState is the nightly run that finds nothing to do: 200 groups
// of 50 members each, planned by the whole program against the emulator over
// HTTP. calls/op is what Box would bill.
func BenchmarkSteadyState(b *testing.B) {
	const groups, each = 200, 50
	dir := b.TempDir()
	var file, seed strings.Builder
	file.WriteString("group,login\n")
	seed.WriteString("group,external_sync_identifier,login,name,role\n")
	for g := range groups {
		for m := range each {
			login := fmt.Sprintf("person%d@acme.example", (g*7+m)%1000)
			fmt.Fprintf(&file, "group-%d,%s\n", g, login)
			fmt.Fprintf(&seed, "group-%d,rollcall:main:hr:group-%d,%s,,member\n", g, g, login)
		}
	}
	box := emulator.New(emulator.Options{})
	if err := box.LoadSeed(strings.NewReader(seed.String()), "seed.csv"); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(box)
	b.Cleanup(server.Close)
	config := filepath.Join(dir, "rollcall.yaml")
	for name, text := range map[string]string{
		config:                           strings.ReplaceAll(strings.ReplaceAll(standardConfig, "${BOX_URL}", server.URL), "acme/", ""),
		filepath.Join(dir, "groups.csv"): file.String(),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	var out bytes.Buffer
	env := &cmd.Env{Stdout: &out, Stderr: &out, LookupEnv: func(name string) (string, bool) {
		return "emulator-secret", name == "BOX_CLIENT_SECRET"
	}}
	box.ResetStats()
	n := 0
	for b.Loop() {
		out.Reset()
		if code := cmd.Run(b.Context(), env, []string{"plan", "-c", config}); code != 0 {
			b.Fatalf("exit code %d: %s", code, out.String())
		}
		n++
	}
	if !strings.Contains(out.String(), "Plan: 0 to add, 0 to change, 0 to remove (0 held, 0 findings).") {
		b.Fatalf("the plan is not empty:\n%s", out.String())
	}
	stats := box.Stats()
	if stats.Writes != 0 {
		b.Fatalf("%d writes", stats.Writes)
	}
	b.ReportMetric(float64(stats.Requests)/float64(n), "calls/op")
}
