package losses_test

import (
	"math"
	"slices"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// gradientSum: Σ_j dL/dz_j is 0, and with a z-loss its derivative along (1, ..., 1), 2 ZLoss lse/T.
func gradientSum(t tester, c losses.Criterion, b batch, index []int) {
	lse := lseSeen(t, c, b)
	temperature := c.Temperature
	if temperature == 0 {
		temperature = 1
	}
	for _, b.index = range [][]int{nil, index} {
		got := b.eval(t, c)
		plain := c
		plain.ZLoss = 0
		without := b.eval(t, plain)
		u := perRow(b.u, b.n)
		div := divisor(c, b)
		for i := range b.n {
			want := 2 * c.ZLoss * lse[i] / temperature * u[i] * b.s[i] / div
			if weightOf(c, b, i) == 0 {
				want = 0
			}
			sum := sumOf(got.grad[i*b.k : (i+1)*b.k])
			near(t, "Σ_j dL/dz_j", []float64{sum}, []float64{want}, 1e-12, 1e-12)
			near(t, "without z-loss", []float64{sumOf(without.grad[i*b.k : (i+1)*b.k])}, []float64{0}, 0,
				1e-13*math.Max(1, 16/div))
		}
	}
}

// weightOf is the mass Σ w t of row i, 0 when the row is removed.
func weightOf(c losses.Criterion, b batch, i int) (mass float64) {
	if b.s[i] == 0 || b.index != nil && slices.Contains(c.Ignore, b.index[i]) {
		return 0
	}
	for j := range b.k {
		w := 1.0
		if c.ClassWeights != nil {
			w = c.ClassWeights[j]
		}
		switch {
		case b.index == nil:
			mass += w * b.t[i*b.k+j]
		case b.index[i] == j:
			mass += w
		}
	}
	return mass
}

// divisor is what the reduction divides by, 1 instead of 0.
func divisor(c losses.Criterion, b batch) (div float64) {
	for i := range b.n {
		switch {
		case c.Reduction == losses.WeightedMean:
			div += b.s[i] * weightOf(c, b, i)
		case c.Reduction == losses.Mean && b.s[i] > 0 && (b.index == nil || !slices.Contains(c.Ignore, b.index[i])):
			div++
		}
	}
	if div == 0 {
		return 1
	}
	return div
}

// reductionsAgree: every reduction is the sum of none by its divisor, values and gradients.
func reductionsAgree(t tester, c losses.Criterion, b batch, index []int) {
	b.u = nil
	for _, b.index = range [][]int{nil, index} {
		got := b.all(t, c)
		each := c
		each.Reduction = losses.None
		none := b.all(t, each)
		if c.Reduction == losses.None {
			continue
		}
		div := divisor(c, b)
		near(t, "loss", got.loss, []float64{sumOf(none.loss) / div}, 1e-13, 0)
		near(t, "grad", got.grad, scaled(1/div, none.grad), 1e-13, 1e-16)
		if c.Reduction != losses.WeightedMean {
			near(t, "sample weights' grad", got.sgrad, scaled(1/div, none.sgrad), 1e-13, 0)
			if none.tgrad != nil {
				near(t, "labels' grad", got.tgrad, scaled(1/div, none.tgrad), 1e-13, 0)
			}
		}
	}
}

// inertRows: rows that are removed change nothing, whatever they hold: by a sample weight of 0, an
// ignored index, or class weights of 0, which only Mean counts.
func inertRows(t tester, c losses.Criterion, b batch, index []int) {
	// Class 0 is the one without weight.
	c.Ignore = append(slices.DeleteFunc(slices.Clone(c.Ignore), func(y int) bool { return y == 0 }), -7)
	if c.ClassWeights == nil {
		c.ClassWeights = repeat(b.k, one)
	} else {
		c.ClassWeights = slices.Clone(c.ClassWeights)
	}
	c.ClassWeights[0] = 0
	for _, b.dt = range floatDtypes {
		for _, b.index = range [][]int{nil, index} {
			want := b.all(t, c)
			for _, how := range []string{"sample weight", "ignored", "class weight"} {
				if how == "ignored" && b.index == nil {
					continue
				}
				got, f, tol := b.withBadRow(c, how).all(t, c), 1.0, 0.0
				if how == "class weight" && c.Reduction == losses.Mean {
					kept := divisor(c, b)
					if len(b.index) > 0 && !slices.ContainsFunc(b.index,
						func(y int) bool { return !slices.Contains(c.Ignore, y) }) {
						kept = 0
					}
					f, tol = kept/(kept+1), 4*epsilon(b.dt)
				}
				w := want.scaledWithZeros(c, f, b.k)
				nearAll(t, how, got, w, tol, 4)
				same(t, how+": the row's grad", got.grad[b.k:2*b.k], make([]float64, b.k))
			}
		}
	}
}

// withBadRow returns the batch with a row of NaN and infinities more, removed by a sample weight,
// as ignored, or by a class weight. It comes second: before rows that are kept, and after one.
func (b batch) withBadRow(c losses.Criterion, how string) batch {
	bad := repeat(b.k, func(j int) float64 { return []float64{nan, inf, -inf, 7}[j%4] })
	label, y, s := oneHot(b.k, 0), 0, 1.5
	switch how {
	case "sample weight":
		label, y, s = repeat(b.k, func(int) float64 { return nan }), b.k+9, 0
	case "ignored":
		y = -7
	}
	b.n++
	b.z, b.t = slices.Insert(slices.Clone(b.z), b.k, bad...), slices.Insert(slices.Clone(b.t), b.k, label...)
	b.s = slices.Insert(slices.Clone(b.s), 1, s)
	if b.index != nil {
		b.index = slices.Insert(slices.Clone(b.index), 1, y)
	}
	if c.Reduction == losses.None {
		b.u = slices.Insert(slices.Clone(b.u), 1, 2)
	}
	return b
}

// scaledWithZeros returns f times the results, with zeros for a second row of k classes.
func (e everything) scaledWithZeros(c losses.Criterion, f float64, k int) everything {
	zero := make([]float64, k)
	w := everything{result{loss: scaled(f, e.loss), grad: slices.Insert(scaled(f, e.grad), k, zero...)},
		slices.Insert(scaled(f, e.sgrad), 1, 0)}
	if e.tgrad != nil {
		w.tgrad = slices.Insert(scaled(f, e.tgrad), k, zero...)
	}
	if c.Reduction == losses.None {
		w.loss = slices.Insert(w.loss, 1, 0)
	}
	return w
}

// nothingIsKept: the value is 0 and so are the gradients.
func nothingIsKept(t tester, c losses.Criterion, b batch, index []int) {
	b.s = make([]float64, b.n)
	b.z, b.t = slices.Clone(b.z), slices.Clone(b.t)
	b.z[0], b.t[1] = nan, nan
	ignored := c
	ignored.Ignore = []int{-1}
	hard, gone := b, b
	hard.index = index
	gone.s = repeat(b.n, one)
	gone.index = repeatInt(b.n, func(int) int { return -1 })
	zero := everything{result{make([]float64, upstreams(c, b.n)), make([]float64, b.n*b.k), make([]float64, b.n*b.k)},
		make([]float64, b.n)}
	nearAll(t, "soft", b.all(t, c), zero, 0, 0)
	nearAll(t, "index", hard.all(t, c), zero, 0, 0)
	nearAll(t, "ignored", gone.all(t, ignored), zero, 0, 0)
}

// alongAxis: with the classes along axis 1 of [N, K, T] and [N, K, H, W] all numbers are those of
// the rows.
func alongAxis(t tester, c losses.Criterion, b batch, index []int) {
	if b.n%6 != 0 {
		return
	}
	for _, b.index = range [][]int{nil, index} {
		want := b.all(t, c)
		for _, outer := range [][]int{{b.n / 3, 3}, {b.n / 6, 2, 3}} {
			a := c
			a.Axis = 1
			shape := slices.Insert(slices.Clone(outer), 1, b.k)
			inner := b.n / outer[0]
			move := func(x []float64) []float64 { // rows to axis 1
				return repeat(len(x), func(i int) float64 {
					return x[(i/(b.k*inner)*inner+i%inner)*b.k+i/inner%b.k]
				})
			}
			in := losses.Inputs{Logits: dense(b.dt, move(b.z), shape...), SampleWeights: dense(b.dt, b.s, outer...),
				Upstream: dense(b.dt, b.u)}
			fill := func(n int, shape ...int) *tensor.Dense {
				return dense(b.dt, repeat(n, func(int) float64 { return nan }), shape...)
			}
			out := losses.Outputs{Loss: fill(1), Grad: fill(len(b.z), shape...), WeightGrad: fill(b.n, outer...)}
			if c.Reduction == losses.None {
				in.Upstream, out.Loss = dense(b.dt, b.u, outer...), fill(b.n, outer...)
			}
			if b.index != nil {
				in.Target = tensor.New(tensor.WithShape(outer...), tensor.WithBacking(slices.Clone(b.index)))
			} else {
				in.Target = dense(b.dt, move(b.t), shape...)
			}
			require.NoError(t, a.EvalInto(out, in))
			same(t, "loss", values(out.Loss), want.loss)
			same(t, "grad", values(out.Grad), move(want.grad))
			same(t, "sample weights' grad", values(out.WeightGrad), want.sgrad)
			loss, grad, err := losses.Criterion{Axis: 1, Loss: c.Loss, Reduction: losses.None}.EvalGrad(in.Logits,
				in.Target)
			if b.index == nil || !slices.ContainsFunc(c.Ignore, func(y int) bool { return y < 0 }) {
				require.NoError(t, err)
				require.Equal(t, tensor.Shape(outer), loss.Shape())
				require.Equal(t, tensor.Shape(shape), grad.Shape())
			}
			if b.index == nil {
				out = losses.Outputs{TargetGrad: fill(len(b.z), shape...)}
				require.NoError(t, a.EvalInto(out, in))
				same(t, "labels' grad", values(out.TargetGrad), move(want.tgrad))
			}
		}
	}
}

// float32Agrees: float32 is within 4 ulp of float64, an ulp being one of the largest number that
// enters: the row's labels and class weights for a gradient, and for logits that are shifted,
// heated or in a z-loss those logits.
func float32Agrees(t tester, c losses.Criterion, b batch, index []int) {
	size := 1.0
	for i := range b.n {
		size = math.Max(size, sumOf(b.t[i*b.k:(i+1)*b.k]))
	}
	for _, w := range c.ClassWeights {
		size = math.Max(size, 5*w)
	}
	if c.LogitShift != nil || c.Temperature != 0 || c.ZLoss != 0 {
		for _, z := range logitsSeen(c, b) {
			size = math.Max(size, 5*math.Abs(z))
		}
	}
	if l, ok := c.Loss.(losses.WeightedSum); ok {
		size *= l[0].Weight + l[1].Weight
	}
	if l, ok := c.Loss.(losses.Poly1); ok {
		size *= 1 + math.Abs(l.Epsilon)
	}
	size *= 2 * 1.5 // sample weight and upstream
	if c.Reduction == losses.Sum {
		size *= float64(b.n)
	}
	for _, b.index = range [][]int{nil, index} {
		b.dt = tensor.Float64
		want := b.all(t, c)
		b.dt = tensor.Float32
		nearAll(t, "float32", b.all(t, c), want, 4*epsilon(b.dt), size)
	}
}

// kernelAndRow: a loss gives the same by its kernels as by its Row.
func kernelAndRow(t tester, c losses.Criterion, b batch, index []int) {
	rows := c
	rows.Loss = byRow{c.Loss}
	for _, b.dt = range floatDtypes {
		for _, b.index = range [][]int{nil, index} {
			nearAll(t, "kernel and row", b.all(t, c), b.all(t, rows), 16*epsilon(b.dt), 16)
		}
	}
}
