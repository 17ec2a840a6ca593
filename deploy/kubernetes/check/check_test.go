package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func problems(t *testing.T, files map[string]string) []string {
	t.Helper()
	m, err := Decode(files)
	if err == nil {
		var found []string
		if found, err = m.Problems(); err == nil {
			return found
		}
	}
	return strings.Split(err.Error(), "\n")
}

func manifests(t *testing.T) map[string]string {
	t.Helper()
	files, err := Files("..")
	require.NoError(t, err)
	require.Len(t, files, 6)
	return files
}

// The manifests are what Kubernetes takes, restricted, and agree with each other.
func TestManifests(t *testing.T) {
	t.Parallel()
	assert.Empty(t, problems(t, manifests(t)))
}

// So they are with the claim instead of the ConfigMap, as the comments say.
func TestManifests_sourceClaim(t *testing.T) {
	t.Parallel()
	files := manifests(t)
	claim, err := os.ReadFile("../source-claim.yaml")
	require.NoError(t, err)
	delete(files, "source.yaml")
	files["source-claim.yaml"] = string(claim)
	const name, commented = "configMap: {name: rollcall-source}\n", "# persistentVolumeClaim: {claimName: rollcall-source}\n"
	require.Equal(t, 1, strings.Count(files["cronjob.yaml"], name))
	require.Equal(t, 1, strings.Count(files["cronjob.yaml"], commented))
	files["cronjob.yaml"] = strings.NewReplacer(name, "\n", commented, commented[2:]).Replace(files["cronjob.yaml"])
	assert.Empty(t, problems(t, files))
}

// And with what docs/kubernetes.md offers to add to the Job.
func TestManifests_podFailurePolicy(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/kubernetes.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "```yaml job.yaml\npodFailurePolicy:")
	require.True(t, found)
	block, _, found := strings.Cut("podFailurePolicy:"+rest, "\n```")
	require.True(t, found)
	const before = "      backoffLimit: 0"
	files := manifests(t)
	files["cronjob.yaml"] = strings.Replace(files["cronjob.yaml"], before, "      "+strings.ReplaceAll(block, "\n", "\n      ")+"\n"+before, 1)
	require.Empty(t, problems(t, files))
	m, err := Decode(files)
	require.NoError(t, err)
	require.NotNil(t, m.CronJob.Spec.JobTemplate.Spec.PodFailurePolicy)
	assert.Len(t, m.CronJob.Spec.JobTemplate.Spec.PodFailurePolicy.Rules, 1)
}

// What the kustomization offers for the image's place means the CronJob's image.
func TestKustomization_images(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../kustomization.yaml")
	require.NoError(t, err)
	_, offered, found := strings.Cut(string(text), "\n# images:")
	require.True(t, found)
	var k struct {
		Images []struct {
			Name    string `json:"name"`
			NewName string `json:"newName"`
			NewTag  string `json:"newTag"`
		} `json:"images"`
	}
	require.NoError(t, decode("kustomization.yaml", strings.ReplaceAll("\n# images:"+offered, "\n# ", "\n"), &k))
	require.Len(t, k.Images, 1)
	m, err := Decode(manifests(t))
	require.NoError(t, err)
	name, _, _ := strings.Cut(m.Pod().Containers[0].Image, ":")
	assert.Equal(t, name, k.Images[0].Name)
	assert.Equal(t, "REGISTRY/rollcall VERSION", k.Images[0].NewName+" "+k.Images[0].NewTag)
}

// No manifest is forgotten: each file is applied, or named as an alternative.
func TestManifests_allNamed(t *testing.T) {
	t.Parallel()
	there, err := filepath.Glob("../*.yaml")
	require.NoError(t, err)
	want := slices.Sorted(maps.Keys(manifests(t)))
	want = append(want, "kustomization.yaml", "source-claim.yaml")
	slices.Sort(want)
	for i := range there {
		there[i] = filepath.Base(there[i])
	}
	assert.Equal(t, want, there)
}

// Without a CronJob nothing runs.
func TestManifests_noJob(t *testing.T) {
	t.Parallel()
	files := manifests(t)
	delete(files, "cronjob.yaml")
	assert.Equal(t, []string{"0 CronJobs, and not one"}, problems(t, files))
}

