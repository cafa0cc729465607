package kernel

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestSigmoidSpecial wants of every kernel what the specification gives for logits that are no
// numbers, infinite or large, at every position of a vector and in the tail.
func TestSigmoidSpecial(t *testing.T) { both(t, sigmoidSpecial[float32], sigmoidSpecial[float64]) }

func sigmoidSpecial[T Float](t *testing.T) {
	inf := math.Inf(1)
	for name, run := range sigmoids[T]() {
		for _, value := range []float64{math.NaN(), math.Copysign(math.NaN(), -1), inf, -inf, 1e30, -1e30, 1e-40, 0,
			math.Copysign(0, -1)} {
			for _, n := range []int{1, 3, 37} {
				for pos := 0; pos < n; pos += 1 + n/20 {
					z, yes, no, scale := elements[T](n, "soft")
					z[pos], yes[pos], no[pos] = T(value), T([]float64{0, 1, .25}[pos%3]), T([]float64{1, 0, .75}[pos%3])
					loss, grad := make([]float64, n), make([]T, n)
					run(loss, grad, z, yes, no, scale)
					restore := forced("specification")
					want, wantGrad := make([]float64, n), make([]T, n)
					run(want, wantGrad, z, yes, no, scale)
					restore()
					for i := range n {
						where := fmt.Sprintf("%s: n=%d z=%v labels %v, %v", name, n, z[i], yes[i], no[i])
						require.True(t, numtest.Close(float64(T(loss[i])), float64(T(want[i])), 2e-6, 1e-37),
							"%s: loss %v, want %v", where, loss[i], want[i])
						require.True(t, numtest.Close(float64(grad[i]), float64(wantGrad[i]), 2e-6, 1e-6),
							"%s: gradient %v, want %v", where, grad[i], wantGrad[i])
					}
					require.Equal(t, math.IsNaN(value) || value == inf, math.IsNaN(loss[pos]), name)
				}
			}
		}
	}
}

// TestSigmoidEveryLength: an element's result does not depend on where it stands, whether a
// gradient is wanted, or on the length; nothing is written behind the results.
func TestSigmoidEveryLength(t *testing.T) {
	both(t, sigmoidEveryLength[float32], sigmoidEveryLength[float64])
}

func sigmoidEveryLength[T Float](t *testing.T) {
	const most = 130
	z, yes, no, scale := elements[T](most, "soft")
	for name, run := range sigmoids[T]() {
		want, wantGrad := make([]float64, most), make([]T, most)
		run(want, wantGrad, z, yes, no, scale)
		for n := range most + 1 {
			lo := (most - n) / 2
			hi := lo + n
			loss, grad := make([]float64, n+1), make([]T, n+1)
			loss[n], grad[n] = 7, 7
			run(loss[:n], grad[:n], z[lo:hi], yes[lo:hi], no[lo:hi], scale[lo:hi])
			require.True(t, sameBits(append(want[lo:hi:hi], 7), loss), "%s n=%d", name, n)
			require.True(t, sameBits(append(wantGrad[lo:hi:hi], 7), grad), "%s n=%d", name, n)
			run(loss[:n], nil, z[lo:hi], yes[lo:hi], no[lo:hi], scale[lo:hi])
			require.True(t, sameBits(append(want[lo:hi:hi], 7), loss), "%s n=%d without gradient", name, n)
		}
	}
}

// TestSigmoidOneFactor: one factor for all is each one's own, and nothing is allocated.
func TestSigmoidOneFactor(t *testing.T) {
	both(t, sigmoidOneFactor[float32], sigmoidOneFactor[float64])
}

func sigmoidOneFactor[T Float](t *testing.T) {
	const n = 50
	z, yes, no, scale := elements[T](n, "soft")
	for i := range scale {
		scale[i] = 0.5
	}
	for name, run := range sigmoids[T]() {
		loss, one, each := make([]float64, n), make([]T, n), make([]T, n)
		run(loss, one, z, yes, no, scale[:1])
		run(loss, each, z, yes, no, scale)
		require.True(t, sameBits(one, each), name)
		if !raceDetector {
			require.Zero(t, testing.AllocsPerRun(10, func() { run(loss, one, z, yes, no, scale) }), name)
		}
	}
}

// TestSigmoidShares: without labels of no they are 1 - yes, and whether all labels are shares.
func TestSigmoidShares(t *testing.T) { both(t, sigmoidShares[float32], sigmoidShares[float64]) }

