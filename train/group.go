package train

import (
	"context"
	"errors"
	"fmt"
)

// Group is the processes, one a rank, that train one model together. [Config].Group says how a run
// uses it; package train/mpi has one of MPI.
//
// Max, Sum and Broadcast are called by all ranks in the same order with slices of the same length
// and return when all have called. Once one of them has failed, all fail, on every rank that
// still waits too; an error says which rank is to blame, where that is known.
type Group interface {
	Rank() int // of this process, from 0
	Size() int // how many ranks there are

	Max(x []float64) error    // sets x_i to the largest x_i of all ranks; there are no NaNs
	Sum(x []int64) error      // sets x_i to the sum of the x_i of all ranks
	Broadcast(b []byte) error // sets b to that of rank 0
}

// RankError says that a run ended because another rank of its [Group] ended it.
type RankError struct {
	Rank    int  // one that did
	Stopped bool // because its context ended; otherwise by an error, which that rank has
}

// Error returns one line, such as
//
//	train: rank 2 failed
func (e *RankError) Error() string { return "train: " + e.Plain() }

// Plain returns the line without the name of the package in front.
func (e *RankError) Plain() string {
	if e.Stopped {
		return fmt.Sprintf("rank %d was stopped", e.Rank)
	}
	return fmt.Sprintf("rank %d failed", e.Rank)
}

// agree returns err, or on a rank without one a *RankError if another rank has one: all ranks go on
// or none does.
func agree(g Group, err error) error { return agreeOn(g, err, make([]float64, 1)) }

// agreeOn is agree and sets tops, the first one aside, to the largest of all ranks if all go on.
func agreeOn(g Group, err error, tops []float64) error {
	if g == nil {
		return err
	}
	tops[0] = vote(g, err)
	switch failed := g.Max(tops); {
	case err != nil:
		return err
	case failed != nil:
		return wrap(failed, "")
	}
	return verdict(g, tops[0])
}

// vote is what a rank tells the others of its error: the largest vote counts, and 0 is none.
func vote(g Group, err error) float64 {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return float64(1 + g.Rank())
	}
	return float64(1 + g.Rank() + g.Size())
}

// verdict returns the error of the rank with that largest vote; nil without one.
func verdict(g Group, largest float64) error {
	if largest == 0 {
		return nil
	}
	at := int(largest) - 1
	return &RankError{Rank: at % g.Size(), Stopped: at < g.Size()}
}
