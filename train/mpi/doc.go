// Package mpi joins the processes that mpirun starts, on one machine or on many, to a group on
// which train.Fit trains one model:
//
//	group, err := mpi.Start(mpi.Timeout)
//	cfg.Shards, cfg.Group = 8, group
//	model, history, err := train.Fit(ctx, cfg, trainSet, validSet, nil)
//
// It binds a dozen functions of MPI-3 directly and is built only with the tag mpi, by cgo, against
// Open MPI (Debian: libopenmpi-dev, openmpi-bin); without the tag this package is empty.
//
//	go build -tags mpi ./cmd/demo
//	mpirun -np 4 ./demo train -shards 8
//
// # How a job ends
//
// All well: every rank calls [Group.Finalize]. Otherwise the rank that knows why says so and calls
// [Group.Abort], which ends the others. A rank that panics, exits or is killed without either is
// noticed by mpirun, which ends the others too, those that compute within a second or two. So never
// defer Finalize: in a panic it would wait for ranks that wait for this one.
//
// A rank that stalls, on a machine that hangs or a file system that does, ends no process. The
// others wait for it in Max, Sum or Broadcast for so long as Start was told, ask one another who is
// there, and return a [*StalledError] with the ranks that do not answer.
//
// # What it costs
//
// A mini-batch takes two pairs of a maximum and a sum: one of what the losses are divided by, a few
// numbers, and one of loss and gradient, 8 bytes a parameter where a sum of float32 takes 4. The
// file BENCHMARKS.md has times.
package mpi
