package losses_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// twice are the losses with second derivatives.
var twice = []string{"ce", "gce", "gce .1", "gce Q=1", "focal Gamma=0", "focal .5", "focal 1", "focal", "focal 3.5",
	"poly1 Epsilon=-1", "poly1", "poly 2", "agce", "aul", "ael", "kl", "sparsemax", "entmax15"}

// direction has n rows of k numbers.
func direction(n, k int) []float64 {
	return repeat(n*k, func(i int) float64 { return math.Sin(float64(3*i + 1)) })
}

// along evaluates c on b along v: everything is that of the derivative Σ v·dL/dz.
func (b batch) along(t tester, c losses.Criterion, v []float64) everything {
	out := b.outputs(c)
	out.WeightGrad = dense(b.dt, repeat(b.n, func(int) float64 { return nan }), b.n)
	in := b.inputs(c)
	in.Direction = dense(b.dt, v, b.n, b.k)
	require.NoError(t, c.EvalInto(out, in))
	r := everything{result{loss: values(out.Loss), grad: values(out.Grad)}, values(out.WeightGrad)}
	if out.TargetGrad != nil {
		r.tgrad = values(out.TargetGrad)
	}
	return r
}

// gradAt is the gradient by the logits at z + h v.
func (b batch) gradAt(t tester, c losses.Criterion, v []float64, h float64) []float64 {
	at := b
	at.z = repeat(len(b.z), func(i int) float64 { return b.z[i] + h*v[i] })
	return at.eval(t, c).grad
}

// TestHessianDerivatives holds Hessian-vector products, and the losses, labels' and weights'
// gradients along a direction, against differences of first derivatives, for every option and
// reduction, with saturated rows.
func TestHessianDerivatives(t *testing.T) {
	for _, name := range twice {
		for option, c := range familyOptions {
			if raceEnabled && option != "plain" && option != "everything" {
				continue
			}
			for _, c.Reduction = range familyReductions {
				t.Run(name+"/"+option+"/"+c.Reduction.String(), func(t *testing.T) {
					c.Loss = lossFamily[name]
					require.True(t, c.TwiceDifferentiable())
					b := familyBatch(c, 5, tableK, 71)
					if losesShares(t, c, b) {
						return
					}
					v := direction(b.n, b.k)
					for _, b.index = range [][]int{nil, {0, 2, 4, 1, 3}} {
						secondByDifferences(t, c, b, v)
					}
				})
			}
		}
	}
}

func secondByDifferences(t *testing.T, c losses.Criterion, b batch, v []float64) {
	got := b.along(t, c, v)
	const h = 0x1p-10
	diff := func(f func(h float64) []float64) []float64 {
		a, z, p, q := f(h), f(-h), f(h/2), f(-h/2)
		return repeat(len(a), func(i int) float64 { return (4*(p[i]-q[i])/h - (a[i]-z[i])/(2*h)) / 3 })
	}
	near(t, "Hessian-vector product", got.grad, diff(func(h float64) []float64 { return b.gradAt(t, c, v, h) }), 1e-8,
		1e-9)
	moved := func(h float64) everything {
		at := b
		at.z = repeat(len(b.z), func(i int) float64 { return b.z[i] + h*v[i] })
		return at.all(t, c)
	}
	near(t, "loss along v", got.loss, diff(func(h float64) []float64 { return moved(h).loss }), 1e-8, 1e-9)
	near(t, "sample weights' grad along v", got.sgrad, diff(func(h float64) []float64 { return moved(h).sgrad }),
		1e-8, 1e-9)
	if b.index == nil {
		near(t, "labels' grad along v", got.tgrad, diff(func(h float64) []float64 { return moved(h).tgrad }), 1e-8,
			1e-9)
	}
	b.u = nil
	hv, err := c.HessianVector(dense(b.dt, b.z, b.n, b.k), b.target(), dense(b.dt, v, b.n, b.k))
	require.NoError(t, err)
	b.s = nil
	near(t, "HessianVector", values(hv), b.along(t, c, v).grad, 0, 0)

	// The Hessian is symmetric.
	w := direction(b.n+1, b.k)[b.k:]
	dot := func(x, y []float64) (sum float64) {
		for i := range x {
			sum += x[i] * y[i]
		}
		return sum
	}
	near(t, "⟨w,Hv⟩ and ⟨v,Hw⟩", []float64{dot(w, b.along(t, c, v).grad)},
		[]float64{dot(v, b.along(t, c, w).grad)},
		1e-11, 1e-13)

	b.dt = tensor.Float32
	b.z, v = round(b.dt, b.z), round(b.dt, v)
	single := b.along(t, c, v)
	b.dt = tensor.Float64
	near(t, "float32", single.grad, b.along(t, c, v).grad, 8*epsilon(tensor.Float32), 256*epsilon(tensor.Float32))
}

