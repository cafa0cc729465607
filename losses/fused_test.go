package losses_test

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/parallel"
	"softloss/losses"
)

// fusedOptions are criteria that compute a row of many classes by one exponential a class.
func fusedOptions(k int) map[string]losses.Criterion {
	numbers := repeat(k, func(i int) float64 { return math.Sin(float64(i)) })
	positive := repeat(k, func(i int) float64 { return 0.3 + float64(i%3)/4 })
	return map[string]losses.Criterion{
		"temperature": {Temperature: 3},
		"shift":       {LogitShift: numbers, Reduction: losses.None},
		"margins":     {Margins: positive, Temperature: .5},
		"z-loss":      {ZLoss: .01, ClassWeights: positive, Reduction: losses.WeightedMean},
		"smoothed":    {ZLoss: .01, Temperature: .7, Smoothing: losses.Smoothing{Alpha: .1}, ClassWeights: positive},
		"all":         {ZLoss: .01, Temperature: 2, LogitShift: numbers, Margins: positive},
		"confidence":  {Loss: losses.ConfidencePenalty{Beta: .3}, Reduction: losses.None},
		"reverse":     {Loss: losses.ReverseCrossEntropy{A: -4}},
		"symmetric":   {Loss: losses.SymmetricCrossEntropy{Alpha: .1, Beta: 1, A: -6}, ZLoss: .01},
		"normalised":  {Loss: losses.NCE{}, ClassWeights: positive},
		"angle":       {AngularMargin: .4, Temperature: 1. / 16, ZLoss: .01},
	}
}

// fusedBatch is rows of which the kernel declines some.
func fusedBatch(name string, n, k int) batch {
	b := batch{dt: tensor.Float32, n: n, k: k, index: repeatInt(n, func(i int) int { return i * 31 % k })}
	b.z = repeat(n*k, func(i int) float64 { return math.Sin(float64(i * i % 7919)) })
	b.t = repeat(n*k, func(i int) float64 { return float64(1+i*i%13) / 7 / float64(k) })
	b.s = repeat(n, func(i int) float64 { return float64(i % 5) })
	if name == "angle" {
		return b
	}
	for i := 1; i < n; i += 5 {
		b.z[i*k+i*31%k*(i%2)] += 20
	}
	for i := 3; i < n; i += 7 {
		b.z[i*k+i%k] = []float64{-1e4, math.Inf(-1), 1e9}[i%3]
	}
	return b
}

// TestFusedRows: rows of many classes are those of float64 with everything that a kernel of float32
// computes while it reads them, those of a p near 1 and those that it declines, too.
func TestFusedRows(t *testing.T) {
	const n, k = 40, 83
	for name, c := range fusedOptions(k) {
		for _, soft := range []bool{true, false} {
			b := fusedBatch(name, n, k)
			if soft && c.AngularMargin == 0 {
				b.index = nil
			}
			got := b.eval(t, c)
			wide := b
			wide.dt = tensor.Float64
			for _, x := range []*[]float64{&wide.z, &wide.t} {
				*x = round(tensor.Float32, *x)
			}
			want := wide.eval(t, c)
			near(t, name+" loss", got.loss, want.loss, 1e-6, 1e-9)
			near(t, name+" grad", got.grad, want.grad, 1e-6, 4e-8)
		}
	}
}

// TestFusedErrors: it is the first invalid label that is reported.
func TestFusedErrors(t *testing.T) {
	const n, k = 40, 83
	for name, c := range fusedOptions(k) {
		if c.AngularMargin != 0 {
			continue
		}
		b := fusedBatch(name, n, k)
		b.index, b.t[17*k+5], b.t[29*k], b.s = nil, -.5, math.NaN(), nil
		_, err := b.try(t, c)
		require.ErrorIs(t, err, losses.ErrLabel, name)
		require.ErrorContains(t, err, "row 17 column 5", name)
	}
}

// TestFusedParallel: the results are those of one goroutine.
func TestFusedParallel(t *testing.T) {
	defer parallel.AlwaysHelped()()
	const n, k = 200, 700
	for name, c := range fusedOptions(k) {
		b := fusedBatch(name, n, k)
		eval := func(procs int) result {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			return b.eval(t, c)
		}
		require.Equal(t, eval(1), eval(3), name)
	}
}

// TestFusedAllocations: nothing is allocated, also for the rows that the kernel declines.
func TestFusedAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("not under the race detector")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pool of engines
	const n, k = 20, 83
	for name, c := range fusedOptions(k) {
		b := fusedBatch(name, n, k)
		in, out := b.inputs(c), b.outputs(c)
		out.TargetGrad = nil
		allocs := testing.AllocsPerRun(60, func() {
			if err := c.EvalInto(out, in); err != nil {
				t.Fatal(err)
			}
		})
		assert.Zero(t, allocs, name)
	}
}