func sigmoidShares[T Float](t *testing.T) {
	invalid := []T{-0.5, 1.5, T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1))}
	for name, run := range sigmoids[T]() {
		// Symmetric losses of float32 shares have a kernel of their own with AVX-512.
		rounds := Implementation() == "avx512" && elementSize[T]() == 4 &&
			strings.HasPrefix(name, fmt.Sprintf("question {%d ", Symmetric))
		for n := 1; n < 70; n += 1 + n/12 {
			z, yes, no, scale := elements[T](n, "hard")
			for i := range yes { // 1 - yes is exact
				yes[i] = T(i%9) / 8
				no[i] = 1 - yes[i]
			}
			want, wantGrad, loss, grad := make([]float64, n), make([]T, n), make([]float64, n), make([]T, n)
			require.True(t, run(want, wantGrad, z, yes, no, scale), name)
			require.True(t, run(loss, grad, z, yes, nil, scale), name)
			if !rounds {
				require.True(t, sameBits(want, loss) && sameBits(wantGrad, grad), "%s n=%d", name, n)
			} else {
				for i := range loss {
					require.True(t, numtest.Close(loss[i], want[i], 1e-6, 1e-37), "%s n=%d: %v, want %v", name, n, loss[i], want[i])
					require.InDelta(t, wantGrad[i], grad[i], 1e-6, name)
					require.True(t, wantGrad[i] != 0 || yes[i] != 0.5 || grad[i] == 0, "%s n=%d: %v at t = 1/2", name, n, grad[i])
				}
			}
			was := yes[n/2]
			yes[n/2] = T(math.Copysign(0, -1))
			require.True(t, run(loss, grad, z, yes, nil, scale), "%s: a label -0", name)
			yes[n/2] = was
			for i := range scale { // one factor for all, which a loop of its own may take
				scale[i] = 0.3
			}
			run(want, wantGrad, z, yes, nil, scale)
			run(loss, grad, z, yes, nil, scale[:1])
			require.True(t, sameBits(want, loss) && sameBits(wantGrad, grad), "%s n=%d, one factor", name, n)
			for pos := 0; pos < n; pos += 1 + n/9 {
				was := yes[pos]
				yes[pos] = invalid[pos%len(invalid)]
				require.False(t, run(loss, grad, z, yes, nil, scale), "%s n=%d: %v at %d", name, n, yes[pos], pos)
				require.False(t, run(loss, nil, z, yes, nil, scale), "%s n=%d: %v at %d", name, n, yes[pos], pos)
				require.False(t, run(loss, grad, z, yes, nil, scale[:1]), "%s n=%d: %v at %d", name, n, yes[pos], pos)
				yes[pos] = was
			}
		}
	}
}

// TestSigmoidMinusZero: a label -0 is a label 0.
func TestSigmoidMinusZero(t *testing.T) {
	both(t, sigmoidMinusZero[float32], sigmoidMinusZero[float64])
}

func sigmoidMinusZero[T Float](t *testing.T) {
	const n = 33
	z, yes, no, scale := elements[T](n, "hard")
	minus, minusNo := slices.Clone(yes), slices.Clone(no)
	for i := range n {
		if yes[i] == 0 {
			minus[i] = T(math.Copysign(0, -1))
		} else {
			minusNo[i] = T(math.Copysign(0, -1))
		}
	}
	want, loss, wantGrad, grad := make([]float64, n), make([]float64, n), make([]T, n), make([]T, n)
	for name, run := range sigmoids[T]() {
		for _, given := range []bool{true, false} {
			u, minusU := no, minusNo
			if !given {
				u, minusU = nil, nil
			}
			run(want, wantGrad, z, yes, u, scale)
			run(loss, grad, z, minus, minusU, scale)
			for i := range n {
				require.InDelta(t, want[i], loss[i], 0, "%s: loss of z=%v, label %v", name, z[i], minus[i])
				require.True(t, wantGrad[i] == grad[i], "%s: gradient of z=%v, label %v", name, z[i], minus[i])
			}
		}
	}
}

// TestSigmoidBesideSmallLabel: the label 1 - t of a sure no keeps the digits of a small t, whether
// it is given or not, by every loop over elements.
func TestSigmoidBesideSmallLabel(t *testing.T) {
	both(t, sigmoidBesideSmallLabel[float32], sigmoidBesideSmallLabel[float64])
}