// TestHessianClosedForm is S p∘(v - ⟨p,v⟩), and the numbers of the definitions: H g and the mixed
// derivative of half of |g|².
func TestHessianClosedForm(t *testing.T) {
	b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{1, 2, 3}, t: []float64{.5, .2, .1}}
	c := losses.Criterion{}
	p, err := losses.Softmax(dense(b.dt, b.z, 1, 3))
	require.NoError(t, err)
	v, mean := []float64{.3, -1.2, 2}, 0.0
	for j, q := range values(p) {
		mean += q * v[j]
	}
	want := repeat(3, func(j int) float64 { return .8 * values(p)[j] * (v[j] - mean) })
	near(t, "S p∘(v - ⟨p,v⟩)", b.along(t, c, v).grad, want, 1e-14, 0)

	g := b.eval(t, c).grad
	twiceG := b.along(t, c, scaled(2, g)) // d|g|² = 2 gᵀ dg
	near(t, "in z", twiceG.grad, []float64{-.097366, -.098740, .196106}, 0, 5.1e-7)
	near(t, "in t", twiceG.tgrad, []float64{1.351850, .504333, -.368487}, 0, 5.1e-7)
	square := func(b batch) float64 { g := b.eval(t, c).grad; return g[0]*g[0] + g[1]*g[1] + g[2]*g[2] }
	near(t, "in z by differences", twiceG.grad,
		numtest.NumGrad(func(z []float64) float64 { b := b; b.z = z; return square(b) }, b.z), 1e-9, 0)
	near(t, "in t by differences", twiceG.tgrad,
		numtest.NumGrad(func(l []float64) float64 { b := b; b.t = l; return square(b) }, b.t), 1e-9, 0)
}

// TestHessianErrors: a loss without second derivatives, probabilities, and a direction of another
// shape or dtype.
func TestHessianErrors(t *testing.T) {
	z, y := dense(tensor.Float64, []float64{1, 2, 3}, 1, 3), indices(tensor.Int, 1)
	for name, loss := range lossFamily {
		c := losses.Criterion{Loss: loss}
		require.Equal(t, slices.Contains(twice, name), c.TwiceDifferentiable(), name)
		_, err := c.HessianVector(z, y, z)
		if slices.Contains(twice, name) {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, losses.ErrLoss, name)
	}
	_, err := losses.Criterion{Loss: byRow{losses.CrossEntropy{}}}.HessianVector(z, y, z)
	require.ErrorIs(t, err, losses.ErrLoss)
	p := dense(tensor.Float64, []float64{.2, .3, .5}, 1, 3)
	_, err = losses.Criterion{FromProbs: true}.HessianVector(p, y, p)
	require.ErrorIs(t, err, losses.ErrLoss)
	for want, v := range map[error]tensor.Tensor{
		losses.ErrShape: dense(tensor.Float64, []float64{1, 2}, 1, 2),
		losses.ErrDtype: dense(tensor.Float32, []float64{1, 2, 3}, 1, 3),
		losses.ErrNil:   nil,
	} {
		_, err = losses.Criterion{}.HessianVector(z, y, v)
		require.ErrorIs(t, err, want)
	}
}

// TestHessianInert: rows that are removed, and rows that are NaN, touch no other.
func TestHessianInert(t *testing.T) {
	for _, name := range twice {
		c := losses.Criterion{Loss: lossFamily[name], Reduction: losses.Sum, ZLoss: .1}
		b := familyBatch(c, 4, tableK, 72)
		v := direction(4, tableK)
		want := b.along(t, c, v)
		b.z = append(slices.Clone(b.z), nan, inf, -inf, 0, 0, nan, 0, 0, 0, 0)
		b.t, v = append(slices.Clone(b.t), scaled(.2, repeat(10, one))...), append(slices.Clone(v), repeat(10, one)...)
		b.s, b.n = append(slices.Clone(b.s), 0, 1), 6
		got := b.along(t, c, v)
		same(t, name, got.grad[:20], want.grad)
		same(t, name+": removed", got.grad[20:25], make([]float64, 5))
		same(t, name+": NaN", got.grad[25:], repeat(5, func(int) float64 { return nan }))
	}
}

