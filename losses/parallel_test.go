package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/parallel"
	"softloss/losses"
)

// bigBatch has 8000×37 elements: enough for two goroutines of cross entropy and four of others.
func bigBatch(c losses.Criterion, dt tensor.Dtype) batch {
	r := rand.New(rand.NewPCG(71, 2))
	b := batch{dt: dt, n: 8000, k: 37}
	b.z = round(dt, repeat(b.n*b.k, func(int) float64 { return 4 * r.NormFloat64() }))
	b.t = round(dt, repeat(b.n*b.k, func(int) float64 { return r.Float64() * float64(r.IntN(2)) }))
	b.s = round(dt, repeat(b.n, func(int) float64 { return float64(r.IntN(4)) }))
	b.u = round(dt, repeat(upstreams(c, b.n), func(int) float64 { return r.NormFloat64() }))
	return b
}

func parallelCriteria() []losses.Criterion {
	return []losses.Criterion{
		{},
		{Loss: losses.MAE{}, Reduction: losses.None},
		{Smoothing: losses.Smoothing{Alpha: .1}, Reduction: losses.Sum},
		{Loss: GCE{Q: .7}, Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: .2}},
	}
}

// sameBits fails unless two results are the same to the last bit. It may be called from any
// goroutine.
func sameBits(t *testing.T, what string, got, want result) {
	t.Helper()
	for i, pair := range [][2][]float64{{got.loss, want.loss}, {got.grad, want.grad}, {got.tgrad, want.tgrad}} {
		if !slices.EqualFunc(pair[0], pair[1], func(a, b float64) bool {
			return math.Float64bits(a) == math.Float64bits(b)
		}) {
			t.Errorf("%s: output %d differs", what, i)
		}
	}
}

// TestProcessors: the bits do not depend on GOMAXPROCS.
func TestProcessors(t *testing.T) {
	defer parallel.AlwaysHelped()()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, dt := range floatDtypes {
		for _, c := range parallelCriteria() {
			b := bigBatch(c, dt)
			for _, index := range [][]int{nil, repeatInt(b.n, func(i int) int { return i * 7 % b.k })} {
				b.index = index
				runtime.GOMAXPROCS(1)
				want := b.eval(t, c)
				alone := b.lossAlone(t, c)
				for _, procs := range someProcessors()[1:] {
					runtime.GOMAXPROCS(procs)
					got := b.eval(t, c)
					sameBits(t, fmt.Sprintf("%v with %d processors", c.Key(), procs), got, want)
					sameBits(t, "loss alone", result{loss: b.lossAlone(t, c)}, result{loss: alone})
				}
			}
		}
	}
}

// TestGoroutines: concurrent calls of one criterion give the bits of a single one.
func TestGoroutines(t *testing.T) {
	defer parallel.AlwaysHelped()()
	for _, c := range parallelCriteria() {
		big := bigBatch(c, tensor.Float32)
		small := randomBatch(c, tensor.Float64, 5, 72)
		wantBig, wantSmall := big.eval(t, c), small.eval(t, c)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 2 {
					sameBits(t, "big", big.eval(t, c), wantBig)
					sameBits(t, "small", small.eval(t, c), wantSmall)
				}
			})
		}
		wg.Wait()
	}
}

// someProcessors are numbers of processors on which results and errors are the same.
func someProcessors() []int {
	if testing.Short() {
		return []int{1, 7}
	}
	return []int{1, 2, 3, 7}
}

// TestErrorOfTheLowestRow: whoever finds what first, the error is that of the lowest row, on any
// number of processors.
func TestErrorOfTheLowestRow(t *testing.T) {
	defer parallel.AlwaysHelped()()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range someProcessors() {
		runtime.GOMAXPROCS(procs)
		for _, c := range append(parallelCriteria(), losses.Criterion{FromProbs: true}) {
			b := bigBatch(c, tensor.Float64)
			b.s, b.u = nil, nil
			if c.FromProbs {
				for i := range b.z {
					b.z[i] = .5
				}
			}
			for _, row := range []int{3999, 2001, 1998, 1333, 7} { // higher ones stay
				b.t[row*b.k+row%b.k] = -0.25
				if row != 7 {
					b.t[row*b.k+b.k-1] = nan
				}
				_, err := b.try(t, c)
				var e *losses.Error
				require.ErrorAs(t, err, &e)
				require.ErrorIs(t, err, losses.ErrLabel)
				assert.Equal(t, row, e.Row, "%d processors, %s", procs, c.Key())
				assert.Equal(t, row%b.k, e.Col)
			}
		}
	}
}

// TestErrorsOfTwoKinds: also when two arguments are wrong the error does not depend on the number
// of processors: that of the lower row.
func TestErrorsOfTwoKinds(t *testing.T) {
	defer parallel.AlwaysHelped()()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range someProcessors() {
		runtime.GOMAXPROCS(procs)
		c := losses.Criterion{FromProbs: true}
		b := bigBatch(c, tensor.Float64)
		b.s, b.u = nil, nil
		for i := range b.z {
			b.z[i] = .5
		}
		b.t[3*b.k+1] = -1     // a label in row 3
		b.z[3990*b.k+2] = 1.5 // a probability in row 3990
		_, err := b.try(t, c)
		var e *losses.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, 3, e.Row, "probs and labels, %d processors: %v", procs, err)

		c = losses.Criterion{Loss: panics{at: 8}, Smoothing: losses.Smoothing{Alpha: .1}}
		b = bigBatch(c, tensor.Float64)
		b.s, b.u = nil, nil
		for i := range b.t {
			b.t[i] = 1
		}
		const first = 2000
		for j := range b.k {
			b.t[first*b.k+j] = 8 // the loss panics on row 2000
		}
		b.t[(first+1)*b.k] = -1 // a label in row 2001
		_, err = b.try(t, c)
		require.ErrorAs(t, err, &e)
		assert.Equal(t, first, e.Row, "loss and labels, %d processors: %v", procs, err)
	}
}

// panics is a user's loss that fails on rows whose labels are (smoothed) all at.
type panics struct{ at float64 }

func (p panics) Row(r losses.Row) float64 {
	if r.Target[0] > p.at-.01 {
		panic("boom")
	}
	return 1
}

// TestPanickingLoss: a panic in a user's loss is an error with the row, from any goroutine.
func TestPanickingLoss(t *testing.T) {
	for _, smoothing := range []losses.Smoothing{{}, {Alpha: .1}} {
		c := losses.Criterion{Loss: panics{at: 8}, Smoothing: smoothing}
		b := bigBatch(c, tensor.Float32)
		b.s, b.u = nil, nil
		for _, row := range []int{3999, 2100, 0} {
			for j := range b.k {
				b.t[row*b.k+j] = 8
			}
			_, err := b.try(t, c)
			require.ErrorIs(t, err, losses.ErrLoss)
			var e *losses.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, row, e.Row)
			assert.ErrorContains(t, err, "losses_test.panics panicked: boom")
		}
		small := randomBatch(c, tensor.Float32, 3, 73)
		same(t, "after the panic", small.lossAlone(t, losses.Criterion{Loss: panics{at: 8}, Reduction: losses.Sum}),
			[]float64{sumOf(small.s)})
	}
}

func sumOf(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum
}
