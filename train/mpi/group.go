//go:build mpi

package mpi

// #cgo pkg-config: ompi
// #include "collective.h"
import "C"

import (
	"fmt"
	"sync"
	"time"
	"unsafe"

	"softloss/train"
)

// Timeout is how long a rank may well be busy before the others meet it again: longer than the
// validation and the checkpoint of an epoch take, and than the slowest rank needs to read its data.
const Timeout = 5 * time.Minute

// Group is all ranks of a job.
type Group struct {
	joint   *C.joint
	timeout time.Duration

	mu      sync.Mutex // one operation at a time
	err     error      // the first; there is nothing after it
	abandon any        // what an operation that was given up may still write to
}

var _ train.Group = (*Group)(nil)

// Start joins the job that this process is a rank of; a process that mpirun has not started is a
// job of its own. It is called once. No operation waits for another rank for longer than timeout,
// and a little to find out which. Errors: a timeout that is not above 0, and [*Error].
func Start(timeout time.Duration) (*Group, error) {
	if timeout <= 0 {
		return nil, fmt.Errorf("mpi: timeout: got %v, want more than 0", timeout)
	}
	g := &Group{joint: new(C.joint), timeout: timeout}
	if code := C.joint_start(g.joint); code != C.MPI_SUCCESS {
		return nil, &Error{int(code), "MPI_Init_thread"}
	}
	return g, nil
}

// Rank implements train.Group.
func (g *Group) Rank() int { return int(g.joint.rank) }

// Size implements train.Group.
func (g *Group) Size() int { return int(g.joint.size) }

// Max implements train.Group.
func (g *Group) Max(x []float64) error {
	return collect(g, x, func(part []float64, seconds C.double, missing *C.int) C.int {
		return C.joint_max(g.joint, (*C.double)(&part[0]), C.int(len(part)), seconds, missing)
	})
}

// Sum implements train.Group.
func (g *Group) Sum(x []int64) error {
	return collect(g, x, func(part []int64, seconds C.double, missing *C.int) C.int {
		return C.joint_sum(g.joint, (*C.int64_t)(&part[0]), C.int(len(part)), seconds, missing)
	})
}

// Broadcast implements train.Group.
func (g *Group) Broadcast(b []byte) error {
	return collect(g, b, func(part []byte, seconds C.double, missing *C.int) C.int {
		return C.joint_broadcast(g.joint, unsafe.Pointer(&part[0]), C.int(len(part)), seconds, missing)
	})
}

// most is how many numbers go through one operation of MPI, which counts them in an int.
const most = 1 << 28

// collect makes an operation on x, in as many as it takes.
func collect[T any](g *Group, x []T, operate func(part []T, seconds C.double, missing *C.int) C.int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(x) > 0 && g.err == nil {
		part := x[:min(len(x), most)]
		x = x[len(part):]
		missing := make([]C.int, g.Size())
		switch code := operate(part, C.double(g.timeout.Seconds()), &missing[0]); code {
		case C.MPI_SUCCESS:
		case C.JOINT_LATE:
			stalled := &StalledError{Waiting: g.Rank(), Waited: g.timeout}
			for rank, m := range missing {
				if m != 0 {
					stalled.Ranks = append(stalled.Ranks, rank)
				}
			}
			g.err, g.abandon = stalled, part
		default:
			g.err, g.abandon = &Error{int(code), "a collective operation"}, part
		}
	}
	return g.err
}

// Finalize ends the work of MPI in order. It returns when all ranks have called it; the group
// cannot be used any more. Errors: [*Error].
func (g *Group) Finalize() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if code := C.MPI_Finalize(); code != C.MPI_SUCCESS {
		return &Error{int(code), "MPI_Finalize"}
	}
	return nil
}

// Abort ends this process and those of all other ranks at once; status, not 0, is that of mpirun.
func (g *Group) Abort(status int) { C.joint_abort(C.int(status)) }