func sigmoidBesideSmallLabel[T Float](t *testing.T) {
	var z, yes, no, scale []T
	for label := 0.02; label > 1e-30; label *= 0.37 {
		for _, off := range []float64{-3, -0.5, 0.5, 3} {
			z, yes, scale = append(z, T(math.Log(label)+off)), append(yes, T(label)), append(scale, 1)
			no = append(no, 1-yes[len(yes)-1])
		}
	}
	n, narrow := len(z), elementSize[T]() == 4
	loss, grad := make([]float64, n), make([]T, n)
	for _, scale := range [][]T{scale, scale[:1]} {
		check := func(what string, lo int, want func(q question, y numtest.DD) expected) {
			for i := lo; i < n; i++ {
				v := want(ask(z[i], float64(yes[i]), 0), numtest.Num(float64(yes[i])))
				if narrow {
					v.magnitude = 0
				}
				atMost(t, v.ulps(loss[i], narrow), 6.0, "%s of z=%v, label %v is %v, want %v",
					what, z[i], yes[i], loss[i], v.v.Hi)
			}
		}
		mae := func(q question, y numtest.DD) expected {
			d := q.rest.Sub(y).Abs()
			return expected{v: d.Add(d), magnitude: y.Hi + q.rest.Hi}
		}
		kl := func(q question, y numtest.DD) expected { // of terms that cancel
			far, near := y.Mul(y.Log().Add(q.far)), numtest.Num(1).Sub(y)
			log := near.Log()
			if y.Hi < 1e-9 {
				log = y.Neg().Sub(y.Mul(y).Div(numtest.Num(2)))
			}
			near = near.Mul(log.Add(q.l))
			return expected{v: far.Add(near), magnitude: math.Abs(y.Hi*y.Log().Hi) + 2*math.Abs(log.Hi)}
		}
		require.True(t, SigmoidMAE(loss, grad, z, yes, nil, scale))
		check("mae", 0, mae)
		for i, g := range grad {
			require.Equal(t, z[i] > T(math.Log(float64(yes[i]))), g > 0, "mae: gradient of z=%v, label %v", z[i], yes[i])
		}
		require.True(t, SigmoidKL(loss, grad, z, yes, nil, scale))
		check("kl", 0, kl)
		lo := 0 // of float32 those labels no that are 1 have lost too much to tell whether they sum to 1
		for narrow && lo < n && yes[lo] > 0x1p-52 {
			lo++
		}
		SigmoidMAE(loss, grad, z, yes, no, scale)
		check("mae of given labels", lo, mae)
		SigmoidKL(loss, grad, z, yes, no, scale)
		check("kl of given labels", lo, kl)
		far := make([]T, n)
		for _, q := range []Question{{Kind: Sparsemax}, {Kind: Entmax15}} { // of logits that leave the other class nothing
			for i := range far {
				far[i] = -3
			}
			require.True(t, SigmoidQuestion(q, loss, grad, far, yes, nil, scale))
			for i, g := range grad {
				require.Equal(t, -yes[i], g, "%v: gradient of label %v", q, yes[i])
				far[i] = 3
			}
			SigmoidQuestion(q, loss, grad, far, no, yes, scale)
			for i := lo; i < n; i++ {
				require.Equal(t, yes[i], grad[i], "%v: gradient of given label %v", q, yes[i])
			}
		}
	}
}

// TestSigmoidReverseOfAnyLabel: the logarithms of labels that are as large or as small as float32
// has them, and 0 as the gradient where both are the same.
func TestSigmoidReverseOfAnyLabel(t *testing.T) {
	both(t, sigmoidReverseOfAnyLabel[float32], sigmoidReverseOfAnyLabel[float64])
}

func sigmoidReverseOfAnyLabel[T Float](t *testing.T) {
	a := Question{Kind: Symmetric, B: 1, C: -7}
	var z, yes, no []T
	labels := []float64{0, 1e-44, 1e-38, 0.3, 1, 1.7, 1e38, 2.5e38, 2.6e38, 3.4e38}
	for _, y := range labels {
		for _, u := range labels {
			for _, x := range []float64{-3, 0.5, 60} {
				z, yes, no = append(z, T(x)), append(yes, T(y)), append(no, T(u))
			}
		}
	}
	loss, grad := make([]float64, len(z)), make([]T, len(z))
	require.True(t, SigmoidQuestion(a, loss, grad, z, yes, no, []T{1}))
	for i := range z {
		l, g := ask(z[i], float64(yes[i]), float64(no[i])).of(a, 1)
		atMost(t, l.ulps(loss[i], elementSize[T]() == 4), 4.0, "loss of z=%v (%v, %v)", z[i], yes[i], no[i])
		atMost(t, g.ulps(float64(grad[i]), elementSize[T]() == 4), 4.0, "gradient of z=%v (%v, %v)", z[i],
			yes[i], no[i])
		require.True(t, yes[i] != no[i] || grad[i] == 0, "gradient %v of the labels %v", grad[i], yes[i])
	}
}

// TestSigmoidOfMasses: cross entropy of labels that do not sum to 1, at logits near 0, where most
// roundings meet.
func TestSigmoidOfMasses(t *testing.T) {
	z := []float32{0.022786407, -0.07637064, 0.015145029, -0.0029580328, 0.033644002, -0.008899716, 0.3421685}
	yes := []float32{2.1441097, 0.54481465, 2.239981, 2.8637516, 0.27399573, 0.7947983, 1.7431186}
	no := []float32{0.68801415, 0.855317, 0.6173667, 0.0113431, 0.99566567, 0.56581914, 0.016244657}
	eachImplementation(t, func(t *testing.T) {
		loss, grad := make([]float64, len(z)), make([]float32, len(z))
		SigmoidCrossEntropy(loss, grad, z, yes, no, []float32{1})
		for i := range z {
			l, g := ask(z[i], float64(yes[i]), float64(no[i])).crossEntropy(1)
			atMost(t, l.ulps(loss[i], true), 3.5, "loss of z=%v (%v, %v)", z[i], yes[i], no[i])
			atMost(t, g.ulps(float64(grad[i]), true), 3.5, "gradient of z=%v (%v, %v)", z[i], yes[i], no[i])
		}
	})
}
