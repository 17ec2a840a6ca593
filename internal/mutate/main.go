// Command mutate breaks a package in every way it knows, one at a time, and asks
// the package's tests whether they notice. What they do not notice is a survivor:
// it has to be explained in testdata, or met by a new test.
//
//	go run ./internal/mutate [-only REGEXP] [-sample N] [-list] PACKAGE
//
// All mutants are compiled into one test binary, each behind a switch that the
// environment sets, so that one costs a run of the tests and no build. The tree is
// not touched: the compiler is given the changed files as an overlay.
//
//	rewrite.go   what is changed: which mutants a file has
//	switch.go    the switches that the changed files call
//	run.go       builds the binary and runs it once for each mutant
//	survivors.go compares what lives with what testdata explains
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	dir    string
	only   *regexp.Regexp // of the mutants' names
	sample int            // 0: all
	list   bool
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	only := flags.String("only", "", "try the mutants whose names match the `REGEXP`")
	flags.IntVar(&o.sample, "sample", 0, "try `N` of them, spread evenly")
	flags.BoolVar(&o.list, "list", false, "name the mutants, and try none")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() != 1 {
		return o, errors.New("name one package by its directory, such as ./plan")
	}
	o.dir = flags.Arg(0)
	o.only, err = regexp.Compile(*only)
	return o, err
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	mutated, err := rewritePackage(o.dir)
	if err != nil {
		return err
	}
	explained, err := readSurvivors(o.dir)
	if err != nil {
		return err
	}
	chosen := choose(mutated.mutants, o)
	if o.list {
		for _, m := range chosen {
			fmt.Fprintln(out, m.name)
		}
		return stale(explained, mutated.mutants)
	}
	lives, err := try(ctx, mutated, chosen, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d mutants, %d noticed, %d alive\n", len(chosen), len(chosen)-len(lives), len(lives))
	return errors.Join(stale(explained, mutated.mutants), judge(explained, chosen, lives))
}

// choose returns the mutants that the options ask for.
func choose(all []mutant, o options) []mutant {
	var chosen []mutant
	for _, m := range all {
		if o.only.MatchString(m.name) {
			chosen = append(chosen, m)
		}
	}
	if o.sample <= 0 || o.sample >= len(chosen) {
		return chosen
	}
	spread := make([]mutant, o.sample)
	for i := range spread {
		spread[i] = chosen[i*len(chosen)/o.sample]
	}
	return spread
}
