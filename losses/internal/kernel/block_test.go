package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// block is the input of every kernel: n rows of k classes.
type block[T Float] struct {
	n, k    int
	z, t, u []T // logits, labels, upstream gradient
	index   []int
	scale   []T
}

// outputs is what a kernel writes; out has k elements a row, num one.
type outputs[T Float] struct {
	loss     []float64
	out, num []T
	scratch  []T
	wide     []float64
	bad      int
}

func newOutputs[T Float](n, k int) *outputs[T] {
	return &outputs[T]{loss: make([]float64, n), out: make([]T, n*k), num: make([]T, n), scratch: make([]T, 2*k),
		wide: make([]float64, k), bad: -1}
}

// kern is a public kernel with fixed arguments.
type kern[T Float] struct {
	name     string
	labels   bool // reads t and says which row is bad
	generic  bool // may give the same bits whatever the implementation
	noLogits bool // reads no z
	run      func(b *block[T], o *outputs[T])
}

// lengths are the numbers of classes up to 130; in short all up to 20, then those around the sizes
// of vectors and tiles and a few between.
func lengths() (ks []int) {
	for k := 1; k <= 130; k++ {
		if !testing.Short() || k <= 20 || k%16 <= 1 || k%16 == 15 || k%37 == 0 || k >= 127 {
			ks = append(ks, k)
		}
	}
	return ks
}

// smoothings are the arguments keep, cut, add, addMass of Smooth for k classes.
func smoothings(k int) map[string][4]float64 {
	f := float64(k)
	return map[string][4]float64{"notebook": {1, 0.1, 0.1 / f, 0}, "uniform": {0.9, 0, 0.1 / f, 0},
		"prior": {0.9, 0, 0, 0.1 / f}}
}

// double reports whether the kernel computes tiles in float64, perhaps to the bits of the
// specification.
func (f kern[T]) double() bool {
	return strings.HasPrefix(f.name, "MAE") || strings.HasPrefix(f.name, "KL") || strings.HasPrefix(f.name, "Separable")
}

// kernels are enough to run every piece of code, allKernels have all of families.
func kernels[T Float]() []kern[T]    { return kernelsOf[T](false) }
func allKernels[T Float]() []kern[T] { return kernelsOf[T](true) }

