package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestGradsBesideUpstream0: beside an upstream gradient of 0 the gradients by logits and by labels
// that would be NaN are NaN, whatever the loss, and all others are 0, infinite ones too.
func TestGradsBesideUpstream0(t *testing.T) {
	for _, e := range losses.Losses() {
		if !e.Has(losses.SoftmaxLink) {
			continue
		}
		for _, dt := range floatDtypes {
			for _, k := range []int{3, 100} {
				for _, alpha := range []float64{0, 0.1} {
					c := losses.Criterion{Loss: e.Loss, Reduction: losses.None}
					c.Smoothing.Alpha = alpha
					b := batch{dt: dt, n: 3, k: k, z: make([]float64, 3*k),
						t: repeat(3*k, func(int) float64 { return 1 / float64(k) })}
					b.z[0], b.z[k+1] = math.NaN(), math.Inf(-1)
					var grads [2][]float64 // with an upstream gradient of 0 and of 1
					for i := range grads {
						in, out := b.inputs(c), b.outputs(c)
						in.Upstream = dense(dt, repeat(3, func(int) float64 { return float64(i) }), 3)
						require.NoError(t, c.EvalInto(out, in), e.Name)
						grads[i] = append(values(out.Grad), values(out.TargetGrad)...)
					}
					for j, g := range grads[0] {
						if math.IsNaN(grads[1][j]) {
							require.True(t, math.IsNaN(g), "%s %v K=%d alpha %v: element %d: %v", e.Name, dt, k, alpha, j, g)
							continue
						}
						require.Zero(t, g, "%s %v K=%d alpha %v: element %d", e.Name, dt, k, alpha, j)
					}
					require.True(t, math.IsNaN(grads[0][0]), e.Name)
				}
			}
		}
	}
}

// TestLabelGradsAsOfRows: the gradients by the labels are those that a loss's Row gives in float64,
// for rows of any size and kind, as they are and behind smoothing or class weights: to 4 ulp in
// float32, of the largest of the row where what is added up may cancel, and 64 of that in float64.
func TestLabelGradsAsOfRows(t *testing.T) {
	for name, l := range lossFamily {
		t.Run(name, func(t *testing.T) {
			for _, dt := range floatDtypes {
				for _, k := range []int{1, 2, 3, 10, 37, 41, 64, 65, 100, 260, 1000} {
					b := rowsOfKinds(dt, k)
					for option, c := range labelOptions(k) {
						if k > 100 && fewOptions(option) {
							continue
						}
						c.Loss, c.Reduction = l, losses.Sum
						labelGradsAsOfRows(t, fmt.Sprintf("%v K=%d %s", dt, k, option), c, b)
					}
				}
			}
		})
	}
}

// TestLabelGradsOfPreparedLogits is that for cross entropy with options that its kernel prepares
// logits by, of rows that are for that kernel beside such as are not.
func TestLabelGradsOfPreparedLogits(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, k := range []int{1, 2, 3, 10, 41, 83, 300, 1100} {
			b := rowsOfKinds(dt, k)
			b.s = repeat(b.n, func(i int) float64 { return float64(1 + i%3) })
			for behind, c := range labelOptions(k) {
				numbers := repeat(k, func(j int) float64 { return 3 * math.Sin(float64(j)) })
				c.Loss, c.Reduction = losses.CrossEntropy{}, losses.Sum
				for before, prepared := range []losses.Criterion{
					{Temperature: 0.7}, {LogitShift: numbers}, {ZLoss: 0.01}, {Temperature: 3, LogitShift: numbers, ZLoss: 0.02},
				} {
					c.Temperature, c.LogitShift, c.ZLoss = prepared.Temperature, prepared.LogitShift, prepared.ZLoss
					labelGradsAsOfRows(t, fmt.Sprintf("%v K=%d %s %d", dt, k, behind, before), c, b)
				}
			}
		}
	}
}

func labelOptions(k int) map[string]losses.Criterion {
	prior := repeat(k, func(j int) float64 { return float64(2*j+1) / float64(k*k) })
	return map[string]losses.Criterion{
		"plain":    {},
		"prior":    {Smoothing: losses.Smoothing{Alpha: 0.25, Prior: prior}},
		"notebook": {Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: 0.5}},
		"weights":  {ClassWeights: repeat(k, func(j int) float64 { return float64(j%4) / 2 })},
	}
}

