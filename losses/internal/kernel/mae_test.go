package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestMAEOfFew: a few exponentials are most of their sums, of which the gradient is a product: what
// each of them is rounded to counts twice, and nothing cancels as among many.
func TestMAEOfFew(t *testing.T) {
	blocks := 500
	if testing.Short() {
		blocks = 120
	}
	for _, name := range implementations() {
		if name == "specification" || name == "generic" {
			continue // float64
		}
		t.Run(name, func(t *testing.T) {
			force(t, name)
			r, worst := rand.New(rand.NewPCG(11, 12)), 0.0
			for range blocks {
				b := fewLarge(r, 16, 33+r.IntN(480))
				o := newOutputs[float32](b.n, b.k)
				require.Negative(t, MAE(o.loss, o.out, b.z, b.t, b.scale, o.wide, o.scratch, b.k))
				for i := range b.n {
					row := b.rows(i, i+1)
					worst = math.Max(worst, maeError(t, row, o.out[i*b.k:(i+1)*b.k]))
				}
			}
			t.Logf("%.2f ulp", worst)
		})
	}
}

// fewLarge returns n rows of k classes, of which few have large logits or labels.
func fewLarge(r *rand.Rand, n, k int) *block[float32] {
	b := newBlock[float32](n, k, class{"few", func(*rand.Rand, []float64, []float64) {}})
	wrong := r.IntN(3)
	for i := range n {
		row := b.rows(i, i+1)
		size := float32(math.Exp2(3*r.Float64() - 1.5))
		for j := range row.z {
			if row.z[j] = size * float32(r.NormFloat64()); wrong == 0 || r.IntN(2) == 0 {
				row.t[j] = 0
			}
		}
		switch wrong {
		case 0:
			clear(row.t)
			row.t[r.IntN(k)] = 1
		case 1:
			clear(row.t)
			for range 1 + r.IntN(4) {
				row.t[r.IntN(k)] = float32(r.Float64())
			}
		}
		for range r.IntN(4) {
			row.z[r.IntN(k)] = float32(6 + 7*r.Float64())
		}
	}
	return b
}

// overLargest returns the probabilities of the logits z over the largest, of class a, and the sum
// of the others.
func overLargest(z []float32) (p []float64, a int, rest float64) {
	for j, x := range z {
		if x > z[a] {
			a = j
		}
	}
	for j, x := range z {
		if p = append(p, math.Exp(float64(x)-float64(z[a]))); j != a {
			rest += p[j]
		}
	}
	return p, a, rest
}

// maeError returns how many ulps the gradients got of a row are off, and fails where one is beyond
// 4. What is expected is float64's: 10⁻⁸ of an ulp.
func maeError(t *testing.T, b *block[float32], got []float32) (worst float64) {
	p, a, rest := overLargest(b.z)
	c, over, under := 1/(1+rest), 0.0, 0.0
	above := make([]bool, b.k)
	for j, y := range b.t {
		p[j] *= c
		if above[j] = p[j] > float64(y); j == a {
			above[j] = 1-float64(y) > rest*c
		}
		if above[j] {
			over += p[j]
		} else {
			under += p[j]
		}
	}
	for j, x := range p {
		size := 2 * float64(b.scale[0]) * x
		want := -size * over
		if above[j] {
			want = size * under
		}
		if above[j] == above[a] { // of the others the sum is nearly 1
			size = math.Abs(want)
		}
		ulps := math.Abs(float64(got[j])-want) / float64(numtest.Ulp(float32(size)))
		if worst = math.Max(worst, ulps); x > 1e-30 {
			atMost(t, ulps, 4, "k=%d, class %d of p %v: %v, want %v", b.k, j, x, got[j], want)
		}
	}
	return worst
}

// TestSoftmaxGradOfFew is TestMAEOfFew for the gradient of the softmax.
func TestSoftmaxGradOfFew(t *testing.T) {
	blocks := 500
	if testing.Short() {
		blocks = 120
	}
	eachImplementation(t, func(t *testing.T) {
		r, worst := rand.New(rand.NewPCG(13, 14)), 0.0
		for range blocks {
			b := fewLarge(r, 16, 33+r.IntN(600))
			o := newOutputs[float32](b.n, b.k)
			SoftmaxGrad(o.out, b.z, b.u, b.k)
			for i := range b.n {
				row := b.rows(i, i+1)
				worst = math.Max(worst, softmaxGradError(t, row, o.out[i*b.k:(i+1)*b.k]))
			}
		}
		t.Logf("%.2f ulp", worst)
	})
}

// softmaxGradError is maeError of SoftmaxGrad, measured as rowWant.vjp does.
func softmaxGradError(t *testing.T, b *block[float32], got []float32) (worst float64) {
	p, a, rest := overLargest(b.z)
	top, mean, dots := float64(b.u[a]), 0.0, 0.0
	for j, x := range p {
		if p[j] = x / (1 + rest); j != a {
			mean += p[j] * (top - float64(b.u[j]))
			dots += p[j] * (math.Abs(top) + math.Abs(float64(b.u[j])))
		}
	}
	for j, x := range p {
		u := float64(b.u[j])
		size := x * math.Max(dots, math.Max(math.Abs(u), math.Abs(top)))
		if j == a {
			size = x * dots
		}
		want := x * ((u - top) + mean)
		ulps := math.Abs(float64(got[j])-want) / float64(numtest.Ulp(float32(math.Max(size, math.Abs(want)))))
		if worst = math.Max(worst, ulps); x > 1e-30 {
			atMost(t, ulps, 4, "k=%d, class %d of p %v: %v, want %v", b.k, j, x, got[j], want)
		}
	}
	return worst
}