// TestHessianOfSureRows: where p is 1 but for 1e-17 the products have all their digits, numbers
// computed with 120.
func TestHessianOfSureRows(t *testing.T) {
	v := []float64{1, 2, -4}
	for _, c := range []struct {
		loss       losses.Loss
		z, t, want []float64
	}{
		{losses.CrossEntropy{}, []float64{40, 0, 0}, []float64{1, 0, 0},
			[]float64{1.69934170211664e-17, 4.24835425529159e-18, -2.12417712764579e-17}},
		{losses.CrossEntropy{}, []float64{40, 0, 1}, []float64{0, 1, 0},
			[]float64{5.34927666097873e-17, 4.24835425529159e-18, -5.77411208650789e-17}},
		{losses.CrossEntropy{}, []float64{40, 0, 1}, []float64{.5, .25, .125},
			[]float64{4.68061707835639e-17, 3.71730997338014e-18, -5.05234807569441e-17}},
		{losses.GCE{Q: .75}, []float64{40, 0, 0}, []float64{1, 0, 0},
			[]float64{1.69934170211664e-17, 4.24835425529159e-18, -2.12417712764579e-17}},
		{losses.GCE{Q: .75}, []float64{40, 0, 1}, []float64{0, 1, 0},
			[]float64{7.01821722663013e-14, -7.01821722663013e-14, -4.59271693025593e-30}},
		{losses.GCE{Q: .75}, []float64{40, 0, 1}, []float64{.5, .25, .125},
			[]float64{-7.52874979586657e-14, -1.75434188894477e-14, 9.28309168481134e-14}},
		{losses.Focal{Gamma: 2}, []float64{40, 0, 0}, []float64{1, 0, 0},
			[]float64{1.10414132261597e-50, -2.76035330653992e-51, -8.28105991961976e-51}},
		{losses.Focal{Gamma: 2}, []float64{40, 0, 1}, []float64{0, 1, 0},
			[]float64{3.76367690011948e-16, -3.18626569146869e-16, -5.77411208650789e-17}},
		{losses.Focal{Gamma: 2}, []float64{40, 0, 1}, []float64{.5, .25, .125},
			[]float64{-4.3332684967277e-16, -7.91255980048058e-17, 5.12452447677575e-16}},
		{losses.Poly1{Epsilon: 1}, []float64{40, 0, 0}, []float64{1, 0, 0},
			[]float64{3.39868340423327e-17, 8.49670851058318e-18, -4.24835425529159e-17}},
		{losses.Poly1{Epsilon: 1}, []float64{40, 0, 1}, []float64{.5, .25, .125},
			[]float64{6.73970025441456e-17, 4.77939853720304e-18, -7.21764010813487e-17}},
	} {
		b := batch{dt: tensor.Float64, n: 1, k: 3, z: c.z, t: c.t}
		got := b.along(t, losses.Criterion{Loss: c.loss}, v).grad
		near(t, fmt.Sprintf("%#v %v %v", c.loss, c.z, c.t), got, c.want, 1e-13, 1e-29)
		if c.t[0] == 1 {
			near(t, fmt.Sprintf("%#v %v %v", c.loss, c.z, c.t), got, c.want, 1e-12, 0)
		}
	}
}

// TestHessianSaturated: where p is 1 to the last bit the Hessian is 0 or tiny, never NaN.
func TestHessianSaturated(t *testing.T) {
	for _, name := range twice {
		c := losses.Criterion{Loss: lossFamily[name]}
		for _, z := range [][]float64{{0, -800, -900}, {0, -1e30, -400}, {0, -inf, -inf}, {1e4, -1e4, 0}} {
			for y := range 3 {
				b := batch{dt: tensor.Float64, n: 1, k: 3, z: z, index: []int{y}}
				if math.IsInf(z[y], -1) {
					continue
				}
				near(t, name, b.along(t, c, []float64{1, 2, -1}).grad, make([]float64, 3), 0, 1e-12)
			}
		}
		b := batch{dt: tensor.Float64, n: 1, k: 1, z: []float64{3}, t: []float64{1}}
		same(t, name+" with one class", b.along(t, c, []float64{2}).grad, []float64{0})
	}
}