// rowsOfKinds are rows of k classes, with labels whose sum is 1.
func rowsOfKinds(dt tensor.Dtype, k int) (b batch) {
	rng := rand.New(rand.NewPCG(uint64(k), 7))
	row := func(size float64, change func(z, t []float64)) {
		z := repeat(k, func(int) float64 { return size * rng.NormFloat64() })
		t := repeat(k, func(int) float64 { return rng.ExpFloat64() })
		if change(z, t); k == 1 {
			t[0] = 1
		}
		sum := 0.0
		for _, x := range t {
			sum += x
		}
		t = scaled(1/sum, t)
		b.z, b.t, b.n = append(b.z, z...), append(b.t, t...), b.n+1
	}
	at := func(j int) int { return (j + k) % k }
	none := func(_, _ []float64) {}
	for _, size := range []float64{0, 1e-3, 1, 3, 30} {
		row(size, none)
	}
	for _, lead := range []float64{3, 6, 12, 20, 60, 300} {
		row(1, func(z, _ []float64) { z[k/2] += lead })
		row(1, func(z, _ []float64) { z[0], z[k-1] = lead, lead }) // two that are as likely
		row(0.5, func(z, _ []float64) { z[0], z[k-1], z[k/2] = lead, lead+0.5, lead+0.25 })
	}
	row(1, func(z, t []float64) { z[0] += 8; clear(t); t[0] = 1 })
	row(1, func(z, t []float64) { z[0] += 8; clear(t); t[k-1] = 1 })
	row(1, func(_, t []float64) { t[0], t[at(1)] = 1e-30, 0x1p-130 })
	row(1, func(z, _ []float64) {
		for j := range z {
			z[j] += 1000
		}
	})
	row(1, func(z, t []float64) { z[at(2)], t[at(2)] = math.Inf(-1), 0 })
	row(1, func(z, t []float64) { z[at(2)], t[at(2)] = -130, 0 }) // of a p that is 0 in float32
	row(1, func(z, _ []float64) { z[at(2)], z[at(5)] = math.Inf(-1), math.Inf(-1) })
	row(1, func(z, _ []float64) { z[at(3)] = nan })
	row(1, func(z, _ []float64) { z[at(3)] = math.Inf(1) })
	row(1, func(_, t []float64) { copy(t, repeat(k, one)) }) // of 1000 classes below the floor of log t
	b.dt, b.k, b.z, b.t = dt, k, round(dt, b.z), round(dt, b.t)
	return b
}

func labelGradsAsOfRows(t *testing.T, what string, c losses.Criterion, b batch) {
	if losesShares(t, c, b) {
		return
	}
	out := b.outputs(c)
	require.NoError(t, c.EvalInto(out, b.inputs(c)), what)
	got := values(out.TargetGrad)
	_, sum := c.Loss.(losses.WeightedSum)
	_, kl := c.Loss.(losses.KL)
	_, tempered := c.Loss.(losses.BiTempered)
	cancels := sum || kl || tempered || c.ClassWeights != nil ||
		c.Smoothing.Alpha != 0 && c.Smoothing.Rule == losses.SmoothPrior
	single, shares := b.dt == tensor.Float32, wantsShares(c.Loss)
	c.Loss, b.dt = byRow{c.Loss}, tensor.Float64
	out = b.outputs(c)
	require.NoError(t, c.EvalInto(out, b.inputs(c)), what)
	for i := range b.n {
		got, want := got[i*b.k:(i+1)*b.k], values(out.TargetGrad)[i*b.k:(i+1)*b.k]
		largest := 0x1p-126 // below, numbers have few digits
		if tempered {       // a difference of such numbers
			largest = 1
		}
		for _, x := range want {
			if !math.IsInf(x, 0) && !math.IsNaN(x) {
				largest = max(largest, math.Abs(x))
			}
		}
		for j, x := range want {
			tolerance := 64 * epsilon(tensor.Float64) * largest
			switch {
			case single && (cancels || shares):
				tolerance = 4 * epsilon(tensor.Float32) * largest
			case shares: // Row has the logarithms of a softmax in the place of the logits
				tolerance = 0x1p-40 * largest
			case single:
				tolerance = 4 * epsilon(tensor.Float32) * max(math.Abs(x), 0x1p-126)
			}
			if shares && math.IsNaN(got[j]) && x == 0 { // a row without a map, of which Row returns early
				continue
			}
			require.True(t, numtest.Close(got[j], x, 0, tolerance), "%s: class %d of row %d: got %v, want %v", what, j, i,
				got[j], x)
		}
	}
}
