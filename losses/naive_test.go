package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"softloss/internal/numtest"
	"softloss/losses"
)

// naive is a criterion as the definitions write it, row by row, with 320-bit softmaxes.
func naive(c losses.Criterion, b batch) (loss, grad []float64) {
	kept := 0.0
	for i := range b.n {
		lo, hi := i*b.k, (i+1)*b.k
		s, u := 1.0, 1.0
		if b.s != nil {
			s = b.s[i]
		}
		if b.u != nil {
			u = perRow(b.u, b.n)[i]
		}
		if s == 0 {
			loss = append(loss, 0)
			grad = append(grad, make([]float64, b.k)...)
			continue
		}
		kept++
		var t []float64
		if b.index != nil {
			t = oneHot(b.k, b.index[i])
		} else {
			t = b.t[lo:hi]
		}
		t = smoothRow(c.Smoothing, t)
		x := numtest.NewExact(b.z[lo:hi])
		l, g := x.CrossEntropy(t)
		if c.Loss == (losses.MAE{}) {
			l, g = x.MAE(t)
		}
		loss = append(loss, s*l)
		grad = append(grad, scaled(s*u, g)...)
	}
	switch c.Reduction {
	case losses.Sum:
		loss = []float64{sumOf(loss)}
	case losses.Mean:
		kept = math.Max(kept, 1)
		loss, grad = []float64{sumOf(loss) / kept}, scaled(1/kept, grad)
	}
	return loss, grad
}

// TestRandomCriteria draws criteria and batches of any kind and holds them against naive.
func TestRandomCriteria(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dt := rapid.SampledFrom(floatDtypes).Draw(r, "dtype")
		n, k := rapid.IntRange(1, 6).Draw(r, "n"), rapid.IntRange(1, 9).Draw(r, "k")
		scale := rapid.SampledFrom([]float64{0, 1, 5, 40}).Draw(r, "scale")
		floats := func(name string, n int, lo, hi float64) []float64 {
			return round(dt, rapid.SliceOfN(rapid.Float64Range(lo, hi), n, n).Draw(r, name))
		}
		b := batch{dt: dt, n: n, k: k, z: floats("logits", n*k, -scale, scale)}
		b.t = floats("labels", n*k, -.5, 1)
		for i, v := range b.t {
			b.t[i] = math.Max(v, 0)
		}
		if rapid.Bool().Draw(r, "index") {
			b.index = rapid.SliceOfN(rapid.IntRange(0, k-1), n, n).Draw(r, "classes")
		}
		c := losses.Criterion{
			Loss:      rapid.SampledFrom([]losses.Loss{losses.CrossEntropy{}, losses.MAE{}}).Draw(r, "loss"),
			Reduction: rapid.SampledFrom(reductions).Draw(r, "reduction"),
		}
		c.Smoothing.Rule = losses.SmoothingRule(rapid.IntRange(0, 2).Draw(r, "rule"))
		c.Smoothing.Alpha = rapid.SampledFrom([]float64{0, 0, .125, .5, 1}).Draw(r, "alpha")
		if rapid.Bool().Draw(r, "weights") {
			b.s = floats("sample weights", n, -1, 2)
			for i, v := range b.s {
				b.s[i] = math.Max(v, 0)
			}
		}
		if rapid.Bool().Draw(r, "upstream") {
			b.u = floats("upstream", upstreams(c, n), -2, 2)
		}
		got := b.eval(r, c)
		loss, grad := naive(c, b)
		near(r, "loss", got.loss, loss, 8*epsilon(dt), 8*float64(k)*epsilon(dt))
		if c.Loss == (losses.MAE{}) && nearKink(c, b) {
			return // a difference within rounding of 0 may have either sign
		}
		near(r, "grad", got.grad, grad, 32*epsilon(dt), 8*float64(k)*epsilon(dt))
	})
}

// nearKink reports whether some p_k is within rounding of its target.
func nearKink(c losses.Criterion, b batch) bool {
	p, err := losses.Softmax(dense(tensor.Float64, b.z, b.n, b.k))
	if err != nil {
		return true
	}
	t := b.t
	if b.index != nil {
		t = oneHot(b.k, b.index...)
	}
	for i, v := range smoothAll(c.Smoothing, t, b.k) {
		if math.Abs(values(p)[i]-v) < 8*epsilon(b.dt)*math.Max(v, 1e-3) {
			return true
		}
	}
	return false
}

// TestNaive makes sure that the oracle above is not just what it tests.
func TestNaive(t *testing.T) {
	b := batch{dt: tensor.Float64, n: 3, k: 5, z: notebookLogits, index: []int{0, 1, 3}}
	loss, grad := naive(losses.Criterion{}, b)
	near(t, "loss", loss, []float64{0.861004492990527}, 1e-15, 0)
	near(t, "grad", grad[:5], scaled(1./3, []float64{-0.0754254948832449, 0.00622973401218237, 0.04603185409743185,
		0.00622973401218237, 0.016934172761448596}), 1e-14, 0)
	require.Len(t, grad, 15)
}
