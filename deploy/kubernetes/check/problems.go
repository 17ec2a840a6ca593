package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// settings is the part of rollcall's configuration that the manifests must agree
// with. Whether the configuration is right is for rollcall's own tests.
type settings struct {
	Sources []struct {
		CSV struct {
			Path string `json:"path"`
		} `json:"csv"`
	} `json:"sources"`
	Target struct {
		Box struct {
			Auth struct {
				CCG struct {
					ClientSecret struct {
						File string `json:"file"`
					} `json:"client_secret"`
				} `json:"ccg"`
			} `json:"auth"`
		} `json:"box"`
	} `json:"target"`
	Run struct {
		StateDir string `json:"state_dir"`
		Timeout  string `json:"timeout"`
		Drain    string `json:"drain"`
	} `json:"run"`
}

// Pod returns what the job runs.
func (m *Manifests) Pod() corev1.PodSpec { return m.CronJob.Spec.JobTemplate.Spec.Template.Spec }

// Problems returns what is wrong with manifests that could be decoded.
func (m *Manifests) Problems() ([]string, error) {
	pod := m.Pod()
	if len(pod.Containers) != 1 || len(pod.InitContainers) > 0 {
		return []string{"the pod is one container"}, nil
	}
	insecure, err := insecurities(m.CronJob.Spec.JobTemplate.Spec.Template)
	if err != nil {
		return nil, err
	}
	c, where, err := m.settings()
	if err != nil {
		return nil, err
	}
	return slices.Concat(insecure, m.jobProblems(), m.podProblems(), m.volumeProblems(), m.timeProblems(c), m.pathProblems(c, where)), nil
}

// insecurities is what Pod Security's level restricted has against the pod.
func insecurities(pod corev1.PodTemplateSpec) ([]string, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	level := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec))
	if result.Allowed {
		return nil, nil
	}
	return []string{"not restricted: " + result.ForbiddenDetail()}, nil
}

// collect returns the texts of the conditions that do not hold.
func collect(must ...condition) []string {
	var found []string
	for _, c := range must {
		if !c.holds {
			found = append(found, c.why)
		}
	}
	return found
}

type condition struct {
	holds bool
	why   string
}

func is[T comparable](p *T, want T) bool { return p != nil && *p == want }

func (m *Manifests) jobProblems() []string {
	spec, job := m.CronJob.Spec, m.CronJob.Spec.JobTemplate.Spec
	_, err := time.LoadLocation(deref(spec.TimeZone))
	return collect(
		condition{spec.ConcurrencyPolicy == batchv1.ForbidConcurrent, "concurrencyPolicy is not Forbid"},
		condition{is(job.BackoffLimit, 0), "backoffLimit is not 0"},
		condition{len(strings.Fields(spec.Schedule)) == 5, "schedule has not five fields"},
		condition{deref(spec.TimeZone) != "" && err == nil, "timeZone is not set, or no time zone"},
		condition{!deref(spec.Suspend), "the CronJob is suspended"},
	)
}

func (m *Manifests) podProblems() []string {
	pod := m.Pod()
	account, known := m.Accounts[pod.ServiceAccountName]
	security, container := pod.SecurityContext, pod.Containers[0]
	if security == nil || container.SecurityContext == nil {
		return []string{"no security context"}
	}
	return collect(
		condition{pod.RestartPolicy == corev1.RestartPolicyNever, "restartPolicy is not Never"},
		condition{known, "no service account " + pod.ServiceAccountName},
		condition{is(pod.AutomountServiceAccountToken, false), "the pod mounts a token"},
		condition{is(account.AutomountServiceAccountToken, false), "the service account mounts a token"},
		condition{is(security.RunAsUser, 65532) && is(security.RunAsGroup, 65532), "the user is not the image's"},
		condition{is(security.FSGroup, 65532), "fsGroup is not the image's group"},
		condition{is(container.SecurityContext.ReadOnlyRootFilesystem, true), "the root is not read-only"},
		condition{!container.Resources.Requests.Memory().IsZero() && !container.Resources.Limits.Memory().IsZero(), "no memory is asked for, or none is the limit"},
		condition{container.Command == nil, "the command is not the image's"},
	)
}

