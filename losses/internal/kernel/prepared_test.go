package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// preparedRow is a row with what its logits become.
type preparedRow struct {
	p      Prepared[float32]
	z, t   []float32
	y      []float64 // the logits that the softmax is of
	index  int
	labels bool // t counts, not the index
}

// newPreparedRow makes an ordinary row of k classes.
func newPreparedRow(r *rand.Rand, k int, factor, offset float64, shifted, labels bool) *preparedRow {
	x := &preparedRow{p: Prepared[float32]{Factor: factor}, index: r.IntN(k), labels: labels}
	if shifted {
		x.p.Hi, x.p.Low = make([]float32, k), make([]float32, k)
	}
	width := min(4, 8/factor) // of z: the kernel takes differences of y up to 86
	for j := range k {
		x.z = append(x.z, float32(offset+width*r.NormFloat64()))
		x.t = append(x.t, float32(math.Exp(r.NormFloat64())/float64(k)))
		if r.IntN(4) == 0 {
			x.t[j] = 0
		}
		var s float64
		if shifted {
			s = 3 * r.NormFloat64()
			x.p.Set(j, s)
		}
		x.y = append(x.y, factor*float64(x.z[j])+s)
	}
	return x
}

// want returns loss, gradient and log-sum-exp in float64.
func (x *preparedRow) want(f, extra float64) (loss, lse float64, grad, size []float64) {
	k := len(x.y)
	l, p := []float64{0}, make([]float64, k)
	grad, size = make([]float64, k), make([]float64, k)
	t := make([]float64, k)
	if x.labels {
		spec.Widen(t, x.t)
	} else {
		t[x.index] = 1
	}
	spec.CrossEntropy(l, grad, x.y, t, []float64{1}, k)
	spec.LogSumExp(l[:1:1], x.y, k)
	lse = l[0]
	spec.CrossEntropy(l, nil, x.y, t, []float64{1}, k)
	spec.Softmax(p, x.y, k)
	mass := spec.Sum(t)
	for j := range k {
		grad[j] = f * (grad[j] + extra*lse*p[j])
		size[j] = math.Abs(f) * max(mass*p[j], t[j], math.Abs(extra*lse)*p[j])
	}
	return l[0], lse, grad, size
}

// TestPrepared holds the kernel of prepared logits to 4 units in the last place of float32, at
// every length, temperature and offset.
func TestPrepared(t *testing.T) {
	for _, name := range implementations() {
		force(t, name)
		if !Prepares(&Prepared[float32]{Factor: 2}) {
			continue
		}
		r := rand.New(rand.NewPCG(3, 4))
		for _, k := range append(lengths(), 255, 1000, 1025, 5000) {
			for _, factor := range []float64{1, 1. / 100, 1. / 3, 2, 10, 64} {
				for i := range 4 {
					shifted, labels := i%2 == 0, i < 2
					offset := []float64{0, -7, 7000 / factor, -30000}[r.IntN(4)]
					if math.Abs(offset*factor) > 8000 {
						offset = 1
					}
					f, extra := float64(float32(0.3*r.NormFloat64())), []float64{0, 0.01, -0.3}[r.IntN(3)]
					holdPrepared(t, fmt.Sprintf("%s k=%d factor %v offset %v shifted %v labels %v extra %v", name, k, factor,
						offset, shifted, labels, extra), newPreparedRow(r, k, factor, offset, shifted, labels), f, extra)
				}
			}
		}
	}
}

func holdPrepared(t *testing.T, what string, x *preparedRow, f, extra float64) {
	wantLoss, wantLSE, wantGrad, size := x.want(f, extra)
	labels := x.t
	if !x.labels {
		labels = nil
	}
	near := func(name string, got, want, size float64) {
		require.LessOrEqual(t, math.Abs(got-want), 4*numtest.Ulp(float32(max(size, math.Abs(want)))), "%s: %s %v, want %v",
			what, name, got, want)
	}
	for _, g := range [][]float32{make([]float32, len(x.z)), nil} {
		var loss float64
		lse, ok := CrossEntropyRow(&x.p, &loss, g, x.z, labels, x.index, f, extra)
		require.True(t, ok, what)
		near("loss", loss, wantLoss, 0)
		near("log-sum-exp", lse, wantLSE, 0)
		for j, v := range g {
			near(fmt.Sprint("gradient ", j), float64(v), wantGrad[j], size[j])
		}
		if !Together[float32](len(x.z)) {
			continue
		}
		const n = 17 // one more than a tile has, all of them x
		sums, losses, grad, all := make([]float64, n), make([]float64, n), slices.Repeat(g, n), slices.Repeat(labels, n)
		if g == nil {
			grad = nil
		}
		if !x.labels {
			all = nil
		}
		CrossEntropyRows(&x.p, losses, sums, grad, slices.Repeat(x.z, n), all, slices.Repeat([]int{x.index}, n),
			[]float32{float32(f)}, []float32{float32(extra)}, len(x.z))
		for i := range n {
			near("loss of several", losses[i], wantLoss, 0)
			near("log-sum-exp of several", sums[i], wantLSE, math.Abs(slices.Max(x.y))) // as a sum with that
			for j := range g {
				near(fmt.Sprint("gradient of several ", j), float64(grad[i*len(g)+j]), wantGrad[j], size[j])
			}
		}
	}
}

