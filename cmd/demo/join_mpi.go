//go:build mpi

package main

import (
	"fmt"
	"os"
	"time"

	"softloss/train"
	"softloss/train/mpi"
)

// timeoutVariable says for how long the ranks wait for one that does not come.
const timeoutVariable = "SOFTLOSS_TIMEOUT"

// join returns the group of the processes that mpirun started, and what ends this one: in order, or
// together with all others when something is wrong.
func join() (train.Group, func(status int), error) {
	timeout := mpi.Timeout
	if text := os.Getenv(timeoutVariable); text != "" {
		var err error
		if timeout, err = time.ParseDuration(text); err != nil || timeout <= 0 {
			return nil, nil, fmt.Errorf("%s: got %q, want a time such as 30s or 10m", timeoutVariable, text)
		}
	}
	group, err := mpi.Start(timeout)
	if err != nil {
		return nil, nil, err
	}
	return group, func(status int) {
		if status != exitDone && status != exitInterrupted {
			group.Abort(status)
		}
		if err := group.Finalize(); err != nil {
			fmt.Fprintln(os.Stderr, "demo:", err)
			status = exitFailed
		}
		os.Exit(status)
	}, nil
}
