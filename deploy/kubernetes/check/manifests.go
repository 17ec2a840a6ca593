package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	strictjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Manifests is what a kustomization applies, by kind and name.
type Manifests struct {
	CronJob  batchv1.CronJob
	Configs  map[string]corev1.ConfigMap
	Secrets  map[string]corev1.Secret
	Claims   map[string]corev1.PersistentVolumeClaim
	Accounts map[string]corev1.ServiceAccount
}

// kustomization is the part of such a file that ours use.
type kustomization struct {
	metav1.TypeMeta `json:",inline"`

	Resources []string `json:"resources"`
}

// Files reads the manifests that the kustomization in dir names, and the
// kustomization itself.
func Files(dir string) (map[string]string, error) {
	files := make(map[string]string)
	read := func(name string) error {
		text, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = string(text)
		return err
	}
	if err := read("kustomization.yaml"); err != nil {
		return nil, err
	}
	var k kustomization
	if err := decode("kustomization.yaml", files["kustomization.yaml"], &k); err != nil {
		return nil, err
	}
	for _, name := range k.Resources {
		if err := read(name); err != nil {
			return nil, err
		}
	}
	delete(files, "kustomization.yaml")
	return files, nil
}

// Decode reads manifests, one in each file, into the types of Kubernetes. Keys
// that these do not have, in that very spelling, or that stand twice are errors,
// as they are for a server with strict validation.
func Decode(files map[string]string) (*Manifests, error) {
	m := &Manifests{
		Configs: map[string]corev1.ConfigMap{}, Secrets: map[string]corev1.Secret{},
		Claims: map[string]corev1.PersistentVolumeClaim{}, Accounts: map[string]corev1.ServiceAccount{},
	}
	jobs := 0
	var all []error
	for name, text := range files {
		var head metav1.TypeMeta
		if err := yaml.Unmarshal([]byte(text), &head); err != nil {
			all = append(all, fmt.Errorf("%s: %w", name, err))
			continue
		}
		var err error
		switch head.APIVersion + " " + head.Kind {
		case "batch/v1 CronJob":
			jobs++
			err = decode(name, text, &m.CronJob)
		case "v1 ConfigMap":
			err = keep(name, text, m.Configs)
		case "v1 Secret":
			err = keep(name, text, m.Secrets)
		case "v1 PersistentVolumeClaim":
			err = keep(name, text, m.Claims)
		case "v1 ServiceAccount":
			err = keep(name, text, m.Accounts)
		default:
			err = fmt.Errorf("%s: a %s of %q is not expected", name, head.Kind, head.APIVersion)
		}
		all = append(all, err)
	}
	if jobs != 1 {
		all = append(all, fmt.Errorf("%d CronJobs, and not one", jobs))
	}
	return m, errors.Join(all...)
}

// keep decodes an object and puts it under its name.
func keep[T any, P interface {
	*T
	metav1.Object
}](file, text string, objects map[string]T,
) error {
	var object T
	if err := decode(file, text, &object); err != nil {
		return err
	}
	name := P(&object).GetName()
	if _, twice := objects[name]; twice {
		return fmt.Errorf("%s: there are two of the name %q", file, name)
	}
	objects[name] = object
	return nil
}

// decode reads one document.
func decode(file, text string, into any) error {
	if bytes.Contains([]byte(text), []byte("\n---")) {
		return fmt.Errorf("%s: holds more than one document", file)
	}
	data, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	wrong, err := strictjson.UnmarshalStrict(data, into)
	if err = errors.Join(append(wrong, err)...); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