// TestPreparedRows holds rows that are computed together to the same, each with logits and labels
// of its own: several maxima, and such as a rounding makes of others, logits far apart, and what is
// declined.
func TestPreparedRows(t *testing.T) {
	for _, name := range implementations() {
		force(t, name)
		r := rand.New(rand.NewPCG(7, 8))
		for _, k := range []int{1, 2, 3, 10, 31, 64, 65, 80, 100, 128, 129, 200, 256} {
			for _, factor := range []float64{1, 1. / 3, 2} {
				for _, shifted := range []bool{false, true} {
					x := newPreparedRow(r, k, factor, 0, shifted, true)
					if Prepares(&x.p) && Together[float32](k) {
						holdPreparedRows(t, fmt.Sprintf("%s k=%d factor %v shifted %v", name, k, factor, shifted), r, x)
					}
				}
			}
		}
	}
}

// holdPreparedRows computes 37 rows of the preparation of x.
func holdPreparedRows(t *testing.T, what string, r *rand.Rand, x *preparedRow) {
	const n = 37
	k, rows := len(x.z), make([]*preparedRow, n)
	var z, labels, f, extra []float32
	for i := range rows {
		y := newPreparedRow(r, k, x.p.Factor, 0, false, true)
		switch y.p = x.p; i % 6 {
		case 1: // several maxima
			for j := range y.z {
				y.z[j] = float32(math.Round(float64(y.z[j])))
			}
		case 2: // and almost: b z + hi is rough beside them
			for j := range y.z {
				y.z[j] = float32((2000 + 0.001*r.NormFloat64() - x.p.Added(j)) / x.p.Factor)
			}
		case 3:
			y.z[r.IntN(k)] -= 300
		case 4:
			y.z[r.IntN(k)] = []float32{float32(math.NaN()), float32(math.Inf(1)), 1e30}[i/6%3]
		case 5:
			y.t[r.IntN(k)] = []float32{float32(math.NaN()), float32(math.Inf(1)), -1}[i/6%3]
		}
		for j := range y.z {
			y.y[j] = x.p.Factor*float64(y.z[j]) + x.p.Added(j)
		}
		rows[i], z, labels = y, append(z, y.z...), append(labels, y.t...)
		f, extra = append(f, float32(0.3*r.NormFloat64())), append(extra, float32(0.1*r.NormFloat64()))
	}
	loss, lse, grad, none := make([]float64, n), make([]float64, n), make([]float32, n*k), make([]float64, n)
	require.False(t, CrossEntropyRows(&x.p, loss, lse, grad, z, labels, nil, f, extra, k), what)
	require.False(t, CrossEntropyRows(&x.p, none, make([]float64, n), nil, z, labels, nil, f, extra, k), what)
	for i, y := range rows {
		if lse[i] != lse[i] {
			require.GreaterOrEqual(t, i%6, 4, "%s: row %d is declined", what, i)
			continue
		}
		require.Less(t, i%6, 4, "%s: row %d is not declined", what, i)
		require.True(t, sameBits(loss[i:i+1], none[i:i+1]), what)
		wantLoss, wantLSE, wantGrad, size := y.want(float64(f[i]), float64(extra[i]))
		near := func(got, want, size float64) {
			ulp := numtest.Ulp(float32(max(size, math.Abs(want))))
			require.LessOrEqual(t, math.Abs(got-want), 4*ulp, "%s: row %d has %v, not %v", what, i, got, want)
		}
		near(loss[i], wantLoss, 0)
		near(lse[i], wantLSE, math.Abs(slices.Max(y.y)))
		for j, v := range grad[i*k : (i+1)*k] {
			near(float64(v), wantGrad[j], size[j])
		}
	}
}

// TestPreparedDeclines: rows that the kernel would get wrong are for others.
func TestPreparedDeclines(t *testing.T) {
	for _, name := range implementations() {
		force(t, name)
		if !Prepares(&Prepared[float32]{Factor: 2}) {
			continue
		}
		for _, k := range []int{3, 16, 65, 100} {
			for what, change := range map[string]func(x *preparedRow){
				"NaN":            func(x *preparedRow) { x.z[k-1] = float32(math.NaN()) },
				"-Inf":           func(x *preparedRow) { x.z[k/2] = float32(math.Inf(-1)) },
				"Inf":            func(x *preparedRow) { x.z[0] = float32(math.Inf(1)) },
				"far apart":      func(x *preparedRow) { x.z[0] -= 50 },
				"shifted apart":  func(x *preparedRow) { x.p.Set(k-1, -100) },
				"large":          func(x *preparedRow) { add(x.z, 5000) },
				"negative label": func(x *preparedRow) { x.t[k-1] = -1 },
				"NaN label":      func(x *preparedRow) { x.t[k-1] = float32(math.NaN()) },
				"infinite label": func(x *preparedRow) { x.t[0] = float32(math.Inf(1)) },
			} {
				for _, shifted := range []bool{true, false} {
					if what == "shifted apart" && !shifted {
						continue
					}
					x := newPreparedRow(rand.New(rand.NewPCG(5, 6)), k, 2, 0, shifted, true)
					change(x)
					_, ok := CrossEntropyRow(&x.p, new(float64), make([]float32, k), x.z, x.t, 0, 1, 0)
					require.False(t, ok, "%s k=%d %s", name, k, what)
					if x.t[0] >= 0 && x.t[k-1] >= 0 && x.t[0] < 10 {
						_, ok = CrossEntropyRow(&x.p, new(float64), nil, x.z, nil, 0, 1, 0)
						require.False(t, ok, "%s k=%d %s, index", name, k, what)
					}
				}
			}
		}
		p := Prepared[float32]{Factor: 1, Hi: make([]float32, 1), Low: make([]float32, 1)}
		require.False(t, p.Set(0, 1e4))
		require.False(t, Prepares(&Prepared[float32]{Factor: 1e30}))
	}
}

func add(x []float32, by float32) {
	for i := range x {
		x[i] += by
	}
}
