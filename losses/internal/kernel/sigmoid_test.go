package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// elements are logits of all sizes with labels of every kind; no is nil for shares.
func elements[T Float](n int, labels string) (z, yes, no, scale []T) {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	for i := range n {
		size := []float64{1, 5, 20, 90, 110, 800, 1e-3, 1e-30}[i%8]
		x := T(size * r.NormFloat64())
		y := T(r.Float64())
		switch labels {
		case "hard":
			y = T(r.IntN(2))
		case "right":
			if y = 0; x > 0 {
				y = 1
			}
		}
		z, yes, no, scale = append(z, x), append(yes, y), append(no, 1-y), append(scale, T(0.1+r.Float64()))
		if labels == "masses" {
			yes[i], no[i] = T(3*r.Float64()), T(r.Float64())
		}
	}
	if labels == "shares" {
		no = nil
	}
	return z, yes, no, scale
}

// sigmoids are the kernels of elements.
func sigmoids[T Float]() map[string]func(loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	m := map[string]func(loss []float64, grad, z, yes, no, scale []T) (ok bool){
		"cross entropy": SigmoidCrossEntropy[T], "mae": SigmoidMAE[T], "kl": SigmoidKL[T], "shifted": widenedCrossEntropy[T]}
	for _, l := range slices.Concat(sigmoidFamilies, extremeFamilies) {
		m[fmt.Sprint(l)] = func(loss []float64, grad, z, yes, no, scale []T) (ok bool) {
			return SigmoidSeparable(l.family, l.a, loss, grad, z, yes, no, scale)
		}
	}
	for _, q := range slices.Concat([]Question{{Kind: Sparsemax}, {Kind: Entmax15}}, questions, temperedQuestions) {
		m[fmt.Sprint("question ", q)] = func(loss []float64, grad, z, yes, no, scale []T) (ok bool) {
			return SigmoidQuestion(q, loss, grad, z, yes, no, scale)
		}
	}
	for _, a := range asymmetrics {
		m[fmt.Sprint(a)] = func(loss []float64, grad, z, yes, no, scale []T) (ok bool) {
			return SigmoidAsymmetric(a, loss, grad, z, yes, no, scale)
		}
	}
	return m
}

// widenedCrossEntropy is the cross entropy of logits that are float64, where there is a kernel.
func widenedCrossEntropy[T Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	if !Shifts[T]() {
		return SigmoidCrossEntropy(loss, grad, z, yes, no, scale)
	}
	Widen(loss, z)
	return SigmoidShifted(loss, grad, yes, no, scale)
}

// asymmetrics have exponents and margins with and without a kernel.
var asymmetrics = func() (all []Asymmetric) {
	for _, p := range [][3]float64{{0, 4, 0.05}, {1, 4, 0.05}, {0, 0, 0}, {1, 4, 0}, {2, 3, 0}, {7, 7, 0.25}, {3, 0, 0.4},
		{5, 1, 1e-3}, {0.5, 2.5, 0}, {0, 2, 0.999}, {4, 6, 0}, {0, 4, 1e-200}, {0.5, 2.5, 0.05}, {2, 9, 0}, {0.5, 2, 0}} {
		all = append(all, Asymmetric{GammaPos: p[0], GammaNeg: p[1], Margin: p[2]})
	}
	return all
}()

var sigmoidFamilies = []separableLoss{{GCE, 0.7}, {GCE, 1}, {GCE, 1e-3}, {GCE, 0.5}, {GCE, 1e-30},
	{Focal, 0}, {Focal, 0.5}, {Focal, 1}, {Focal, 2}, {Focal, 3.5}, {Focal, 9}, {Focal, 40},
	{Poly1, 1.5}, {Poly1, -1}, {Poly1, -0.5},
	{AGCE(1), 2}, {AGCE(0.6), 0.6}, {AGCE(1e-5), 0.5}, {AUL(2), 2}, {AUL(6.3), 1.5}, {AUL(1.01), 3},
	{AGCE(4), 3}, {AUL(4), 3}, {AEL, 2}, {AEL, 0.05}}

// extremeFamilies are large or small: in float64 they magnify what denormal exponentials have lost.
var extremeFamilies = []separableLoss{{AGCE(8), 8}, {AGCE(20), 8}, {AGCE(100), 16},
	{AUL(9), 8}, {AUL(100), 16}, {AEL, 1e20},
	{AEL, 1e35}}

