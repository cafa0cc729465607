package spec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"softloss/internal/numtest"
)

// row is one row of the table on which every kernel is held to the exact reference.
type row struct {
	name string
	z, t []float64
}

// exactRows returns rows of k classes: ordinary, saturated, with ties, with
// denormal gaps and probabilities. Every number is a float32.
func exactRows(r *rand.Rand, k int) []row {
	label := func(i int) float64 { return float64(float32(r.Float64())) }
	sparse := func(i int) float64 { return float64(r.IntN(2)) * label(i) }
	spike := func(at int) func(int) float64 {
		return func(i int) float64 {
			if i == at {
				return 1
			}
			return 0
		}
	}
	make := func(name string, z, t func(i int) float64) row {
		out := row{name: name}
		for i := range k {
			out.z = append(out.z, float64(float32(z(i))))
			out.t = append(out.t, float64(float32(t(i))))
		}
		return out
	}
	normal := func(scale float64) func(int) float64 {
		return func(int) float64 { return scale * r.NormFloat64() }
	}
	return []row{
		make("ordinary", normal(2), label),
		make("sparse", normal(2), sparse),
		make("right and sure", func(i int) float64 { return float64(60 * (1 - min(i, 1))) }, spike(0)),
		make("wrong and sure", func(i int) float64 { return float64(60 * (1 - min(i, 1))) }, spike(k-1)),
		make("saturated", normal(50), label),
		make("denormal probabilities", func(i int) float64 { return -float64(min(i, 1)) * (95 + 5*r.Float64()) },
			spike(0)),
		make("double denormal", func(i int) float64 { return -float64(min(i, 1)) * (720 + 20*r.Float64()) }, spike(0)),
		make("denormal logits", func(i int) float64 { return float64(r.IntN(100)) * 0x1p-149 }, label),
		make("equal", func(int) float64 { return -3 }, label),
		make("far from zero", func(i int) float64 { return 1e6 + float64(r.IntN(8)) }, label),
	}
}

// lengths are all up to 20, then those around the sizes of vector registers and a few between.
func lengths() (ks []int) {
	for k := 1; k <= 130; k++ {
		if k <= 20 || k%16 <= 1 || k%16 == 15 || k%37 == 0 || k >= 127 {
			ks = append(ks, k)
		}
	}
	return ks
}

func convert[T Float](x []float64) []T {
	out := make([]T, len(x))
	for i, v := range x {
		out[i] = T(v)
	}
	return out
}

// checker reports deviations in units of the last place of a magnitude.
type checker[T Float] struct {
	t    *testing.T
	name string
}

// near fails unless got is within ulps of want, an ulp being that of the given magnitude.
func (c checker[T]) near(what string, got T, want, magnitude, ulps float64) {
	c.t.Helper()
	if !numtest.Close(float64(got), want, 0, ulps*numtest.Ulp(T(math.Max(magnitude, math.Abs(want))))) {
		c.t.Fatalf("%s: %s: got %v, want %v: more than %.1f ulp of %v", c.name, what, got, want, ulps, magnitude)
	}
}

// wide is near for the kernels' losses, which are float64 for every element type.
func (c checker[T]) wide(what string, got, want, magnitude, ulps float64) {
	c.t.Helper()
	checker[float64](c).near(what, got, want, magnitude, ulps)
}

// slack is how many ulps of its own size an exponential of float64 may be off:
// the rounding of the argument z-M counts |z-M|/2 times, that of the sum of k equal terms
// at most k/2 times, when all go in one direction.
func slack(z []float64, a, j int) float64 {
	return 3 + math.Abs(z[j]-z[a])/2 + float64(len(z))/2
}

// lossSlack is slack for log1p(r) and q, whose size is that of the largest of
// the other classes.
func lossSlack(z []float64, a int) float64 {
	gap := math.Inf(1)
	for j, v := range z {
		if j != a {
			gap = math.Min(gap, z[a]-v)
		}
	}
	if math.IsInf(gap, 1) { // one class
		gap = 0
	}
	return 3 + gap/2 + float64(len(z))/2
}

// denormals is half of k when x is a denormal float32.
func denormals(x float64, k int) float64 {
	if math.Abs(x) < 0x1p-126 {
		return float64(k) / 2
	}
	return 0
}

// TestExact32 and TestExact64 hold the specification, the kernels in Go, to the reference.
func TestExact32(t *testing.T) { testExact[float32](t, true) }
func TestExact64(t *testing.T) { testExact[float64](t, false) }

func testExact[T Float](t *testing.T, narrow bool) {
	r := rand.New(rand.NewPCG(3, uint64(len(t.Name()))))
	for _, k := range lengths() {
		for _, row := range exactRows(r, k) {
			c := checker[T]{t, fmt.Sprintf("k=%d %s", k, row.name)}
			x := exact{numtest.NewSoftmax(row.z)}
			// Allowed ulps for an output: two roundings in float32, the analysis of slack in
			// float64.
			ulps := func(j int) float64 {
				if narrow {
					return 2
				}
				return slack(row.z, x.Max, j)
			}
			exactFamily(c, row, x, ulps)
			exactCrossEntropy(c, row, x, ulps)
			exactMAE(c, row, x, ulps)
		}
	}
}
