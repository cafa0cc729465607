//go:build mpi

package mpi

// #include "collective.h"
import "C"

import (
	"fmt"
	"time"
)

// StalledError says that ranks did not come to an operation in time, nor answered that they wait.
type StalledError struct {
	Ranks   []int // none when all wait, for different operations
	Waiting int   // the rank that says so
	Waited  time.Duration
}

// Error returns one line, such as
//
//	mpi: rank 2 does not answer: rank 0 has waited for it for 5m0s
func (e *StalledError) Error() string {
	switch len(e.Ranks) {
	case 0:
		return fmt.Sprintf("mpi: rank %d has waited for %v, and all other ranks wait, too", e.Waiting, e.Waited)
	case 1:
		return fmt.Sprintf("mpi: rank %d does not answer: rank %d has waited for it for %v", e.Ranks[0], e.Waiting,
			e.Waited)
	}
	return fmt.Sprintf("mpi: ranks %d do not answer: rank %d has waited for them for %v", e.Ranks, e.Waiting, e.Waited)
}

// Error is one of MPI.
type Error struct {
	Code int
	In   string // the function
}

// Error returns one line with the text of MPI.
func (e *Error) Error() string {
	var text [C.MPI_MAX_ERROR_STRING]C.char
	var size C.int
	C.MPI_Error_string(C.int(e.Code), &text[0], &size)
	return fmt.Sprintf("mpi: %s: %s", e.In, C.GoStringN(&text[0], size))
}
