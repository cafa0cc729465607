package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// question is what a loss of elements should give for one, in double-double.
type question struct {
	size             float64
	l, far, p, rest  numtest.DD // -log p of the likely class and of the other, p of both
	likely, other    float64
	positive, narrow bool
}

func ask[T Float](z T, yes, no float64) question {
	q := question{size: math.Abs(float64(z)), likely: no, other: yes, positive: z > 0,
		narrow: elementSize[T]() == 4}
	if q.positive {
		q.likely, q.other = q.other, q.likely
	}
	e := numtest.Num(-min(q.size, 1e4)).Exp()
	q.l, q.p = e.Log1p(), numtest.Num(1).Div(e.Add(numtest.Num(1)))
	q.far, q.rest = q.l.Add(numtest.Num(q.size)), e.Mul(q.p)
	return q
}

// floor is the effect of denormal roundings.
func (q question) floor() float64 {
	if q.narrow {
		return 0x1p-149
	}
	return 0x1p-1074
}

// answer returns loss and gradient of a sum t φ over both classes, with -φ' of each.
func (q question) answer(scale float64, near, nearSlope, far, farSlope numtest.DD) (loss, grad expected) {
	t, u := numtest.Num(q.likely), numtest.Num(q.other)
	loss = expected{what: "loss", floor: q.floor() * (1 + q.likely)}
	if q.likely != 0 {
		loss.v = t.Mul(near)
	}
	if q.other != 0 {
		loss.v = loss.v.Add(u.Mul(far))
	}
	a, b := u.Mul(farSlope).Mul(q.p), t.Mul(nearSlope).Mul(q.rest)
	return loss, q.gradient(scale, a.Sub(b), max(math.Abs(a.Hi), math.Abs(b.Hi)))
}

func (q question) gradient(scale float64, v numtest.DD, magnitude float64) expected {
	if !q.positive {
		v = v.Neg()
	}
	return expected{what: "grad", v: v, magnitude: magnitude, floor: 4 * q.floor() * (1 + q.likely)}.times(scale)
}

func (q question) crossEntropy(scale float64) (loss, grad expected) {
	one := numtest.Num(1)
	return q.answer(scale, q.l, one, q.far, one)
}

func (q question) separable(f Family, a, scale float64) (loss, grad expected) {
	near, nearSlope := phi(f, a, q.l.Neg(), q.rest)
	far, farSlope := phi(f, a, q.far.Neg(), q.p)
	return q.answer(scale, near, nearSlope, far, farSlope)
}

func (q question) mae(scale float64) (loss, grad expected) {
	d := numtest.Num(1).Sub(numtest.Num(q.likely)).Sub(q.rest)
	other := q.rest.Sub(numtest.Num(q.other))
	loss = expected{what: "loss", v: d.Abs().Add(other.Abs())}
	if !q.narrow {
		loss.magnitude = max(math.Abs(1-q.likely), q.rest.Hi, q.other)
	}
	s := numtest.Num(float64(numSign(d.Hi) - numSign(other.Hi)))
	return loss, q.gradient(scale, s.Mul(q.p).Mul(q.rest), 0)
}

// kl allows for the terms of the loss, which cancel in float64.
func (q question) kl(scale float64) (loss, grad expected) {
	loss, grad = q.crossEntropy(scale)
	loss.magnitude = loss.v.Hi
	for _, t := range []float64{q.likely, q.other} {
		if t != 0 {
			x := numtest.Num(t).Mul(numtest.Num(t).Log())
			loss.v, loss.magnitude = loss.v.Add(x), loss.magnitude+math.Abs(x.Hi)
		}
	}
	if q.narrow {
		loss.magnitude /= 1 << 26
	}
	return loss, grad
}

func (q question) asymmetric(a Asymmetric, scale float64) (loss, grad expected) {
	l, m, p, rest, t, u := q.far, q.l, q.rest, q.p, q.other, q.likely // of yes, but m of no
	if q.positive {
		l, m, p, rest, t, u = m, l, rest, p, u, t
	}
	v, h := phi(Focal, a.GammaPos, l.Neg(), rest)
	loss = expected{what: "loss", floor: q.floor() * (1 + q.likely)}
	var slope numtest.DD
	if t != 0 {
		loss.v, slope = v.Mul(numtest.Num(t)), h.Mul(rest).Mul(numtest.Num(t)).Neg()
	}
	magnitude := math.Abs(slope.Hi)
	d, r := p.Sub(numtest.Num(a.Margin)), rest.Add(numtest.Num(a.Margin))
	if a.Margin != 0 {
		m = r.Log().Neg()
	}
	if u != 0 && d.Hi > 0 {
		w, w1 := d.Pow(a.GammaNeg), numtest.Num(0)
		if a.GammaNeg != 0 {
			w1 = d.Pow(a.GammaNeg - 1).Mul(numtest.Num(a.GammaNeg))
		}
		x := w.Mul(p) // r is rest
		if a.Margin != 0 {
			x = w.Div(r).Mul(p).Mul(rest)
		}
		x = x.Add(w1.Mul(m).Mul(p).Mul(rest)).Mul(numtest.Num(u))
		v := w.Mul(m).Mul(numtest.Num(u))
		loss.v, slope = loss.v.Add(v), slope.Add(x)
		loss.magnitude, magnitude = v.Hi, max(magnitude, x.Hi)
		if !q.narrow && a.Margin != 0 { // p less the margin cancels
			magnified := 1 + (1+a.GammaNeg)*p.Hi/d.Hi
			loss.magnitude, magnitude = v.Hi*magnified, max(magnitude, x.Hi*magnified)
		}
	}
	if !q.positive { // which gradient undoes
		slope = slope.Neg()
	}
	return loss, q.gradient(scale, slope, magnitude)
}

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
		"cross entropy": SigmoidCrossEntropy[T], "mae": SigmoidMAE[T], "kl": SigmoidKL[T]}
	for _, l := range sigmoidFamilies {
		m[fmt.Sprint(l)] = func(loss []float64, grad, z, yes, no, scale []T) (ok bool) {
			return SigmoidSeparable(l.family, l.a, loss, grad, z, yes, no, scale)
		}
	}
	for _, a := range asymmetrics {
		m[fmt.Sprint(a)] = func(loss []float64, grad, z, yes, no, scale []T) (ok bool) {
			return SigmoidAsymmetric(a, loss, grad, z, yes, no, scale)
		}
	}
	return m
}

