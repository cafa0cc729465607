// Command epoch measures the seconds of a training epoch of softloss and of PyTorch: see run
// beside it.
package main

import (
	_ "embed"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"softloss/losses"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "epoch:", err)
		os.Exit(1)
	}
}

func run() error {
	var (
		name    = flag.String("model", "", "digits or fashion; empty means both, one after the other")
		threads = flag.String("threads", "1 2", "numbers of threads")
		rounds  = flag.Int("rounds", 9, "turns of each contestant, of 25 epochs of digits or one of fashion")
		fashion = flag.String("fashion", "", "folder with the files of Fashion-MNIST; empty means rows made up like it")
		python  = flag.String("python", "", "a Python with torch; empty means without PyTorch")
		ours    = flag.Bool("contestant", false, "be the contestant of softloss, driven by lines on stdin")
		profile = flag.String("profile", "", "with -contestant: file for a CPU profile")
	)
	flag.Parse()
	var to io.Writer
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		to = f
	}
	for _, m := range models(*fashion) {
		var err error
		switch {
		case *name != "" && *name != m.name:
		case *ours:
			err = contest(m, to)
		default:
			err = conduct(m, *fashion, *python, strings.Fields(*threads), *rounds)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

//go:embed pytorch.py
var pytorch string

// pause is between two turns: the threads of OpenMP go on spinning for a while when their work is
// done.
const pause = 300 * time.Millisecond

// conduct measures a model and prints its table. The contestants take turns, with every number of
// threads, so that a slow minute of the machine meets all alike.
func conduct(m model, fashion, python string, threads []string, rounds int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "epoch")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	rows, sizes, err := export(m, folder)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s: %d rows, %s, batch %d, Adam; accuracy on the test rows after %d epochs\n", m.title, rows, sizes,
		m.config.BatchSize, 1+rounds*m.turn)
	fmt.Printf("threads  %-18s  s/epoch  %-18s  × PyTorch  accuracy\n", "", "quartiles")
	all := make([]*process, 2*len(threads)) // softloss and PyTorch of each number, nil for one that is not here
	for i, n := range threads {
		commands := [][]string{
			{"softloss", self, "-model", m.name, "-fashion", fashion, "-contestant"},
			{"PyTorch", python, "-c", pytorch, folder, sizes, strconv.Itoa(m.config.BatchSize),
				fmt.Sprint(m.config.LearnRate), strconv.Itoa(m.turn), n},
		}
		for j, c := range commands {
			if j == 1 && python == "" {
				continue
			}
			if all[2*i+j], err = launch(c[0], n, c[1:]...); err != nil {
				return err
			}
		}
	}
	if err := race(all, rounds); err != nil {
		return err
	}
	for i, p := range all {
		if p != nil {
			fmt.Printf("%7s  %-18s  %-7s  %-18s  %9s  %8.4f\n", threads[i/2], p.name, fmt.Sprintf("%#.3g", p.quantile(0.5)),
				fmt.Sprintf("%#.3g to %#.3g", p.quantile(0.25), p.quantile(0.75)), ratio(p, all[i|1]), p.accuracy)
		}
	}
	return nil
}

// race lets all train in turns, and end.
func race(all []*process, rounds int) error {
	for range rounds {
		for _, p := range all {
			if p == nil {
				continue
			}
			time.Sleep(pause)
			if err := p.turn(); err != nil {
				return err
			}
		}
	}
	for _, p := range all {
		if p == nil {
			continue
		}
		if err := p.end(); err != nil {
			return err
		}
	}
	return nil
}

// ratio says how many times as fast as base p is, by the medians.
func ratio(p, base *process) string {
	if base == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", base.quantile(0.5)/p.quantile(0.5))
}

// export writes a model's data as pytorch.py reads it, and returns the number of its training rows
// and the sizes of its layers.
func export(m model, folder string) (n int, sizes string, err error) {
	rows, test, err := m.load()
	if err != nil {
		return 0, "", err
	}
	smooth, err := losses.SmoothSoftLabels(rows.Labels, alpha)
	if err != nil {
		return 0, "", err
	}
	for name, data := range map[string][]float32{
		"rows.x": rows.Features.Float32s(), "rows.y": smooth.Float32s(),
		"test.x": test.Features.Float32s(), "test.y": test.Labels.Float32s(),
	} {
		b, err := binary.Append(nil, binary.LittleEndian, data)
		if err != nil {
			return 0, "", err
		}
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o666); err != nil {
			return 0, "", err
		}
	}
	return rows.Len(), m.sizes(rows), nil
}