func kernelsOf[T Float](all bool) []kern[T] {
	ks := []kern[T]{
		{name: "CrossEntropy", labels: true, run: func(b *block[T], o *outputs[T]) {
			o.bad = CrossEntropy(o.loss, o.out, b.z, b.t, b.scale, b.k)
		}},
		{name: "CrossEntropy/loss", labels: true, run: func(b *block[T], o *outputs[T]) {
			o.bad = CrossEntropy(o.loss, nil, b.z, b.t, b.scale, b.k)
		}},
		{name: "CrossEntropyIndex", run: func(b *block[T], o *outputs[T]) {
			CrossEntropyIndex(o.loss, o.out, b.z, b.index, b.scale, b.k)
		}},
		{name: "CrossEntropyIndex/loss", run: func(b *block[T], o *outputs[T]) {
			CrossEntropyIndex(o.loss, nil, b.z, b.index, b.scale, b.k)
		}},
		{name: "KL", labels: true, run: func(b *block[T], o *outputs[T]) {
			o.bad = KL(o.loss, o.out, b.z, b.t, b.scale, o.wide, o.scratch, b.k)
		}},
		{name: "KL/loss", labels: true, run: func(b *block[T], o *outputs[T]) {
			o.bad = KL(o.loss, nil, b.z, b.t, b.scale, o.wide, o.scratch, b.k)
		}},
		{name: "MAE", labels: true, run: func(b *block[T], o *outputs[T]) {
			o.bad = MAE(o.loss, o.out, b.z, b.t, b.scale, o.wide, o.scratch, b.k)
		}},
		{name: "MAE/loss", labels: true, run: func(b *block[T], o *outputs[T]) {
			o.bad = MAE(o.loss, nil, b.z, b.t, b.scale, o.wide, o.scratch, b.k)
		}},
		{name: "MAEIndex", run: func(b *block[T], o *outputs[T]) {
			SeparableIndex(Absolute, 0, o.loss, o.out, b.z, b.index, b.scale, o.scratch, b.k)
		}},
		{name: "MAEIndex/loss", run: func(b *block[T], o *outputs[T]) {
			SeparableIndex(Absolute, 0, o.loss, nil, b.z, b.index, b.scale, o.scratch, b.k)
		}},
		{name: "Softmax",
			run: func(b *block[T], o *outputs[T]) { Softmax(o.out, b.z, b.k) }},
		{name: "LogSoftmax",
			run: func(b *block[T], o *outputs[T]) { LogSoftmax(o.out, b.z, b.k) }},
		{name: "LogSumExp", generic: true,
			run: func(b *block[T], o *outputs[T]) { LogSumExp(o.num, b.z, b.k) }},
		{name: "SoftmaxGrad", generic: true,
			run: func(b *block[T], o *outputs[T]) { SoftmaxGrad(o.out, b.z, b.u, b.k) }},
		{name: "LogSoftmaxGrad", generic: true,
			run: func(b *block[T], o *outputs[T]) { LogSoftmaxGrad(o.out, b.z, b.u, b.k) }},
		{name: "LogSumExpGrad", generic: true,
			run: func(b *block[T], o *outputs[T]) { LogSumExpGrad(o.out, b.z, b.u[:b.n], b.k) }},
	}
	for _, rule := range []string{"notebook", "uniform", "prior"} {
		ks = append(ks, kern[T]{name: "Smooth/" + rule, labels: true, generic: true, noLogits: true,
			run: func(b *block[T], o *outputs[T]) {
				a := smoothings(b.k)[rule]
				o.bad = Smooth(o.out, b.t, a[0], a[1], a[2], a[3], b.k)
			}})
	}
	for name, f := range families {
		if !f.index && !all {
			continue
		}
		ks = append(ks, kern[T]{name: "Separable/" + name, labels: true, run: func(b *block[T], o *outputs[T]) {
			o.bad = Separable(f.family, f.a, o.loss, o.out, b.z, b.t, b.scale, o.scratch, b.k)
		}})
		if !f.index {
			continue
		}
		ks = append(ks, kern[T]{name: "SeparableIndex/" + name, run: func(b *block[T], o *outputs[T]) {
			SeparableIndex(f.family, f.a, o.loss, o.out, b.z, b.index, b.scale, o.scratch, b.k)
		}})
	}
	return append(ks, kern[T]{name: "Separable/focal/loss", labels: true, run: func(b *block[T], o *outputs[T]) {
		o.bad = Separable(Focal, 2, o.loss, nil, b.z, b.t, b.scale, o.scratch, b.k)
	}}, kern[T]{name: "SeparableIndex/gce/loss", run: func(b *block[T], o *outputs[T]) {
		SeparableIndex(GCE, 0.7, o.loss, nil, b.z, b.index, b.scale, o.scratch, b.k)
	}})
}

// families are the separable losses with parameters for every kernel there is.
var families = map[string]struct {
	family Family
	a      float64
	index  bool // also with class indices, and in all tests
}{
	"gce":       {family: GCE, a: 0.7, index: true},
	"gce 1":     {family: GCE, a: 1},
	"gce .1":    {family: GCE, a: 0.1},
	"gce .03":   {family: GCE, a: 0.03},
	"gce .003":  {family: GCE, a: 0.003, index: true},
	"poly":      {family: Poly1, a: 1.5},
	"poly -1":   {family: Poly1, a: -1, index: true},
	"focal":     {family: Focal, a: 2, index: true},
	"focal 0":   {family: Focal, a: 0},
	"focal .5":  {family: Focal, a: 0.5},
	"focal 1":   {family: Focal, a: 1},
	"focal 3.5": {family: Focal, a: 3.5, index: true},
	"focal 5":   {family: Focal, a: 5, index: true},
	"focal 8":   {family: Focal, a: 8},
	"focal 7.9": {family: Focal,
		a: 7.9},
	"focal 9":  {family: Focal, a: 9, index: true},
	"focal 40": {family: Focal, a: 40},
	"agce":     {family: AGCE(1), a: 2, index: true},
	"agce .6":  {family: AGCE(0.6), a: 0.6},
	"agce low": {family: AGCE(1e-5), a: 0.5},
	"aul":      {family: AUL(2), a: 2, index: true},
	"aul 6.3":  {family: AUL(6.3), a: 1.5},
	"ael":      {family: AEL, a: 2, index: true},
}