// asymmetrics have exponents and margins with and without a kernel.
var asymmetrics = func() (all []Asymmetric) {
	for _, p := range [][3]float64{{0, 4, 0.05}, {1, 4, 0.05}, {0, 0, 0}, {1, 4, 0}, {2, 3, 0}, {7, 7, 0.25}, {3, 0, 0.4},
		{5, 1, 1e-3}, {0, 2, 0.999}, {4, 6, 0}, {0, 4, 1e-200}, {0.5, 2.5, 0.05}, {2, 9, 0}} {
		all = append(all, Asymmetric{GammaPos: p[0], GammaNeg: p[1], Margin: p[2]})
	}
	return all
}()

var sigmoidFamilies = []separableLoss{{GCE, 0.7}, {GCE, 1}, {GCE, 1e-3}, {Focal, 0}, {Focal, 0.5}, {Focal, 1},
	{Focal, 2}, {Focal, 3.5}, {Focal, 9}, {Focal, 40}, {Poly1, 1.5}, {Poly1, -1}, {Poly1, -0.5},
	{AGCE(1), 2}, {AGCE(0.6), 0.6}, {AGCE(1e-5), 0.5}, {AUL(2), 2}, {AUL(6.3), 1.5}, {AUL(1.01), 3}, {AEL, 2}, {AEL, 0.05}}

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
					require.LessOrEqual(t, u, most, "%s, %s labels: %s of z=%v (%v, %v) is %v, want %v", what, labels,
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
		for _, l := range sigmoidFamilies {
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
	for _, name := range implementations() {
		t.Run(name, func(t *testing.T) {
			force(t, name)
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
				require.LessOrEqual(t, l.ulps(loss[i], true), 4.0, "z=%v: loss %v, want %v", z[i], loss[i], l.v.Hi)
				require.LessOrEqual(t, g.ulps(float64(grad[i]), true), 4.0, "z=%v: gradient", z[i])
			}
		})
	}
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
		for n := 1; n < 70; n += 1 + n/12 {
			z, yes, no, scale := elements[T](n, "hard")
			for i := range yes { // 1 - yes is exact
				yes[i] = T(i%9) / 8
				no[i] = 1 - yes[i]
			}
			want, wantGrad, loss, grad := make([]float64, n), make([]T, n), make([]float64, n), make([]T, n)
			require.True(t, run(want, wantGrad, z, yes, no, scale), name)
			require.True(t, run(loss, grad, z, yes, nil, scale), name)
			require.True(t, sameBits(want, loss) && sameBits(wantGrad, grad), "%s n=%d", name, n)
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

// TestSmoothElements: the labels are the specification's, for every length, and say whether all are
// shares; nothing is written behind them.
func TestSmoothElements(t *testing.T) { both(t, smoothElements[float32], smoothElements[float64]) }

func smoothElements[T Float](t *testing.T) {
	for n := range 70 {
		_, label, _, _ := elements[T](n, "soft")
		w := make([]float64, n)
		for i := range w {
			w[i] = float64(i%7) / 3
		}
		for _, s := range []ElementSmoothing{{Keep: 1}, {Keep: 0.9, Add: 0.05}, {Keep: 0.75, Yes: 0.2, No: 0.05}} {
			for _, w := range [][]float64{nil, w} {
				yes, no := make([]T, n+1), make([]T, n+1)
				yes[n], no[n] = 7, 7
				require.True(t, SmoothElements(yes[:n], no[:n], label, w, s))
				for i, v := range label {
					y, u := float64(v), 1-float64(v)
					if w != nil {
						y *= w[i]
					}
					require.InEpsilon(t, 1+s.Keep*y+s.Add+s.Yes*(y+u), 1+float64(yes[i]), float64(numtest.Ulp(T(1))), "yes")
					require.InEpsilon(t, 1+s.Keep*u+s.Add+s.No*(y+u), 1+float64(no[i]), float64(numtest.Ulp(T(1))), "no")
				}
				require.True(t, yes[n] == 7 && no[n] == 7)
			}
		}
		for pos := range n {
			for _, bad := range []T{-0.5, 1.5, T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1))} {
				was := label[pos]
				label[pos] = bad
				require.False(t, SmoothElements(make([]T, n), make([]T, n), label, nil, ElementSmoothing{Keep: 1}),
					"n=%d: %v at %d", n, bad, pos)
				label[pos] = was
			}
		}
	}
}
