//go:build mpi

package mpi

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// These tests are a job: .ci/mpi runs them on 1, 2 and 3 ranks.
//
//	go test -tags mpi -c -o mpi.test ./train/mpi && mpirun -np 3 ./mpi.test

var group *Group

func TestMain(m *testing.M) {
	var err error
	if group, err = Start(20 * time.Second); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if m.Run() != 0 {
		group.Abort(1)
	}
	if err := group.Finalize(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// What the ranks bring, every rank has: for lengths of every size of message.
func TestCollectives(t *testing.T) {
	size, rank := group.Size(), group.Rank()
	for _, n := range []int{0, 1, 2, 1000, 1 << 20} {
		maxima, sums, text := make([]float64, n), make([]int64, n), make([]byte, n)
		for i := range n {
			maxima[i] = -float64((i + rank) % size)
			sums[i] = int64(i)<<32 + int64(rank)
			text[i] = byte(i + rank)
		}
		require.NoError(t, group.Max(maxima))
		require.NoError(t, group.Sum(sums))
		require.NoError(t, group.Broadcast(text))
		for i := range n {
			require.Zero(t, maxima[i])
			require.Equal(t, int64(size)*int64(i)<<32+int64(size*(size-1)/2), sums[i])
			require.Equal(t, byte(i), text[i])
		}
	}
}

// A run on all ranks has the bits of the same run on this process alone.
func TestFit(t *testing.T) {
	set, err := dataset.Digits()
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 2))
	set, err = set.Subset(r.Perm(set.Len())[:500])
	require.NoError(t, err)
	cfg := train.Config{Hidden: []int{32}, Epochs: 3, Shards: 6, Mixup: 0.2, ClipNorm: 1,
		Criterion: losses.SoftLabelCriterion(0.1, losses.Mean)}
	want, wantHistory, err := train.Fit(context.Background(), cfg, set, set, nil)
	require.NoError(t, err)
	cfg.Group = group
	got, history, err := train.Fit(context.Background(), cfg, set, set, nil)
	require.NoError(t, err)
	require.Equal(t, wantHistory, history)
	for i, l := range want.Layers() {
		require.Equal(t, l.Weights.Data(), got.Layers()[i].Weights.Data())
		require.Equal(t, l.Bias.Data(), got.Layers()[i].Bias.Data())
	}
}

// A rank that does not come is named, by all that wait, and the group is at an end: this is the
// last test.
func TestZStalled(t *testing.T) {
	size, last := group.Size(), group.Size()-1
	if size < 3 {
		t.Skip("for two ranks that wait, and one that sleeps")
	}
	group.timeout = time.Second / 10
	if group.Rank() == last {
		time.Sleep(3 * time.Second)
		return
	}
	err := group.Max([]float64{1})
	var stalled *StalledError
	require.ErrorAs(t, err, &stalled)
	require.Equal(t, []int{last}, stalled.Ranks)
	require.Contains(t, err.Error(),
		fmt.Sprintf("mpi: rank %d does not answer: rank %d has waited", last, group.Rank()))
	require.Equal(t, err, group.Sum([]int64{1}))
	require.True(t, slices.Contains(stalled.Ranks, last))
}

// An error of MPI has its text.
func TestError(t *testing.T) {
	require.Contains(t, (&Error{1, "MPI_Send"}).Error(), "mpi: MPI_Send: MPI_ERR_BUFFER")
	_, err := Start(0)
	require.EqualError(t, err, "mpi: timeout: got 0s, want more than 0")
}

// BenchmarkReduce is what a mini-batch sends for so many parameters in four tensors: a maximum of a
// few numbers, a sum of one integer a parameter.
//
//	mpirun -np 2 ./mpi.test -test.run none -test.bench Reduce -test.benchtime 300x
func BenchmarkReduce(b *testing.B) {
	for _, n := range []int{1000, 19_210, 101_770, 1_000_000} {
		b.Run(fmt.Sprintf("parameters=%d", n), func(b *testing.B) {
			tops, sums := make([]float64, 8), make([]int64, n+3)
			b.SetBytes(int64(8 * (len(tops) + len(sums))))
			least := time.Hour
			for range b.N {
				start := time.Now()
				if err := errors.Join(group.Max(tops), group.Sum(sums)); err != nil {
					b.Fatal(err)
				}
				least = min(least, time.Since(start))
			}
			b.ReportMetric(float64(least.Nanoseconds())/1000, "µs-at-best")
		})
	}
}

// BenchmarkEpoch is an epoch of 784-128-10 on 6000 rows, in 2 shards a batch.
//
//	GOMAXPROCS=1 mpirun -np 2 ./mpi.test -test.run none -test.bench Epoch -test.benchtime 10x
func BenchmarkEpoch(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float32, 6000*784), make([]float32, 6000*10)
	for i := range x {
		x[i] = float32(max(r.NormFloat64(), 0))
	}
	for i := range 6000 {
		y[10*i+r.IntN(10)] = 1
	}
	set := &dataset.Dataset{Features: tensor.New(tensor.WithShape(6000, 784), tensor.WithBacking(x)),
		Labels: tensor.New(tensor.WithShape(6000, 10), tensor.WithBacking(y))}
	for _, size := range []int{128, 1024} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			cfg := train.Config{Hidden: []int{128}, Epochs: b.N, BatchSize: size, Shards: 2, Group: group}
			if _, _, err := train.Fit(context.Background(), cfg, set, nil, nil); err != nil {
				b.Fatal(err)
			}
		})
	}
}