// results runs a kernel on b.
func (f kern[T]) results(b *block[T]) *outputs[T] {
	o := newOutputs[T](b.n, b.k)
	f.run(b, o)
	return o
}

// rows returns rows [lo, hi) of b.
func (b *block[T]) rows(lo, hi int) *block[T] {
	c := *b
	c.n, c.z, c.t, c.u, c.index = hi-lo, b.z[lo*b.k:hi*b.k], b.t[lo*b.k:hi*b.k], b.u[lo*b.k:hi*b.k], b.index[lo:hi]
	if len(b.scale) > 1 {
		c.scale = b.scale[lo:hi]
	}
	return &c
}

// rows returns the outputs of rows [lo, hi).
func (o *outputs[T]) rows(lo, hi, k int) *outputs[T] {
	return &outputs[T]{loss: o.loss[lo:hi], out: o.out[lo*k : hi*k], num: o.num[lo:hi],
		bad: o.bad}
}

// same reports whether the outputs have the same bits, any NaN for a NaN.
func (o *outputs[T]) same(p *outputs[T]) bool {
	return sameBits(o.loss, p.loss) && sameBits(o.out, p.out) && sameBits(o.num, p.num) && o.bad == p.bad
}

// atMost is require.LessOrEqual for loops of many numbers, where finding out the caller takes most
// of the time: it does so for a number that is too large, or NaN.
func atMost(t *testing.T, got, most float64, format string, args ...any) {
	if !(got <= most) {
		t.Helper()
		require.Failf(t, fmt.Sprintf("%v is not at most %v", got, most), format, args...)
	}
}

func sameBits[T Float](a, b []T) bool {
	for i, v := range a {
		x, y := float64(v), float64(b[i])
		if x != y && (x == x || y == y) || x == 0 && math.Signbit(x) != math.Signbit(y) {
			return false
		}
	}
	return len(a) == len(b)
}

// class fills the row at z, t of a block.
type class struct {
	name string
	fill func(r *rand.Rand, z, t []float64)
}

// newBlock returns n rows of the class, all numbers rounded to T, each row with its own scale.
func newBlock[T Float](n, k int, c class) *block[T] {
	r := rand.New(rand.NewPCG(uint64(n), uint64(k)))
	b := &block[T]{n: n, k: k}
	z, t := make([]float64, k), make([]float64, k)
	for range n {
		for j := range k {
			z[j], t[j] = r.NormFloat64(), r.Float64()
			b.u = append(b.u, T(r.NormFloat64()))
		}
		c.fill(r, z, t)
		for j := range k {
			b.z, b.t = append(b.z, T(z[j])), append(b.t, T(t[j]))
		}
		b.index = append(b.index, r.IntN(k))
		b.scale = append(b.scale, T(0.1+r.Float64()))
	}
	return b
}

// both runs the tests of the two element types on every implementation.
func both(t *testing.T, f32, f64 func(t *testing.T)) {
	having(t, func() bool { return true }, f32, f64)
}

// having is both on the implementations where has holds: those with an optional kernel.
func having(t *testing.T, has func() bool, f32, f64 func(t *testing.T)) {
	eachImplementation(t, func(t *testing.T) {
		if has() {
			t.Run("float32", f32)
			t.Run("float64", f64)
		}
	})
}