// TestSigmoidAccuracy holds every kernel of elements to 4 ulp of float32, and float64 to as many as
// its exponentials' arguments cost.
func TestSigmoidAccuracy(t *testing.T) { both(t, sigmoidAccuracy[float32], sigmoidAccuracy[float64]) }

func sigmoidAccuracy[T Float](t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 240
	}
	narrow := elementSize[T]() == 4
	for _, labels := range []string{"soft", "hard", "right", "masses", "shares"} {
		z, yes, no, scale := elements[T](n, labels)
		loss, grad := make([]float64, n), make([]T, n)
		check := func(what string, most float64, want func(q question, scale float64) (loss, grad expected)) {
			worst := 0.0
			for i := range n {
				y, u := float64(yes[i]), 1-float64(yes[i])
				if no != nil {
					u = float64(no[i])
				}
				l, g := want(ask(z[i], y, u), float64(scale[i]))
				for _, x := range []struct {
					got  float64
					want expected
				}{{loss[i], l}, {float64(grad[i]), g}} {
					u := x.want.ulps(x.got, narrow)
					worst = max(worst, u)
					atMost(t, u, most, "%s, %s labels: %s of z=%v (%v, %v) is %v, want %v", what, labels,
						x.want.what, z[i], y, u, x.got, x.want.v.Hi)
				}
			}
			t.Logf("%s, %s labels: %.2f ulp", what, labels, worst)
		}
		most := 4.0
		if !narrow {
			most = 6
		}
		require.True(t, SigmoidCrossEntropy(loss, grad, z, yes, no, scale))
		check("cross entropy", most, question.crossEntropy)
		SigmoidMAE(loss, grad, z, yes, no, scale)
		check("mae", most, question.mae)
		SigmoidKL(loss, grad, z, yes, no, scale)
		check("kl", most, question.kl)
		for _, a := range questions {
			SigmoidQuestion(a, loss, grad, z, yes, no, scale)
			check(fmt.Sprint("question ", a), 3*most-8, func(q question, scale float64) (loss, grad expected) {
				return q.of(a, scale)
			})
		}
		for _, a := range temperedQuestions {
			SigmoidQuestion(a, loss, grad, z, yes, no, scale)
			most := 4.0
			if !narrow {
				most = 1000 // exponentials of numbers up to 700, and their powers
			}
			check(fmt.Sprint("question ", a), most, func(q question, scale float64) (loss, grad expected) {
				return q.bitempered(a.A, a.B, scale)
			})
		}
		for _, a := range asymmetrics {
			SigmoidAsymmetric(a, loss, grad, z, yes, no, scale)
			most := 4.0
			if !narrow {
				most = 100 / (1 - a.Margin)
			}
			check(fmt.Sprint(a), most, func(q question, scale float64) (loss, grad expected) {
				return q.asymmetric(a, scale)
			})
		}
		families := sigmoidFamilies
		if narrow {
			families = slices.Concat(families, extremeFamilies)
		}
		for _, l := range families {
			SigmoidSeparable(l.family, l.a, loss, grad, z, yes, no, scale)
			most := 4.0
			if !narrow { // -l - (1-p) of the specification cancels, the argument of a power is rounded
				most = map[Family]float64{Poly1: 100, Focal: 10 + 400*l.a, GCE: 800}[l.family]
				if l.family.Smooth() {
					most = 32
				}
			}
			check(fmt.Sprint(l), most, func(q question, scale float64) (loss, grad expected) {
				return q.separable(l.family, l.a, scale)
			})
		}
	}
}

// TestSigmoidMAENearLabels: labels near the prediction, float32.
func TestSigmoidMAENearLabels(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		const n = 400
		z, yes, no, scale := elements[float32](n, "soft")
		for i := range z {
			z[i] = float32(i-n/2) / 32
			yes[i] = float32(1 / (1 + math.Exp(-float64(z[i]))) * (1 + 0x1p-10*float64(i%3-1)))
			no[i] = 1 - yes[i]
		}
		loss, grad := make([]float64, n), make([]float32, n)
		SigmoidMAE(loss, grad, z, yes, no, scale)
		for i := range n {
			l, g := ask(z[i], float64(yes[i]), float64(no[i])).mae(float64(scale[i]))
			atMost(t, l.ulps(loss[i], true), 4.0, "z=%v: loss %v, want %v", z[i], loss[i], l.v.Hi)
			atMost(t, g.ulps(float64(grad[i]), true), 4.0, "z=%v: gradient", z[i])
		}
	})
}

