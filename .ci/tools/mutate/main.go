// Command mutate breaks the code on purpose, one place at a time, and prints where no test noticed.
//
//	mutate [-n 25] [-seed 1] [-jobs 1] [-timeout 3m] DIRECTORIES
//
// In each package it takes n places at random: a comparison, a sign, a term, a call or a condition.
// A changed file stands beside the tree, not in it: the go command reads it by -overlay. The
// package's tests run with -short and stop at the first failure. A mutant that does not compile
// does not count; one that does not come to an end in time is found, and printed.
package main

import (
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("mutate: ")
	n := flag.Int("n", 25, "mutants of a package")
	seed := flag.Uint64("seed", 1, "of the choice of places")
	jobs := flag.Int("jobs", 1, "mutants that are tested at once")
	timeout := flag.Duration("timeout", 3*time.Minute, "of the tests of a mutant")
	list := flag.Bool("list", false, "print the places and test nothing")
	flag.Parse()
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(scratch)
	survivors, tested := 0, 0
	for _, dir := range flag.Args() {
		all, err := mutantsOf(dir)
		if err != nil {
			log.Fatal(err)
		}
		r := rand.New(rand.NewPCG(*seed, uint64(len(all))))
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if *list {
			for _, m := range all[:min(*n, len(all))] {
				fmt.Println(m)
			}
			continue
		}
		if unchanged, err := (mutant{file: all[0].file}).test(scratch, *timeout); err != nil || unchanged != alive {
			log.Fatalf("%s: the tests fail on the code as it is (%v)", dir, err)
		}
		found, survived := testMutants(all, *n, *jobs, scratch, *timeout)
		tested += found + survived
		survivors += survived
		fmt.Printf("%s: %d mutants, %d found, %d survived\n", dir, found+survived, found, survived)
	}
	fmt.Printf("%d mutants, %d survived\n", tested, survivors)
}

// testMutants tests the first n mutants that compile, and prints those that survive.
func testMutants(all []mutant, n, jobs int, scratch string, timeout time.Duration) (found, survived int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := 0
	for range jobs {
		wg.Go(func() {
			for {
				mu.Lock()
				if next == len(all) || found+survived >= n {
					mu.Unlock()
					return
				}
				m := all[next]
				next++
				mu.Unlock()
				verdict, err := m.test(scratch, timeout)
				if err != nil {
					log.Fatal(err)
				}
				mu.Lock()
				switch verdict {
				case killed:
					found++
				case hung:
					found++
					fmt.Println("no end in", timeout, m)
				case alive:
					survived++
					fmt.Println("survived:", m)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return found, survived
}
