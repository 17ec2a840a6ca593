package cmd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// What the manifests give the program is what it understands: the configuration
// in the ConfigMap, the CSV beside it, and the CronJob's arguments. Whether the
// manifests are right is tested where they are.
func TestDeploy_manifestsAreUnderstood(t *testing.T) {
	t.Parallel()
	var config, source struct {
		Data map[string]string `yaml:"data"`
	}
	manifest(t, "configmap.yaml", &config)
	manifest(t, "source.yaml", &source)
	require.Contains(t, config.Data, "rollcall.yaml")
	require.Contains(t, source.Data, "groups.csv")
	dir := t.TempDir()
	path := filepath.Join(dir, "rollcall.yaml")
	require.NoError(t, os.WriteFile(path, []byte(config.Data["rollcall.yaml"]), 0o600))
	c, err := loadConfig(path)
	require.NoError(t, err)
	require.NotNil(t, c.Target.Box)
	assert.Equal(t, "/state", c.path(c.Run.StateDir))

	require.Len(t, c.Sources, 1)
	c.Sources[0].CSV.Path = filepath.Join(dir, filepath.Base(c.Sources[0].CSV.Path))
	require.NoError(t, os.WriteFile(c.Sources[0].CSV.Path, []byte(source.Data["groups.csv"]), 0o600))
	hr, err := newSource(&Env{}, c, c.Sources[0])
	require.NoError(t, err)
	roster, err := hr.Read(t.Context())
	require.NoError(t, err)
	assert.Len(t, roster.Groups(), 2)
	assert.Equal(t, 3, roster.People())
}

func TestDeploy_argumentsAreUnderstood(t *testing.T) {
	t.Parallel()
	var job struct {
		Spec struct {
			JobTemplate struct {
				Spec struct {
					Template struct {
						Spec struct {
							Containers []struct {
								Args []string `yaml:"args"`
							} `yaml:"containers"`
						} `yaml:"spec"`
					} `yaml:"template"`
				} `yaml:"spec"`
			} `yaml:"jobTemplate"`
		} `yaml:"spec"`
	}
	manifest(t, "cronjob.yaml", &job)
	require.Len(t, job.Spec.JobTemplate.Spec.Template.Spec.Containers, 1)
	args := job.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args
	command, rest, err := newRoot(&Env{}).Find(args)
	require.NoError(t, err)
	require.NoError(t, command.ParseFlags(rest))
	require.NoError(t, command.ValidateArgs(command.Flags().Args()))
	assert.Equal(t, "rollcall sync", command.CommandPath())
	assert.True(t, command.Flags().Changed("confirm"))
	assert.Equal(t, "/etc/rollcall/rollcall.yaml", command.Flag("config").Value.String())
}

// manifest reads a file of deploy/kubernetes.
func manifest(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "deploy", "kubernetes", name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into))
}