// TestHessianWhereSumsCancel: a class far below another has the part of the Hessian's product that
// is left where the rest is 0, p_0 p_2 (a_0 + a_2) with a = v - <p,v>.
func TestHessianWhereSumsCancel(t *testing.T) {
	b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{0, 40, 1}, index: []int{0}}
	got := b.along(t, losses.Criterion{Loss: losses.GCE{Q: 1}}, []float64{1, 2, 3})
	p0, p2 := math.Exp(-40), math.Exp(-39)
	near(t, "products", got.grad, []float64{p0, -p0, -2 * p0 * p2 * (p2 - p0)}, 1e-14, 0)
}

// TestHessianOfElements against differences of the gradient.
func TestHessianOfElements(t *testing.T) {
	z, v, y := []float64{1, -2, .5, 2.5}, []float64{1, 2, -1, .5}, dense(tensor.Float64, []float64{1, .25, 0, .5}, 2, 2)
	for _, name := range twice {
		c := losses.Criterion{Loss: lossFamily[name], Link: losses.SigmoidLink, PosWeight: []float64{2, .5},
			Temperature: 1.5, Smoothing: losses.Smoothing{Alpha: .1}}
		h, err := c.HessianVector(dense(tensor.Float64, z, 2, 2), y, dense(tensor.Float64, v, 2, 2))
		require.NoError(t, err)
		grad := func(step float64) []float64 {
			_, g, err := c.EvalGrad(dense(tensor.Float64, repeat(4, func(i int) float64 { return z[i] + step*v[i] }),
				2, 2), y)
			require.NoError(t, err)
			return values(g)
		}
		up, down := grad(1e-5), grad(-1e-5)
		near(t, name, values(h), repeat(4, func(i int) float64 { return (up[i] - down[i]) / 2e-5 }), 1e-8, 1e-9)
	}
}

// TestHessianOfCrossEntropy: with few and many classes, sure rows or not, soft labels or an index,
// the product of the Hessian of cross entropy is S p∘(v - ⟨p,v⟩) to 4 ulp, also where all of v is
// large or that of an unlikely class, and the loss is its slope; a NaN is one of its row alone.
func TestHessianOfCrossEntropy(t *testing.T) {
	const n = 5
	for _, dt := range floatDtypes {
		for _, k := range []int{1, 2, 10, 100, 700} {
			b := batch{dt: dt, n: n, k: k, z: direction(n, k), u: []float64{1, 2, -1, 1, 3}}
			b.t = repeat(n*k, func(i int) float64 { return float64(1+i%7) / 4 })
			b.z[k+k/2], b.z[2*k], b.z[3*k], b.z[4*k] = 12, 40, nan, math.Inf(-1)
			b.z[0] = -80
			v := repeat(n*k, func(i int) float64 { return math.Cos(float64(i)) + 64*float64(i/k%2) })
			v[0], v[3*k-1] = 1e12, 1e10
			b.z, v = round(dt, b.z), round(dt, v)
			for _, b.index = range [][]int{nil, {0, k / 2, k - 1, 0, k / 3}} {
				got := b.along(t, losses.Criterion{Reduction: losses.None}, v)
				for i := range n {
					if i == 3 || k == 1 && i == 4 {
						require.True(t, math.IsNaN(got.loss[i]) && math.IsNaN(got.grad[i*k+k-1]), "K=%d", k)
						continue
					}
					s, mean, mass, slope := numtest.NewSoftmax(b.z[i*k:(i+1)*k]), numtest.DD{}, 0.0, numtest.DD{}
					for j, p := range s.P {
						mean = mean.Add(p.Mul(numtest.Num(v[i*k+j])))
					}
					for j := range k {
						label := b.t[i*k+j]
						if b.index != nil {
							label = 0
							if j == b.index[i] {
								label = 1
							}
						}
						mass += label
						slope = slope.Add(mean.Sub(numtest.Num(v[i*k+j])).Mul(numtest.Num(label)))
					}
					what := fmt.Sprint(dt, " K=", k, " row ", i)
					near(t, what, got.loss[i:i+1], []float64{slope.Hi}, 4*epsilon(dt), 1e-14*mass)
					for j, p := range s.P {
						want := p.Mul(numtest.Num(v[i*k+j]).Sub(mean)).Mul(numtest.Num(mass * b.u[i])).Hi
						exact, z := 4*epsilon(dt), b.z[i*k:(i+1)*k]
						// Of the large v of an unlikely class the argument of the exponential is rounded.
						if top := slices.Max(z); i == 0 || i == 2 {
							exact = min(exact+(top-slices.Min(z))*0x1p-53, 4*exact+(top-z[j])*0x1p-53)
						}
						near(t, what, got.grad[i*k+j:i*k+j+1], []float64{want}, exact, 1e-14*mass*p.Hi)
					}
				}
			}
		}
	}
}