// volumeProblems looks for names that lead nowhere.
func (m *Manifests) volumeProblems() []string {
	pod := m.Pod()
	var found []string
	mounted := map[string]bool{}
	for _, v := range pod.Containers[0].VolumeMounts {
		i := slices.IndexFunc(pod.Volumes, func(o corev1.Volume) bool { return o.Name == v.Name })
		if i < 0 {
			found = append(found, "no volume "+v.Name)
			continue
		}
		mounted[v.Name] = true
		if writable(pod.Volumes[i]) == v.ReadOnly {
			found = append(found, "volume "+v.Name+" is readOnly where it must be written, or not where it must not")
		}
	}
	for _, v := range pod.Volumes {
		known := v.EmptyDir != nil && v.EmptyDir.SizeLimit != nil
		switch {
		case v.ConfigMap != nil:
			_, known = m.Configs[v.ConfigMap.Name]
		case v.Secret != nil:
			_, known = m.Secrets[v.Secret.SecretName]
			known = known && is(v.Secret.DefaultMode, 0o440)
		case v.PersistentVolumeClaim != nil:
			_, known = m.Claims[v.PersistentVolumeClaim.ClaimName]
		}
		if !known {
			found = append(found, "volume "+v.Name+" is of nothing that is there, or not as it should be")
		}
		if !mounted[v.Name] {
			found = append(found, "volume "+v.Name+" is not mounted")
		}
	}
	for _, e := range pod.Containers[0].Env {
		if e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil {
			continue
		}
		ref := e.ValueFrom.SecretKeyRef
		if _, there := m.Secrets[ref.Name].StringData[ref.Key]; !there {
			found = append(found, fmt.Sprintf("env %s is of %s/%s, which is not there", e.Name, ref.Name, ref.Key))
		}
	}
	return found
}

// writable says what a volume is for: state and temporary files are written.
func writable(v corev1.Volume) bool {
	return v.EmptyDir != nil || v.PersistentVolumeClaim != nil && v.Name == "state"
}

// settings reads the configuration that the arguments name, and tells where it is.
func (m *Manifests) settings() (settings, string, error) {
	args := m.Pod().Containers[0].Args
	i := slices.Index(args, "-c")
	if i < 0 || i+1 == len(args) {
		return settings{}, "", fmt.Errorf("the arguments %q name no configuration", args)
	}
	text, there := m.file(args[i+1])
	if !there {
		return settings{}, "", fmt.Errorf("%s is in no ConfigMap that is mounted", args[i+1])
	}
	var c settings
	err := yaml.Unmarshal([]byte(text), &c)
	return c, args[i+1], err
}

// file returns what the pod reads at a path in a ConfigMap or Secret.
func (m *Manifests) file(name string) (text string, there bool) {
	v := m.volumeAt(name)
	switch {
	case v.ConfigMap != nil:
		text, there = m.Configs[v.ConfigMap.Name].Data[path.Base(name)]
	case v.Secret != nil:
		text, there = m.Secrets[v.Secret.SecretName].StringData[path.Base(name)]
	}
	return text, there
}

// volumeAt returns the volume that the directory of a path is; a volume of
// nothing if there is none.
func (m *Manifests) volumeAt(name string) corev1.Volume {
	pod := m.Pod()
	for _, mount := range pod.Containers[0].VolumeMounts {
		for _, v := range pod.Volumes {
			if v.Name == mount.Name && mount.MountPath == path.Dir(name) {
				return v
			}
		}
	}
	return corev1.Volume{}
}

// pathProblems looks whether the configuration's files are where it says.
func (m *Manifests) pathProblems(c settings, where string) []string {
	var found []string
	for _, s := range c.Sources {
		_, there := m.file(s.CSV.Path)
		if !there && m.volumeAt(s.CSV.Path).PersistentVolumeClaim == nil {
			found = append(found, where+": the source is not at "+s.CSV.Path)
		}
	}
	if _, there := m.file(c.Target.Box.Auth.CCG.ClientSecret.File); !there {
		found = append(found, where+": the secret is not at "+c.Target.Box.Auth.CCG.ClientSecret.File)
	}
	return append(found, collect(
		condition{m.volumeAt(c.Run.StateDir+"/x").PersistentVolumeClaim != nil, where + ": run.state_dir is in no claim"},
		condition{m.volumeAt("/tmp/x").EmptyDir != nil, "no /tmp to write to"},
	)...)
}

// timeProblems looks whether each clock leaves time to the one inside it.
func (m *Manifests) timeProblems(c settings) []string {
	timeout, err1 := time.ParseDuration(c.Run.Timeout)
	drain, err2 := time.ParseDuration(c.Run.Drain)
	if err1 != nil || err2 != nil {
		return []string{"run.timeout or run.drain is not set, or no duration"}
	}
	seconds := func(p *int64) time.Duration { return time.Duration(deref(p)) * time.Second }
	grace, deadline := seconds(m.Pod().TerminationGracePeriodSeconds), seconds(m.CronJob.Spec.JobTemplate.Spec.ActiveDeadlineSeconds)
	start := seconds(m.CronJob.Spec.StartingDeadlineSeconds)
	return collect(
		condition{grace >= drain+30*time.Second, "terminationGracePeriodSeconds leaves less than 30 s after run.drain"},
		condition{timeout > 0 && deadline >= timeout+drain+5*time.Minute, "activeDeadlineSeconds leaves less than 5 min beside run.timeout and run.drain"},
		condition{start >= time.Minute && start+deadline+grace < 24*time.Hour, "a night reaches into the next, or may not begin late at all"},
	)
}

func deref[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}
