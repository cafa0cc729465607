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
type preparedRow[T Float] struct {
	p      Prepared[T]
	z, t   []T
	y      []numtest.DD // the logits that the softmax is of
	index  int
	labels bool // t counts, not the index
}

// newPreparedRow makes an ordinary row of k classes, to be divided by a temperature.
func newPreparedRow[T Float](r *rand.Rand, k int, temperature, offset float64, shifted, labels bool) *preparedRow[T] {
	x := &preparedRow[T]{p: NewPrepared[T](temperature), index: r.IntN(k), labels: labels}
	if shifted {
		x.p.AddIn(make([]T, 4*k))
	}
	width := min(4, 8*temperature) // of z: the kernel takes differences of y up to 86
	shift := make([]float64, k)
	for j := range k {
		x.z = append(x.z, T(offset+width*r.NormFloat64()))
		x.t = append(x.t, T(math.Exp(r.NormFloat64())/float64(k)))
		if r.IntN(4) == 0 {
			x.t[j] = 0
		}
		if shifted {
			shift[j] = temperature * (100 + 3*r.NormFloat64())
		}
		x.y = append(x.y, numtest.TwoSum(float64(x.z[j]), shift[j]).Div(numtest.Num(temperature)))
	}
	if shifted {
		Lower(&x.p, nil, nil, shift, temperature)
	}
	return x
}

// prepare makes y what p makes of z.
func (x *preparedRow[T]) prepare(p *Prepared[T], temperature float64) {
	for j, v := range x.z {
		x.y[j] = numtest.Num(float64(v)).Div(numtest.Num(temperature))
		if p.Hi != nil {
			x.y[j] = x.y[j].Add(numtest.TwoSum(float64(p.Hi[j]), float64(p.Low[j])))
		}
	}
}

// want returns loss, gradient and log-sum-exp in float64.
func (x *preparedRow[T]) want(f, extra float64) (loss, lse float64, grad, size []float64) {
	num, s := numtest.Num, numtest.SoftmaxOf(x.y)
	var sum, mass numtest.DD
	t := make([]numtest.DD, len(x.y))
	for j := range t {
		if x.labels {
			t[j] = num(float64(x.t[j]))
		} else if j == x.index {
			t[j] = num(1)
		}
		sum, mass = sum.Sub(t[j].Mul(s.LogP(j))), mass.Add(t[j])
	}
	more := num(extra).Mul(s.LogSumExp())
	for j, p := range s.P {
		g := mass.Add(more).Mul(p).Sub(t[j])
		grad = append(grad, f*g.Hi)
		size = append(size, math.Abs(f)*max(mass.Mul(p).Hi, t[j].Hi, math.Abs(more.Hi)*p.Hi))
	}
	return sum.Hi, s.LogSumExp().Hi, grad, size
}

// largest returns the size of the largest logit.
func (x *preparedRow[T]) largest() float64 { return math.Abs(numtest.SoftmaxOf(x.y).Top.Hi) }

// TestPrepared holds the kernel of prepared logits to 4 units in the last place of float32 and 6 of
// float64, at every length, temperature and offset.
func TestPrepared(t *testing.T) { having(t, prepares, prepared[float32], prepared[float64]) }

// prepares reports whether there are kernels of prepared logits.
func prepares() bool { return Prepares(&Prepared[float32]{Factor: 2}) }

func prepared[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, k := range append(lengths(), 255, 1000, 1025, 5000) {
		for _, temperature := range []float64{1, 100, 3, 0.5, 0.1, 1. / 64} {
			for i := range 4 {
				shifted, labels := i%2 == 0, i < 2
				offset := []float64{0, -7, 7000 * temperature, -30000}[r.IntN(4)]
				if math.Abs(offset/temperature) > 8000-100 {
					offset = 1
				}
				f, extra := float64(float32(0.3*r.NormFloat64())), []float64{0, 0.01, -0.3}[r.IntN(3)]
				extra = float64(T(extra))
				holdPrepared(t, fmt.Sprintf("k=%d temperature %v offset %v shifted %v labels %v extra %v", k,
					temperature, offset, shifted, labels, extra), newPreparedRow[T](r, k, temperature, offset, shifted, labels),
					f, extra)
			}
		}
	}
}

func holdPrepared[T Float](t *testing.T, what string, x *preparedRow[T], f, extra float64) {
	wantLoss, wantLSE, wantGrad, size := x.want(f, extra)
	labels := x.t
	if !x.labels {
		labels = nil
	}
	near := func(name string, j int, got, want, size float64) {
		most := 4.0
		if spec.Size[T]() == 8 {
			most = 6 // where the sum of a row and factors of its gradient are rounded on the way, as without a preparation
		}
		atMost(t, math.Abs(got-want), most*numtest.Ulp(T(max(size, math.Abs(want)))), "%s: %s %d %v, want %v",
			what, name, j, got, want)
	}
	for _, g := range [][]T{make([]T, len(x.z)), nil} {
		var loss float64
		lse, ok := CrossEntropyRow(&x.p, &loss, g, x.z, labels, x.index, f, extra)
		require.True(t, ok, what)
		near("loss", 0, loss, wantLoss, 0)
		near("log-sum-exp", 0, lse, wantLSE, x.largest()) // as a sum with that
		for j, v := range g {
			near("gradient", j, float64(v), wantGrad[j], size[j])
		}
		if !Together[T](len(x.z)) {
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
			[]T{T(f)}, []T{T(extra)}, len(x.z))
		for i := range n {
			near("loss of several", 0, losses[i], wantLoss, 0)
			near("log-sum-exp of several", 0, sums[i], wantLSE, x.largest())
			for j := range g {
				near("gradient of several", j, float64(grad[i*len(g)+j]), wantGrad[j], size[j])
			}
		}
	}
}