// TestHessianOfManyClasses holds the products of separable losses to their formulas, with rows of
// few and of many classes that are sure, nearly even, or without one of the classes.
func TestHessianOfManyClasses(t *testing.T) {
	for name, c := range map[string]struct {
		loss losses.Loss
		phi  func(l, p, q float64) (d, d2 float64) // φ' and φ″ by l = log p, with q = 1-p
	}{
		"gce": {losses.GCE{Q: .7}, func(_, p, _ float64) (d, d2 float64) {
			return -math.Pow(p, .7), -.7 * math.Pow(p, .7)
		}},
		"poly1":     {losses.Poly1{Epsilon: 2}, func(_, p, _ float64) (d, d2 float64) { return -1 - 2*p, -2 * p }},
		"focal":     {losses.Focal{Gamma: 2}, focalPhi(2)},
		"focal 3.5": {losses.Focal{Gamma: 3.5}, focalPhi(3.5)},
		"focal 20":  {losses.Focal{Gamma: 20}, focalPhi(20)},
	} {
		for _, dt := range floatDtypes {
			for _, k := range []int{2, 10, 40, 41, 100, 700} {
				crit := losses.Criterion{Loss: c.loss, Reduction: losses.None}
				hessianByFormula(t, fmt.Sprint(name, " ", dt, " K=", k), crit, dt, k, c.phi)
			}
		}
	}
}

func focalPhi(a float64) func(l, p, q float64) (d, d2 float64) {
	return func(l, p, q float64) (d, d2 float64) {
		w := math.Pow(q, a-1)
		if p == 0 {
			return -1, 0
		}
		return -w*q + a*w*p*l, a * p * (w*(2+l) - (a-1)*math.Pow(q, a-2)*p*l)
	}
}

func hessianByFormula(t *testing.T, what string, c losses.Criterion, dt tensor.Dtype, k int,
	phi func(l, p, q float64) (d, d2 float64)) {
	const n = 5
	b := batch{dt: dt, n: n, k: k, z: direction(n, k)}
	b.t = repeat(n*k, func(i int) float64 { return float64(i%7) / 4 })
	b.z[k], b.z[2*k-1], b.z[2*k], b.z[3*k] = 6, 6.5, 12, math.Inf(-1)
	b.z[4*k+k/2] = 30
	v := repeat(n*k, func(i int) float64 { return math.Cos(float64(i)) })
	b.z, v = round(dt, b.z), round(dt, v)
	for _, b.index = range [][]int{nil, {0, k / 2, k - 1, 1, k / 3}} {
		got := b.along(t, c, v)
		for i := range n {
			s, mean := numtest.NewSoftmax(b.z[i*k:(i+1)*k]), numtest.DD{}
			for j, p := range s.P {
				mean = mean.Add(p.Mul(numtest.Num(v[i*k+j])))
			}
			d, a, tgrad := make([]float64, k), make([]float64, k), make([]float64, k)
			slope, size, sum, along := 0., 0., 0., 0.
			for j, p := range s.P {
				label := b.t[i*k+j]
				if b.index != nil {
					label = map[bool]float64{true: 1}[j == b.index[i]]
				}
				df, d2f := phi(s.LogP(j).Hi, p.Hi, numtest.Num(1).Sub(p).Hi)
				a[j] = numtest.Num(v[i*k+j]).Sub(mean).Hi
				d[j], tgrad[j] = label*d2f*a[j], df*a[j]
				slope, sum, along = slope+label*tgrad[j], sum+label*df, along+d[j]
				size += label * math.Abs(tgrad[j])
			}
			want := repeat(k, func(j int) float64 { return d[j] - s.P[j].Hi*(along+sum*a[j]) })
			near(t, what, got.grad[i*k:(i+1)*k], want, 0, 256*epsilon(dt)*slices.Max(absolute(want)))
			near(t, what, got.loss[i:i+1], []float64{slope}, 0, 64*epsilon(dt)*size)
			if b.index == nil {
				near(t, what, got.tgrad[i*k:(i+1)*k], tgrad, 0, 64*epsilon(dt)*slices.Max(absolute(tgrad)))
			}
		}
	}
}

func absolute(x []float64) []float64 {
	return repeat(len(x), func(i int) float64 { return math.Abs(x[i]) })
}
