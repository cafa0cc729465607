package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// temperedQuestions are bi-tempered losses with and without kernels.
var temperedQuestions = func() (all []Question) {
	for _, t := range [][2]float64{{.8, 1.2}, {.5, 1.5}, {.9, 1.1}, {0, 1.3}, {0, 1.4}, {.5, 1.05}, {.9, 1.5}, {.3, 2},
		{.7, 2.6}, {.2, 4}, {.8, 7}, {1, 1.3}, {.8, 1}, {1, 1}, {.8, 1 + 0x1p-10}, {1 - 0x1p-10, 1.2},
		{1 - 0x1p-30, 1.2}, {.8, 1 + 0x1p-30}} {
		all = append(all, Question{Kind: BiTempered, A: t[0], B: t[1]})
	}
	return all
}()

// tempered is the question of the logits (w, 0) of which the softmax is the tempered one.
func (q question) tempered(t2 float64) question {
	c, one := numtest.Num(t2).Sub(numtest.Num(1)), numtest.Num(1)
	w := numtest.Num(spec.TemperedLogit(q.size, t2-1))
	if c.Hi != 0 && w.Hi != 0 && q.size < 1e30 {
		// A step more, of Newton's method: w = log1p(y)/c, y = c size exp(-c L).
		e := w.Neg().Exp()
		y := c.Mul(numtest.Num(q.size)).Mul(e.Log1p().Mul(c).Neg().Exp())
		share, rest := e.Div(one.Add(e)), y.Div(one.Add(y))
		w = w.Add(y.Log1p().Div(c).Sub(w).Div(one.Sub(share.Mul(rest))))
	}
	e := w.Neg().Exp()
	q.l, q.p = e.Log1p(), one.Div(e.Add(one))
	q.far, q.rest = q.l.Add(w), e.Mul(q.p)
	return q
}

// bitempered is the loss by its definition, the terms of which cancel.
func (q question) bitempered(t1, t2, scale float64) (loss, grad expected) {
	q = q.tempered(t2)
	e, one := numtest.Num(1).Sub(numtest.Num(t1)), numtest.Num(1)
	power := func(l, x numtest.DD) numtest.DD { return l.Mul(x).Neg().Exp() }
	c := numtest.Num(t2).Sub(one)
	loss = expected{what: "loss", floor: q.floor() * (1 + q.likely)}
	var v, sizes [2]numtest.DD // of the derivatives, and of what cancels in them
	for i, x := range []struct {
		l, p numtest.DD
		t    float64
	}{{q.l, q.p, q.likely}, {q.far, q.rest, q.other}} {
		t := numtest.Num(x.t)
		d, size := x.p.Sub(t), max(x.p.Hi, x.t)
		if i == 0 {
			d, size = one.Sub(t).Sub(q.rest), max(math.Abs(1-x.t), q.rest.Hi)
		}
		if q.narrow {
			size = math.Abs(d.Hi)
		}
		v[i], sizes[i] = d.Mul(power(x.l, c.Add(e))), numtest.Num(size).Mul(power(x.l, c.Add(e)))
		terms := []numtest.DD{x.p.Sub(t)}
		if e.Hi != 0 {
			terms = []numtest.DD{power(x.l, e.Add(one)).Div(e.Add(one))}
		}
		if x.t != 0 {
			terms = append(terms, t.Mul(t.Log().Add(x.l)))
			if e.Hi != 0 {
				te := power(t.Log().Neg(), e)
				terms = append(terms[:1], t.Mul(te.Sub(power(x.l, e))).Div(e), t.Mul(te).Div(e.Add(one)).Neg())
			}
		}
		for _, x := range terms {
			loss.v, loss.magnitude = loss.v.Add(x), loss.magnitude+math.Abs(x.Hi)
		}
	}
	if q.narrow {
		loss.magnitude /= 1 << 26
	}
	a, b := power(q.l, c.Add(one)), power(q.far, c.Add(one))
	a, b = b.Div(a.Add(b)), a.Div(a.Add(b))
	return loss, q.gradient(scale, v[0].Mul(a).Sub(v[1].Mul(b)), max(sizes[0].Mul(a).Hi, sizes[1].Mul(b).Hi))
}

// TestTemperedElementsFar: the losses of elements are the specification's where logits are as large
// as numbers get, and beside them.
func TestTemperedElementsFar(t *testing.T) {
	both(t, temperedElementsFar[float32], temperedElementsFar[float64])
}

func temperedElementsFar[T Float](t *testing.T) {
	most := math.MaxFloat64
	if elementSize[T]() == 4 {
		most = math.MaxFloat32
	}
	z := []T{T(most), T(-most), T(most / 1e5), T(-most / 1e5), T(math.Inf(-1)), T(math.Inf(1)), T(math.NaN()), 0, 1, -3, 2}
	n := len(z)
	yes, scale := make([]T, n), []T{1}
	for i := range yes {
		yes[i] = 0.25
	}
	for _, q := range temperedQuestions {
		loss, want, grad, slope := make([]float64, n), make([]float64, n), make([]T, n), make([]T, n)
		require.True(t, SigmoidQuestion(q, loss, grad, z, yes, nil, scale))
		spec.SigmoidQuestion(q, want, slope, z, yes, nil, scale)
		eps := 200 * numtest.Ulp(T(1))
		for i := range z {
			require.True(t, numtest.Close(loss[i], want[i], eps, eps), "%v: loss of %v is %v, want %v", q, z[i], loss[i],
				want[i])
			require.True(t, numtest.Close(float64(grad[i]), float64(slope[i]), eps, 0x1p-149),
				"%v: gradient of %v is %v, want %v", q, z[i], grad[i], slope[i])
		}
	}
}

// TestTemperedElementsNearLabels: labels 1 % from the prediction and nearer, float32, up to the T2
// for which one step is enough, and those for which powers are whole.
func TestTemperedElementsNearLabels(t *testing.T) {
	all := [][2]float64{{0.8, 1.05}, {0.8, 1.2}, {0.8, 1.2999}, {0.8, 1.3}}
	for n := 1.; n < 16; n++ {
		if t1, t2 := 1-1/n, 1+1/n; spec.WholeExponent(t2-1, 1-t1) > 0 {
			all = append(all, [2]float64{t1, t2})
		}
	}
	eachImplementation(t, func(t *testing.T) {
		const n = 400
		for _, x := range all {
			t1, t2 := x[0], x[1]
			z, yes, no, scale := elements[float32](n, "soft")
			for i := range z {
				z[i] = float32(i-n/2) / 32
				p := 1 / (1 + math.Exp(math.Abs(spec.TemperedLogit(float64(z[i]), t2-1))))
				p *= 1 + []float64{0.01, -0.01, 0.001, -0.0003}[i%4]
				yes[i], no[i] = float32(p), float32(1-p)
				if z[i] > 0 {
					yes[i], no[i] = no[i], yes[i]
				}
			}
			loss, grad := make([]float64, n), make([]float32, n)
			SigmoidQuestion(Question{Kind: BiTempered, A: t1, B: t2}, loss, grad, z, yes, no, scale)
			for i := range n {
				l, g := ask(z[i], float64(yes[i]), float64(no[i])).bitempered(t1, t2, float64(scale[i]))
				require.LessOrEqual(t, l.ulps(loss[i], true), 4.0, "%v z=%v: loss %v, want %v", x, z[i], loss[i], l.v.Hi)
				require.LessOrEqual(t, g.ulps(float64(grad[i]), true), 4.0, "%v z=%v: gradient %v, want %v", x, z[i],
					grad[i], g.v.Hi)
			}
		}
	})
}
