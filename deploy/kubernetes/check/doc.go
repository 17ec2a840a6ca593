// Command check lays out on this machine what the CronJob's pod finds in a
// cluster: its volumes, with the owners and modes that a kubelet gives them, and
// its arguments, for deploy/image/run. Its tests hold the manifests to the types
// of Kubernetes, to the Pod Security level "restricted", and to each other.
//
// It is a module of its own, so that rollcall does not depend on Kubernetes.
package main