// What breaks a manifest is found, and told for what it is.
func TestManifests_broken(t *testing.T) {
	t.Parallel()
	const job, config = "cronjob.yaml", "configmap.yaml"
	for name, c := range map[string]struct{ file, from, to, want string }{
		"unknown key":         {job, "backoffLimit: 0", "backofLimit: 0", `unknown field "spec.jobTemplate.spec.backofLimit"`},
		"key in another case": {job, "backoffLimit: 0", "backofflimit: 0", `unknown field "spec.jobTemplate.spec.backofflimit"`},
		"key at the wrong place": {
			job, "      backoffLimit: 0", "      restartPolicy: Never\n      backoffLimit: 0", `unknown field "spec.jobTemplate.spec.restartPolicy"`,
		},
		"key twice":            {job, "restartPolicy: Never", "restartPolicy: Never\n          restartPolicy: Never", `key "restartPolicy" already set`},
		"wrong type":           {job, "backoffLimit: 0", "backoffLimit: none", "backoffLimit"},
		"wrong quantity":       {job, "sizeLimit: 64Mi", "sizeLimit: 64 MB", "quantities must match"},
		"another version":      {job, "batch/v1", "batch/v1beta1", "is not expected"},
		"another kind":         {"state.yaml", "PersistentVolumeClaim", "PersistentVolume", "is not expected"},
		"a name twice":         {"source.yaml", "name: rollcall-source", "name: rollcall", `two of the name "rollcall"`},
		"second document":      {"state.yaml", "kind: PersistentVolumeClaim", "kind: PersistentVolumeClaim\n---\nkind: Pod", "more than one document"},
		"runs at once":         {job, "Forbid", "Allow", "concurrencyPolicy"},
		"retries":              {job, "backoffLimit: 0", "backoffLimit: 1", "backoffLimit is not 0"},
		"retries by default":   {job, "backoffLimit: 0", "completions: 1", "backoffLimit is not 0"},
		"restarts":             {job, "restartPolicy: Never", "restartPolicy: OnFailure", "restartPolicy"},
		"no schedule":          {job, `"15 2 * * *"`, `"15 2 * *"`, "five fields"},
		"no time zone":         {job, "Etc/UTC", "Etc/Nowhere", "timeZone"},
		"suspended":            {job, "timeZone:", "suspend: true\n  timeZone:", "suspended"},
		"root":                 {job, "runAsNonRoot: true", "runAsNonRoot: false", "not restricted: runAsNonRoot"},
		"user 0":               {job, "runAsUser: 65532", "runAsUser: 0", "not restricted: runAsUser=0"},
		"another user":         {job, "runAsUser: 65532", "runAsUser: 1000", "user is not the image's"},
		"another group":        {job, "runAsGroup: 65532", "runAsGroup: 1000", "user is not the image's"},
		"no fsGroup":           {job, "fsGroup: 65532", "fsGroup: 1000", "fsGroup"},
		"escalation":           {job, "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "not restricted: allowPrivilegeEscalation"},
		"capabilities":         {job, "drop: [ALL]", "drop: [NET_RAW]", "not restricted: unrestricted capabilities"},
		"one capability":       {job, "drop: [ALL]", "drop: [ALL], add: [SYS_ADMIN]", "SYS_ADMIN"},
		"seccomp":              {job, "RuntimeDefault", "Unconfined", "not restricted: seccompProfile"},
		"host's files":         {job, "emptyDir: {sizeLimit: 64Mi}", "hostPath: {path: /tmp}", "hostPath"},
		"host's network":       {job, "restartPolicy: Never", "restartPolicy: Never\n          hostNetwork: true", "hostNetwork"},
		"writable root":        {job, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "root is not read-only"},
		"no limit of /tmp":     {job, "{sizeLimit: 64Mi}", "{}", "volume tmp"},
		"no memory":            {job, "limits: {memory: 1Gi}", "limits: {cpu: 1}", "memory"},
		"command":              {job, "args: [", "command: [/rollcall]\n              args: [", "command is not the image's"},
		"token of the pod":     {job, "automountServiceAccountToken: false", "automountServiceAccountToken: true", "the pod mounts a token"},
		"token of the account": {"serviceaccount.yaml", "false", "true", "the service account mounts a token"},
		"no account":           {"serviceaccount.yaml", "name: rollcall", "name: other", "no service account rollcall"},
		"no config":            {config, "name: rollcall", "name: other", "in no ConfigMap that is mounted"},
		"no config file":       {config, "rollcall.yaml: |", "other.yaml: |", "in no ConfigMap that is mounted"},
		"no argument":          {job, ", -c, /etc/rollcall/rollcall.yaml", "", "name no configuration"},
		"no secret":            {"secret.yaml", "name: rollcall", "name: other", "volume secrets"},
		"no secret key":        {"secret.yaml", "client_secret:", "secret:", "the secret is not at"},
		"open secret":          {job, "0440", "0444", "volume secrets"},
		"no env":               {job, "args: [", "env: [{name: X, valueFrom: {secretKeyRef: {name: rollcall, key: x}}}]\n              args: [", "rollcall/x"},
		"no claim":             {"state.yaml", "name: rollcall-state", "name: other", "volume state"},
		"no source":            {"source.yaml", "groups.csv", "other.csv", "the source is not at"},
		"no volume":            {job, "- {name: tmp, mountPath: /tmp}", "- {name: temp, mountPath: /tmp}", "no volume temp"},
		"temp elsewhere":       {job, "mountPath: /tmp", "mountPath: /temp", "no /tmp to write to"},
		"not mounted":          {job, "                - {name: tmp, mountPath: /tmp}\n", "", "volume tmp is not mounted"},
		"writable source":      {job, "mountPath: /source, readOnly: true", "mountPath: /source", "volume source"},
		"read-only state":      {job, "mountPath: /state}", "mountPath: /state, readOnly: true}", "volume state"},
		"state elsewhere":      {config, "state_dir: /state", "state_dir: /var/state", "in no claim"},
		"short grace":          {job, "terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds"},
		"long drain":           {config, "drain: 20s", "drain: 60s", "terminationGracePeriodSeconds"},
		"long run":             {config, "timeout: 2h", "timeout: 3h", "activeDeadlineSeconds"},
		"endless run":          {config, "timeout: 2h", "timeout: 0s", "activeDeadlineSeconds"},
		"into the next":        {job, "startingDeadlineSeconds: 3600", "startingDeadlineSeconds: 80000", "reaches into the next"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := manifests(t)
			require.Contains(t, files[c.file], c.from, "the case changes nothing")
			files[c.file] = strings.Replace(files[c.file], c.from, c.to, 1)
			assert.Contains(t, strings.Join(problems(t, files), "\n"), c.want)
		})
	}
}
