package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// layoutOptions says what to lay out, and what a try must have otherwise: the
// address of a server on this machine, and credentials that it takes.
type layoutOptions struct {
	manifests, dir string
	replacements   []string // old, new, old, new
}

func (o *layoutOptions) replace(s string) error {
	from, to, ok := strings.Cut(s, "=")
	if !ok || from == "" {
		return errors.New("want OLD=NEW")
	}
	o.replacements = append(o.replacements, from, to)
	return nil
}

// run makes a directory for each volume and prints the arguments for
// deploy/image/run, one on each line.
func (o *layoutOptions) run(out io.Writer) error {
	files, err := Files(o.manifests)
	if err != nil {
		return err
	}
	text := strings.Join([]string{files["configmap.yaml"], files["secret.yaml"]}, "\n")
	for i := 0; i < len(o.replacements); i += 2 {
		if !strings.Contains(text, o.replacements[i]) {
			return fmt.Errorf("%q is in no ConfigMap or Secret: nothing to replace", o.replacements[i])
		}
	}
	m, err := Decode(files)
	if err != nil {
		return err
	}
	pod := m.Pod()
	container, security := pod.Containers[0], pod.SecurityContext
	args := []string{
		"-u", fmt.Sprintf("%d:%d", *security.RunAsUser, *security.RunAsGroup), "-g", fmt.Sprint(*security.FSGroup),
	}
	for _, e := range container.Env {
		value := e.Value
		if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
			value = m.Secrets[e.ValueFrom.SecretKeyRef.Name].StringData[e.ValueFrom.SecretKeyRef.Key]
		}
		args = append(args, "-e", e.Name+"="+value)
	}
	for _, mount := range container.VolumeMounts {
		for _, v := range pod.Volumes {
			if v.Name != mount.Name {
				continue
			}
			if v.EmptyDir != nil {
				args = append(args, "-t", mount.MountPath)
				continue
			}
			dir, err := o.volume(m, v, int(*security.FSGroup))
			if err != nil {
				return fmt.Errorf("volume %s: %w", v.Name, err)
			}
			mode := "rw"
			if mount.ReadOnly {
				mode = "ro"
			}
			args = append(args, "-v", dir+":"+mount.MountPath+":"+mode)
		}
	}
	args = append(append(args, "--"), container.Args...)
	_, err = fmt.Fprintln(out, strings.Join(args, "\n"))
	return err
}

// volume makes the volume's directory as a kubelet does: of root, and of the
// pod's group, which may write; projected files are links into a directory that
// is exchanged as a whole.
func (o *layoutOptions) volume(m *Manifests, v corev1.Volume, group int) (string, error) {
	dir := filepath.Join(o.dir, v.Name)
	var data map[string]string
	mode := os.FileMode(0o644)
	switch {
	case v.ConfigMap != nil:
		data = m.Configs[v.ConfigMap.Name].Data
	case v.Secret != nil:
		data, mode = m.Secrets[v.Secret.SecretName].StringData, os.FileMode(*v.Secret.DefaultMode)
	case v.PersistentVolumeClaim != nil:
		return dir, owned(dir, group, os.ModeSetgid|0o770, os.Mkdir(dir, 0o700))
	default:
		return "", errors.New("of a kind that is not known here")
	}
	inner := filepath.Join(dir, "..2026_11_23")
	err := errors.Join(owned(dir, group, os.ModeSetgid|0o775, os.Mkdir(dir, 0o700)), owned(inner, group, os.ModeSetgid|0o755, os.Mkdir(inner, 0o700)),
		os.Symlink(filepath.Base(inner), filepath.Join(dir, "..data")))
	replacer := strings.NewReplacer(o.replacements...)
	for name, text := range data {
		file := filepath.Join(inner, name)
		err = errors.Join(err, owned(file, group, mode, os.WriteFile(file, []byte(replacer.Replace(text)), 0o600)),
			os.Symlink("..data/"+name, filepath.Join(dir, name)))
	}
	return dir, err
}

// owned gives root and the group a file that was just made, if it was.
func owned(name string, group int, mode os.FileMode, err error) error {
	if err != nil {
		return err
	}
	return errors.Join(os.Chown(name, 0, group), os.Chmod(name, mode))
}
