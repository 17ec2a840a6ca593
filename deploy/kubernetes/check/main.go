package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	var o layoutOptions
	flag.StringVar(&o.manifests, "manifests", "deploy/kubernetes", "the `DIRECTORY` of the manifests")
	flag.StringVar(&o.dir, "dir", "", "the empty `DIRECTORY` to lay the volumes out in")
	flag.Func("replace", "write NEW for OLD in ConfigMaps and Secrets; `OLD=NEW`, as often as needed", o.replace)
	flag.Parse()
	if err := o.run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
}
