package kernel

import (
	"math"

	"softloss/internal/numtest"
)

// expected is an exact result and the size of what an ulp of it is measured by: magnitude, or the
// result where that is larger, and never less than floor, the effect of denormal roundings inside.
type expected struct {
	what      string
	v         numtest.DD
	magnitude float64
	floor     float64
	gap       float64 // largest |z - M| of the exponentials in it that count
}

// ulps returns how far got is from the exact value, in units in the last place of T; +Inf for
// a NaN and an infinity in the wrong place.
func (x expected) ulps(got float64, narrow bool) float64 {
	want := x.v.Hi
	limit := math.MaxFloat64
	if narrow {
		limit = math.MaxFloat32
	}
	switch {
	case got == want && math.IsInf(want, 0):
		return 0
	case math.IsNaN(got) || math.IsNaN(want) || math.IsInf(want, 0):
		return math.Inf(1)
	case math.Abs(want) > limit && math.Abs(got) >= limit && got*want > 0:
		return 0
	}
	size := math.Min(math.Max(x.magnitude, math.Abs(want)), limit/2)
	unit := numtest.Ulp(size)
	if narrow {
		unit = numtest.Ulp(float32(size))
	}
	return math.Abs((got-want)-x.v.Lo) / math.Max(unit, x.floor)
}

// rowWant computes what the kernels should give for one row. T says where numbers are denormal.
type rowWant[T Float] struct {
	numtest.Softmax
	k      int
	t, u   []T
	unique bool    // one maximum
	denorm float64 // smallest number of T
	gap    float64 // from the maximum to the next
}

func newRowWant[T Float](z, t, u []T) *rowWant[T] {
	w := &rowWant[T]{Softmax: numtest.NewSoftmax(z), k: len(z), t: t, u: u, unique: true, denorm: numtest.Ulp(T(0)),
		gap: 800}
	for j, v := range z {
		w.unique = w.unique && (j == w.Max || v < z[w.Max])
		if j != w.Max {
			w.gap = math.Min(w.gap, -w.Gap[j].Hi)
		}
	}
	return w
}

// restFloor is how much half an ulp of denormal exponentials, k of them in one direction, can do in
// 4 ulp.
func (w *rowWant[T]) restFloor() float64 { return w.denorm * math.Max(1, float64(w.k)/8) }

// pFloor is the ulp of a denormal p_j.
func (w *rowWant[T]) pFloor(j int) float64 {
	if w.P[j].Hi < 2*Tiny[T]() {
		return w.denorm
	}
	return 0
}

// gapTo is |z_j - M|, or that of the next to the maximum, as far as an exponential is not 0.
func (w *rowWant[T]) gapTo(j int) float64 { return math.Min(math.Max(-w.Gap[j].Hi, w.gap), 800) }

// crossEntropy returns the loss and the gradient for the labels t and the factor f. The magnitude
// of an element of the gradient is max(S p_k, t_k) |f|; at the maximum it is the smaller of that
// and max(Σ_{k≠a} t_k, S q) |f|, so that for a sure one-hot row p_a - 1 is relative to itself.
func (w *rowWant[T]) crossEntropy(t []T, f float64) (loss expected, grad []expected) {
	var mass, others, dot numtest.DD
	for j, v := range t {
		if v == 0 {
			continue
		}
		mass = mass.Add(numtest.Num(float64(v)))
		if j != w.Max {
			others = others.Add(numtest.Num(float64(v)))
			dot = dot.Add(numtest.Num(float64(v)).Mul(w.Gap[j]))
		}
	}
	l := mass.Mul(w.Log).Sub(dot)
	loss = expected{what: "loss", v: l, magnitude: 0, floor: mass.Hi * w.restFloor(), gap: w.gap}
	for j, v := range t {
		g := expected{what: "grad", v: w.P[j].Mul(mass).Sub(numtest.Num(float64(v))),
			magnitude: math.Max(mass.Hi*w.P[j].Hi, float64(v)),
			floor:     mass.Hi * w.pFloor(j),
			gap:       w.gapTo(j)}
		if j == w.Max && w.unique {
			g.what, g.v = "grad at the maximum", others.Sub(mass.Mul(w.Rest))
			g.magnitude = math.Min(g.magnitude, math.Max(others.Hi, mass.Hi*w.Rest.Hi))
			g.floor = mass.Hi * w.restFloor()
		}
		grad = append(grad, g.times(f))
	}
	return loss, grad
}

// kl returns the loss and the gradient, which is cross entropy's. Where terms cancel the loss is
// measured by those, in float64.
func (w *rowWant[T]) kl(t []T, f float64) (loss expected, grad []expected) {
	var sum numtest.DD
	var size float64
	for j, v := range t {
		if v != 0 {
			log, l := numtest.Num(float64(v)).Log(), w.LogP(j)
			sum = sum.Add(numtest.Num(float64(v)).Mul(log.Sub(l)))
			size += float64(v) * (math.Abs(log.Hi) + math.Abs(l.Hi))
		}
	}
	loss, grad = w.crossEntropy(t, f)
	loss.v = sum
	if loss.magnitude = size; Tiny[T]() > 0x1p-200 {
		loss.magnitude /= 1 << 26
	}
	return loss, grad
}

func (x expected) times(f float64) expected {
	return expected{what: x.what, v: x.v.Mul(numtest.Num(f)), magnitude: x.magnitude * math.Abs(f),
		floor: x.floor * math.Abs(f), gap: x.gap}
}