// TestSigmoidEntmaxNearLabels: labels at distances of 2^-2 to 2^-26 of a probability, and rounded
// ones of it, float32.
func TestSigmoidEntmaxNearLabels(t *testing.T) {
	entmax := Question{Kind: Entmax15}
	z, yes, no := entmaxNearLabels(30000)
	n := len(z)
	wideNo := widened(no)
	for _, x := range []struct {
		no     []float32
		wideNo []float64
	}{{nil, nil}, {no, wideNo}} {
		want, wantGrad := make([]float64, n), make([]float64, n)
		restore := forced("specification")
		require.True(t, SigmoidQuestion(entmax, want, wantGrad, widened(z), widened(yes), x.wideNo, []float64{1}))
		restore()
		eachImplementation(t, func(t *testing.T) {
			loss, grad := make([]float64, n), make([]float32, n)
			require.True(t, SigmoidQuestion(entmax, loss, grad, z, yes, x.no, []float32{1}))
			for i := range n {
				atMost(t, sweptUlps(loss[i], want[i]), 4.0, "z=%v, label %v: loss %v, want %v", z[i], yes[i], loss[i], want[i])
				atMost(t, sweptUlps(float64(grad[i]), wantGrad[i]), 4.0, "z=%v, label %v: gradient", z[i], yes[i])
				var alone [1]float64
				var gradAlone [1]float32
				SigmoidQuestion(entmax, alone[:], gradAlone[:], z[i:i+1], yes[i:i+1], spec.Row(x.no, i, 1), []float32{1})
				require.True(t, alone[0] == loss[i] && gradAlone[0] == grad[i], "z=%v, label %v: alone", z[i], yes[i])
			}
		})
	}
}

// entmaxNearLabels returns up to n elements. It leaves out those of which float64 would show what
// it has lost of p.
func entmaxNearLabels(n int) (z, yes, no []float32) {
	r := rand.New(rand.NewPCG(uint64(n), 11))
	for i := range n {
		x, y := float32(2*r.Float64()), float32(0)
		if i%4 == 0 {
			x = float32(2 - math.Exp2(-22*r.Float64()))
		}
		gap := float64(x) / 2
		root := (1 - gap) * (1 + gap) / (math.Sqrt(2-gap*gap) + gap)
		p, d := root*root, math.Exp2(-2-24*r.Float64())
		switch i % 3 {
		case 0:
			d = 0
		case 1:
			d = -d
		}
		if y = float32(p * (1 + d)); i%5 == 0 { // of the likely class
			x, y = -x, 1-y
		}
		others := []float64{float64(y), 1 - float64(1-y)} // the other class's label, by either
		if x < 0 {
			others = []float64{1 - float64(y), float64(1 - y)}
		}
		if !slices.ContainsFunc(others, func(u float64) bool { return math.Abs(u-p) < 0x1p-26*p }) {
			z, yes, no = append(z, -x), append(yes, y), append(no, 1-y)
		}
	}
	return z, yes, no
}

func widened(x []float32) (wide []float64) {
	for _, v := range x {
		wide = append(wide, float64(v))
	}
	return wide
}

// TestSigmoidKeepsDigits: a sure and right answer costs what it costs.
func TestSigmoidKeepsDigits(t *testing.T) {
	both(t, sigmoidKeepsDigits[float32], sigmoidKeepsDigits[float64])
}

func sigmoidKeepsDigits[T Float](t *testing.T) {
	loss, grad := make([]float64, 2), make([]T, 2)
	SigmoidCrossEntropy(loss, grad, []T{40, -40}, []T{1, 0}, []T{0, 1}, []T{1})
	for i, sign := range []float64{-1, 1} {
		require.InEpsilon(t, 4.248354255291589e-18, loss[i], 1e-6)
		require.InEpsilon(t, sign*4.248354255291589e-18, float64(grad[i]), 1e-6)
	}
}