// TestPreparedDeclines: rows that the kernel would get wrong are for others.
func TestPreparedDeclines(t *testing.T) {
	having(t, prepares, preparedDeclines[float32], preparedDeclines[float64])
}

func preparedDeclines[T Float](t *testing.T) {
	for _, k := range []int{3, 16, 65, 100} {
		for what, change := range map[string]func(x *preparedRow[T]){
			"NaN":            func(x *preparedRow[T]) { x.z[k-1] = T(math.NaN()) },
			"label of -Inf":  func(x *preparedRow[T]) { x.z[0], x.t[0] = T(math.Inf(-1)), 0.5 },
			"Inf":            func(x *preparedRow[T]) { x.z[0] = T(math.Inf(1)) },
			"far apart":      func(x *preparedRow[T]) { x.z[0] -= 400 },
			"shifted apart":  func(x *preparedRow[T]) { Set(&x.p, k-1, -800, 1) },
			"large":          func(x *preparedRow[T]) { add(x.z, 5000) },
			"negative label": func(x *preparedRow[T]) { x.t[k-1] = -1 },
			"NaN label":      func(x *preparedRow[T]) { x.t[k-1] = T(math.NaN()) },
			"infinite label": func(x *preparedRow[T]) { x.t[0] = T(math.Inf(1)) },
		} {
			for _, shifted := range []bool{true, false} {
				if what == "shifted apart" && !shifted {
					continue
				}
				x := newPreparedRow[T](rand.New(rand.NewPCG(5, 6)), k, 0.5, 0, shifted, true)
				change(x)
				_, ok := CrossEntropyRow(&x.p, new(float64), make([]T, k), x.z, x.t, 0, 1, 0)
				require.False(t, ok, "k=%d %s", k, what)
				if x.t[0] >= 0 && x.t[k-1] >= 0 && x.t[0] < 10 {
					_, ok = CrossEntropyRow(&x.p, new(float64), nil, x.z, nil, 0, 1, 0)
					require.False(t, ok, "k=%d %s, index", k, what)
				}
			}
		}
	}
	p := Prepared[T]{Factor: 1}
	p.AddIn(make([]T, 4))
	require.False(t, Set(&p, 0, 1e4, 1))
	require.False(t, Prepares(&Prepared[T]{Factor: 1e30}))
}

// TestLower wants what a shift and margins of soft labels, or one of them, do to the logits to be
// what [Prepared.Set] makes of it, and such as is out of range to be declined.
func TestLower(t *testing.T) { eachImplementation(t, lower) }

func lower(t *testing.T) {
	if !prepares() {
		return
	}
	r := rand.New(rand.NewPCG(9, 9))
	for _, k := range lengths() {
		got, want := NewPrepared[float32](0.7), NewPrepared[float32](0.7)
		got.AddIn(make([]float32, 4*k))
		want.AddIn(make([]float32, 4*k))
		labels, margin, shift := make([]float32, k), make([]float64, k), make([]float64, k)
		for j := range k {
			labels[j], margin[j], shift[j] = r.Float32(), 3*r.Float64(), 10*r.NormFloat64()
		}
		for i := range 4 {
			y, m, s := labels, margin, shift
			if i&1 != 0 {
				y, m = nil, nil
			}
			if i&2 != 0 {
				s = nil
			}
			require.True(t, Lower(&got, y, m, s, 0.7))
			for j := range k {
				var x float64
				if y != nil {
					x = -float64(labels[j]) * margin[j]
				}
				if s != nil {
					x += s[j]
				}
				Set(&want, j, x, 0.7)
				require.Equal(t, want.Hi[j], got.Hi[j], "k=%d", k)
				require.InDelta(t, want.Low[j], got.Low[j], 1e-10, "k=%d", k)
				require.Equal(t, want.Power[j], got.Power[j], "k=%d", k)
				require.InDelta(t, want.Rest[j], got.Rest[j], 2e-9, "k=%d", k)
			}
		}
		labels[k-1], margin[k-1] = 1, 6000
		require.False(t, Lower(&got, labels, margin, nil, 0.7), "k=%d", k)
	}
}

func add[T Float](x []T, by T) {
	for i := range x {
		x[i] += by
	}
}

// TestPreparedEnds: rows of the largest logits and shifts are exact or for others.
func TestPreparedEnds(t *testing.T) { eachImplementation(t, preparedEnds) }

func preparedEnds(t *testing.T) {
	if !prepares() {
		return
	}
	r := rand.New(rand.NewPCG(10, 3))
	for _, k := range []int{10, 65, 100, 300, 1000} {
		for _, most := range []float64{7100, 7400, 8100} {
			for i := range 8 {
				sign, shift, labels := float64(1-2*(i&1)), float64(spec.MostShift-30)*float64(i&2-1), i < 4
				x := newPreparedRow[float32](r, k, 1, sign*most-shift, true, labels)
				for j, z := range x.z {
					s := shift + 3*r.NormFloat64()
					Set(&x.p, j, s, 1)
					x.y[j] = numtest.TwoSum(float64(z), s)
				}
				_, ok := CrossEntropyRow(&x.p, new(float64), nil, x.z, nil, x.index, 1, 0)
				if what := fmt.Sprintf("k=%d logits %v shifts %v", k, sign*most, shift); ok {
					holdPrepared(t, what, x, 0.3, 0)
				} else {
					require.Greater(t, most, 7300., what)
				}
			}
		}
	}
}
