package losses_test

import (
	"slices"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// sorted returns the strings in order.
func sorted(s []string) []string { s = slices.Clone(s); slices.Sort(s); return s }

// logitsSeen are the logits that the loss sees: less margins, shifted, then divided by the
// temperature.
func logitsSeen(c losses.Criterion, b batch) []float64 {
	labels := b.t
	if b.index != nil {
		labels = oneHot(b.k, b.index...)
	}
	return repeat(len(b.z), func(i int) float64 {
		z := b.z[i]
		if c.Margins != nil {
			z -= labels[i] * c.Margins[i%b.k]
		}
		if c.LogitShift != nil {
			z += c.LogitShift[i%b.k]
		}
		if c.Temperature != 0 {
			z /= c.Temperature
		}
		return z
	})
}

// lseSeen are their log-sum-exps.
func lseSeen(t tester, c losses.Criterion, b batch) []float64 {
	l, err := losses.LogSumExp(dense(tensor.Float64, logitsSeen(c, b), b.n, b.k))
	require.NoError(t, err)
	return values(l)
}

// weighed is what class weights make of a batch by the definition.
type weighed struct {
	target []float64 // the labels that the loss sees, before smoothing
	factor []float64 // of the rows' losses
	mass   []float64 // of the rows
}

func weigh(c losses.Criterion, b batch) weighed {
	labels := b.t
	if b.index != nil {
		labels = oneHot(b.k, b.index...)
	}
	l, ok := c.Loss.(losses.LinearLoss)
	linear := ok && l.LinearInTarget()
	w := weighed{slices.Clone(labels), repeat(b.n, one), make([]float64, b.n)}
	for i := range b.n {
		plain := 0.0
		for j := range b.k {
			x, v := 1.0, labels[i*b.k+j]
			if c.ClassWeights != nil {
				x = c.ClassWeights[j]
			}
			w.mass[i] += x * v
			plain += v
			if linear {
				w.target[i*b.k+j] = x * v
			}
		}
		if !linear {
			w.factor[i] = w.mass[i] / plain
		}
	}
	return w
}

// composed holds a criterion against its definition: the plain loss of the logits and labels that
// it sees, and what multiplies and divides it.
func composed(t tester, c losses.Criterion, b batch, index []int) {
	for _, b.index = range [][]int{nil, index} {
		w := weigh(c, b)
		smooth, err := c.Smoothing.Apply(dense(tensor.Float64, w.target, b.n, b.k))
		require.NoError(t, err)
		plain := batch{dt: tensor.Float64, n: b.n, k: b.k, z: logitsSeen(c, b), t: values(smooth)}.eval(t,
			losses.Criterion{Loss: c.Loss, Reduction: losses.None})
		lse := lseSeen(t, c, b)
		rows, sum, kept, masses := make([]float64, b.n), 0.0, 0.0, 0.0
		keep := make([]bool, b.n)
		for i := range b.n {
			if keep[i] = b.s[i] > 0 && (b.index == nil || !slices.Contains(c.Ignore, b.index[i])); !keep[i] {
				continue
			}
			if w.mass[i] > 0 {
				rows[i] = w.factor[i]*plain.loss[i] + c.ZLoss*lse[i]*lse[i]
			}
			kept++
			masses += b.s[i] * w.mass[i]
			sum += b.s[i] * rows[i]
		}
		div := map[losses.Reduction]float64{losses.Mean: kept, losses.WeightedMean: masses, losses.Sum: 1,
			losses.None: 1}[c.Reduction]
		want := everything{result: result{loss: []float64{0}}, sgrad: make([]float64, b.n)}
		if div > 0 {
			want.loss[0] = sum / div
		}
		if c.Reduction == losses.None {
			want.loss = repeat(b.n, func(i int) float64 { return b.s[i] * rows[i] })
		}
		for i, u := range perRow(b.u, b.n) {
			if keep[i] && w.mass[i] > 0 {
				want.sgrad[i] = u / div * rows[i]
				if c.Reduction == losses.WeightedMean {
					want.sgrad[i] -= u / div * want.loss[0] * w.mass[i]
				}
			}
		}
		got := b.all(t, c)
		near(t, "loss", got.loss, want.loss, 1e-12, 1e-13)
		near(t, "sample weights' grad", got.sgrad, want.sgrad, 1e-12, 1e-12)
	}
}

func one(int) float64 { return 1 }

// differences holds all gradients against central differences. A row of an index is its one-hot
// row, which targetForms shows, and sum and mean follow from none, which reductionsAgree shows.
func differences(t tester, c losses.Criterion, b batch, _ []int) {
	if c.Reduction == losses.Sum || c.Reduction == losses.Mean {
		return
	}
	if b.n > 4 {
		b.n, b.z, b.t, b.s, b.u = 4, b.z[:4*b.k], b.t[:4*b.k], b.s[:4], b.u[:min(4, len(b.u))]
	}
	got := b.all(t, c)
	by := func(what string, x []float64, set func(b *batch, x []float64), got []float64) {
		want := numtest.NumGrad(func(x []float64) float64 {
			at := b
			set(&at, x)
			return at.cost(t, c)
		}, x)
		near(t, what, got, want, 1e-8, 1e-9)
	}
	by("by logits", b.z, func(b *batch, x []float64) { b.z = x }, got.grad)
	if wantsShares(c.Loss) {
		byShares(t, c, b, got.tgrad)
	} else {
		by("by labels", b.t, func(b *batch, x []float64) { b.t = x }, got.tgrad)
	}
	by("by sample weights", b.s, func(b *batch, x []float64) { b.s = x }, got.sgrad)
}

// byShares holds the labels' gradients against differences along what keeps the sum of a row: a
// label grows and the next becomes smaller.
func byShares(t tester, c losses.Criterion, b batch, got []float64) {
	next := func(i int) int { return i/b.k*b.k + (i+1)%b.k }
	want := numtest.NumGrad(func(x []float64) float64 {
		at := b
		at.t = slices.Clone(b.t)
		for i, d := range x {
			at.t[i] += d
			at.t[next(i)] -= d
		}
		return at.cost(t, c)
	}, make([]float64, len(b.t)))
	near(t, "by shares", repeat(len(got), func(i int) float64 { return got[i] - got[next(i)] }), want, 1e-8, 1e-9)
}

// targetForms: an index is its one-hot row, where it is not ignored.
func targetForms(t tester, c losses.Criterion, b batch, index []int) {
	for _, b.dt = range floatDtypes {
		soft, hard := b, b
		soft.t, hard.index = oneHot(b.k, index...), index
		soft.s = slices.Clone(b.s)
		for i, y := range index {
			if slices.Contains(c.Ignore, y) {
				soft.s[i] = 0
			}
		}
		nearAll(t, "index and one-hot", hard.all(t, c), soft.all(t, c), 16*epsilon(b.dt), 16)
	}
}

// linearInTarget: a loss that says so costs on soft labels what the classes cost, times the labels.
// Its class weights and mass are linear too, as a smoothing is that keeps the mass.
func linearInTarget(t tester, c losses.Criterion, b batch, _ []int) {
	l, ok := c.Loss.(losses.LinearLoss)
	if !ok || !l.LinearInTarget() || c.ZLoss != 0 || c.Smoothing.Rule != losses.SmoothPrior || c.Margins != nil {
		return
	}
	c.Reduction, c.Ignore = losses.None, nil
	b.u = nil
	got := b.eval(t, c)
	loss, grad := make([]float64, b.n), make([]float64, b.n*b.k)
	for y := range b.k {
		hard := b
		hard.index = repeatInt(b.n, func(int) int { return y })
		r := hard.eval(t, c)
		for i := range loss {
			loss[i] += b.t[i*b.k+y] * r.loss[i]
			if c.ClassWeights == nil || c.ClassWeights[y] > 0 {
				near(t, "labels' grad", got.tgrad[i*b.k+y:i*b.k+y+1], r.loss[i:i+1], 1e-12, 1e-12)
			}
		}
		for i := range grad {
			grad[i] += b.t[i/b.k*b.k+y] * r.grad[i]
		}
	}
	near(t, "loss", got.loss, loss, 1e-12, 1e-12)
	near(t, "grad", got.grad, grad, 1e-12, 1e-12)
}

// shiftInvariant: but for the z-loss a number added to all logits of a row changes nothing.
func shiftInvariant(t tester, c losses.Criterion, b batch, _ []int) {
	if c.ZLoss != 0 {
		return
	}
	want := b.all(t, c)
	for _, d := range []float64{4096, -1000.5} {
		moved := b
		moved.z = repeat(len(b.z), func(i int) float64 { return b.z[i] + d })
		nearAll(t, "shifted", moved.all(t, c), want, 1e-11, 1)
	}
}

// permutedClasses: the classes' order means nothing.
func permutedClasses(t tester, c losses.Criterion, b batch, index []int) {
	perm := repeatInt(b.k, func(j int) int { return (j + 1 + b.k/2) % b.k })
	perm[0], perm[b.k-1] = perm[b.k-1], perm[0]
	apply := func(x []float64) []float64 {
		if x == nil {
			return nil
		}
		return repeat(len(x), func(i int) float64 { return x[i-i%b.k+perm[i%b.k]] })
	}
	where := func(y int) int {
		if i := slices.Index(perm, y); i >= 0 {
			return i
		}
		return y
	}
	p := c
	p.ClassWeights, p.LogitShift, p.Smoothing.Prior = apply(c.ClassWeights), apply(c.LogitShift), apply(c.Smoothing.Prior)
	p.Margins = apply(c.Margins)
	p.Ignore = nil
	for _, y := range c.Ignore {
		p.Ignore = append(p.Ignore, where(y))
	}
	for _, b.index = range [][]int{nil, index} {
		want := b.all(t, c)
		want.grad, want.tgrad = apply(want.grad), apply(want.tgrad)
		moved := b
		moved.z, moved.t = apply(b.z), apply(b.t)
		if b.index != nil {
			moved.index = repeatInt(b.n, func(i int) int { return where(index[i]) })
		}
		nearAll(t, "permuted", moved.all(t, p), want, 1e-12, 1)
	}
}

// permutedRows: the rows' order means nothing but to the last digits of a sum.
func permutedRows(t tester, c losses.Criterion, b batch, index []int) {
	back := func(x []float64, k int) []float64 {
		return repeat(len(x), func(i int) float64 { return x[(b.n-1-i/k)*k+i%k] })
	}
	for _, b.index = range [][]int{nil, index} {
		want := b.all(t, c)
		want.grad, want.sgrad = back(want.grad, b.k), back(want.sgrad, 1)
		if want.tgrad != nil {
			want.tgrad = back(want.tgrad, b.k)
		}
		p := b
		p.z, p.t, p.s = back(b.z, b.k), back(b.t, b.k), back(b.s, 1)
		if b.index != nil {
			p.index = repeatInt(b.n, func(i int) int { return index[b.n-1-i] })
		}
		if c.Reduction == losses.None {
			p.u, want.loss = back(b.u, 1), back(want.loss, 1)
		}
		nearAll(t, "permuted", p.all(t, c), want, 1e-13, .1)
	}
}
