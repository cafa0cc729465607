// Command oracle prints how far the losses are from exact results, by loss and dtype, on random
// criteria and batches:
//
//	go run ./internal/cmd/oracle -rows 1000000
//
// An error is in units in the last place of the sum of the absolute values of the terms that a
// number is added up from, of float64 with the arguments of its functions: see package oracle.
// Cases beyond what is promised, 4 ulp in float32, are printed when they are found, and end in
// status 1. Interrupted, it prints what it has. -seed prints the case of a seed instead, and its
// largest errors.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"softloss/internal/oracle"
)

func main() {
	log.SetFlags(0)
	rows := flag.Int64("rows", 20000, "compare about this `number` of rows that differ")
	first := flag.Uint64("first", 0, "`seed` of the first case; those that follow have the next ones")
	seed := flag.Int64("seed", -1, "print the case of this `seed`, and its largest errors")
	flag.Usage = usage
	flag.Parse()
	if flag.NArg() > 0 {
		usage()
		os.Exit(2)
	}
	if *seed >= 0 {
		if err := show(uint64(*seed)); err != nil {
			log.Fatal(err)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	table, beyond, err := measure(ctx, *first, *rows)
	if err == nil {
		err = table.Write(os.Stdout)
	}
	if err == nil && beyond > 0 {
		err = fmt.Errorf("cases beyond their limit: %d", beyond)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func usage() {
	fmt.Fprint(flag.CommandLine.Output(), `Oracle evaluates random criteria on random batches, and compares losses and
gradients with the same computed in numbers of hundreds of bits. It prints the
largest errors of each loss and dtype, in units in the last place (ulp) of the
terms that a number is added up from, and the seeds of the cases that had them.
A case beyond its limit is printed when it is found, and makes the status 1.

The instructions that losses use are chosen as in any program:
GODEBUG=cpu.avx512f=off is AVX2 alone, a build with -tags purego plain Go.

`)
	flag.PrintDefaults()
}

// measure compares cases from the seed first on until they have the rows asked for, or ctx is done.
// It returns the largest errors, and how many cases were beyond their limit.
func measure(ctx context.Context, first uint64, rows int64) (table oracle.Table, beyond int, failed error) {
	var next atomic.Uint64
	next.Store(first)
	var mu sync.Mutex // of what follows
	var done int64
	table = oracle.Table{}
	// add takes in a case and reports whether there shall be more.
	add := func(c oracle.Case, loss, grads []oracle.Error, err error) bool {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = cmp.Or(failed, fmt.Errorf("seed %d: %w", c.Seed, err))
		}
		table.Add(c, loss, grads)
		if e := oracle.Largest(append(loss, grads...)); e.Terms > c.Limit() {
			beyond++
			log.Printf("seed %d, %s: %v", c.Seed, oracle.KeyOf(c).Loss, e)
		}
		done += int64(c.Batch.N)
		return done < rows && failed == nil && ctx.Err() == nil
	}
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for more := true; more; {
				c := oracle.Random(next.Add(1) - 1)
				loss, grads, err := oracle.Compare(c)
				more = add(c, loss, grads, err)
			}
		})
	}
	wg.Wait()
	return table, beyond, failed
}

// show prints the case of a seed and its largest errors.
func show(seed uint64) error {
	c := oracle.Random(seed)
	fmt.Printf("%+v\nloss %T\n", c, c.Criterion.Loss)
	loss, grads, err := oracle.Compare(c)
	if err != nil {
		return err
	}
	all := append(loss, grads...)
	slices.SortFunc(all, func(a, b oracle.Error) int { return cmp.Compare(b.Terms, a.Terms) })
	for _, e := range all[:min(5, len(all))] {
		fmt.Println(e)
	}
	return nil
}
