package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"time"

	"softloss/train"
)

// contest is a contestant, pytorch.py is another: it trains an epoch to get warm and prints
// "ready"; for every line on stdin it trains a turn and prints the seconds of each epoch in it;
// when stdin ends it prints its accuracy on the test rows. profile, which may be nil, gets a CPU
// profile of all but the first epoch.
func contest(m model, profile io.Writer) error {
	rows, test, err := m.load()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	in := bufio.NewScanner(os.Stdin)
	var start time.Time
	m.config.Epochs = 1 << 30
	trained, _, err := train.Fit(ctx, m.config, rows, nil, func(p train.Progress) {
		if p.Done == nil {
			return
		}
		text, last := fmt.Sprint(time.Since(start).Seconds(), " "), (p.Epoch-1)%m.turn == 0
		if p.Epoch == 1 {
			text = "ready"
			if profile != nil {
				defer pprof.StartCPUProfile(profile)
			}
		}
		if fmt.Print(text); last {
			if fmt.Println(); !in.Scan() {
				stop()
			}
		}
		start = time.Now()
	})
	pprof.StopCPUProfile()
	if trained == nil {
		return err
	}
	metrics, err := trained.Evaluate(test, m.config.Criterion)
	fmt.Println(metrics.Accuracy)
	return err
}