// mae returns the loss and the gradient. The magnitude of an element is 2 p_j |f| where the sign of
// p_j - t_j is not that of the maximum's; the maximum's own and the others are relative to
// themselves.
func (w *rowWant[T]) mae(t []T, f float64) (loss expected, grad []expected) {
	sign := make([]float64, w.k)
	var sum, delta numtest.DD
	for j, v := range t {
		d := w.P[j].Sub(numtest.Num(float64(v)))
		if j == w.Max {
			d = numtest.Num(1).Sub(numtest.Num(float64(v))).Sub(w.Rest)
		}
		sign[j] = float64(numSign(d.Hi))
		sum = sum.Add(d.Abs())
	}
	gap := 800.0 // of the largest term of delta
	for j := range t {
		if sign[j] != sign[w.Max] {
			gap = math.Min(gap, w.gapTo(j))
		}
		delta = delta.Add(w.P[j].Mul(numtest.Num(sign[w.Max] - sign[j])))
	}
	loss = expected{what: "loss", v: sum, magnitude: 0, floor: 2 * w.restFloor(), gap: w.gap}
	for j := range t {
		g := expected{what: "grad", v: w.P[j].Mul(numtest.Num(sign[j] - sign[w.Max]).Add(delta)), magnitude: 0,
			floor: 2 * w.pFloor(j),
			gap:   math.Max(gap, w.gap) + w.gapTo(j)}
		if sign[j] != sign[w.Max] || !w.unique {
			g.magnitude = 2 * w.P[j].Hi
		}
		if j == w.Max {
			g.what, g.floor = "grad at the maximum", 2*w.restFloor()
		}
		grad = append(grad, g.times(f))
	}
	return loss, grad
}

func numSign(x float64) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// vjp returns the gradients of the softmax family: softmax, log-softmax and log-sum-exp, whose
// upstream is up.
func (w *rowWant[T]) vjp(up float64) (soft, log, lse []expected) {
	var dot, sum, others, size numtest.DD
	var othersSize float64
	ua := numtest.Num(float64(w.u[w.Max]))
	for j, v := range w.u {
		uj := numtest.Num(float64(v))
		sum, size = sum.Add(uj), size.Add(uj.Abs())
		if j != w.Max {
			others, othersSize = others.Add(uj), othersSize+math.Abs(float64(v))
			dot = dot.Add(w.P[j].Mul(ua.Sub(uj)))
		}
	}
	var dotSize float64
	for j, v := range w.u {
		if j != w.Max {
			dotSize += w.P[j].Hi * (math.Abs(ua.Hi) + math.Abs(float64(v)))
		}
	}
	for j, v := range w.u {
		uj, p := numtest.Num(float64(v)), w.P[j].Hi
		s := expected{what: "vector", v: w.P[j].Mul(uj.Sub(ua).Add(dot)),
			magnitude: p * math.Max(math.Max(math.Abs(uj.Hi), math.Abs(ua.Hi)), dotSize),
			floor:     w.pFloor(j) * 8, gap: w.gap + w.gapTo(j)}
		l := expected{what: "vector", v: uj.Sub(w.P[j].Mul(sum)), magnitude: math.Max(math.Abs(uj.Hi), p*size.Hi),
			floor: w.pFloor(j) * size.Hi,
			gap:   w.gapTo(j)}
		if j == w.Max {
			s.magnitude, s.floor = p*dotSize, 8*w.restFloor()
			l.v = sum.Mul(w.Rest).Sub(others)
			l.magnitude, l.floor = math.Max(othersSize, size.Hi*w.Rest.Hi), size.Hi*w.restFloor()
		}
		soft, log = append(soft, s), append(log, l)
		lse = append(lse, expected{what: "vector", v: w.P[j].Mul(numtest.Num(up)), magnitude: 0,
			floor: math.Abs(up) * w.pFloor(j), gap: w.gapTo(j)})
	}
	return soft, log, lse
}

// family returns softmax, log-softmax and log-sum-exp, the last measured by the maximum.
func (w *rowWant[T]) family() (soft, log []expected, lse expected) {
	for j := range w.P {
		soft = append(soft, expected{what: "vector", v: w.P[j], magnitude: 0, floor: 0, gap: w.gapTo(j)})
		log = append(log, expected{what: "vector", v: w.LogP(j), magnitude: 0, floor: w.restFloor(), gap: w.gap})
	}
	return soft, log, expected{what: "number", v: w.LogSumExp(), magnitude: math.Abs(w.Top.Hi), floor: 0,
		gap: w.gap}
}

// smooth returns smoothed labels, relative to the larger of keep t, cut/nnz and what is added.
func (w *rowWant[T]) smooth(keep, cut, add, addMass float64) (out []expected) {
	var mass numtest.DD
	nnz := 0
	for _, v := range w.t {
		mass = mass.Add(numtest.Num(float64(v)))
		if v > 0 {
			nnz++
		}
	}
	c := numtest.Num(cut).Div(numtest.Num(math.Max(float64(nnz), 1)))
	a := numtest.Num(addMass).Mul(mass).Add(numtest.Num(add))
	for _, v := range w.t {
		kept := numtest.Num(keep).Mul(numtest.Num(float64(v)))
		x := expected{what: "vector", v: a, magnitude: a.Hi, floor: w.denorm, gap: 0}
		if v != 0 {
			x.magnitude = math.Max(a.Hi, math.Max(kept.Hi, c.Hi))
		}
		if d := kept.Sub(c); d.Hi > 0 {
			x.v = d.Add(a)
		}
		out = append(out, x)
	}
	return out
}
