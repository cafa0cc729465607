package oracle

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// TestOptionsFourUlps is TestFourUlps of the kernels for what prepares the logits: with any
// temperature, shift, margin and angle, at any offset, every loss and every gradient of float32 is
// within 4 ulp, and in float64 within 16 of what its terms and arguments are rounded to.
func TestOptionsFourUlps(t *testing.T) {
	small, large := []int{1, 2, 3, 10, 37}, []int{1000, 5000}
	for i, entry := range losses.Losses() {
		if !entry.Has(losses.SoftmaxLink) {
			continue
		}
		for j, name := range slices.Sorted(maps.Keys(preparations(rand.New(rand.NewPCG(0, 0)), 1))) {
			ks := []int{small[(i+j)%len(small)]}
			if entry.Name == "ce" {
				ks = append(ks, 70) // the kernel that prepares logits itself
				if !testing.Short() && j < len(large) {
					ks = append(ks, large[j])
				}
			}
			for _, k := range ks {
				r := rand.New(rand.NewPCG(uint64(k), uint64(j)))
				c := preparations(r, k)[name]
				c.Loss, c.Reduction = entry.Loss, losses.None
				for n, target := range []string{"index", "soft", "smooth"} {
					offset := []float64{0, 1000}[(i+j+n)%2]
					holdOption(t, fmt.Sprintf("%s %s k=%d offset %v %s", entry.Name, name, k, offset, target),
						c, target, k, offset, r)
				}
			}
		}
	}
}

// preparations are the options that change logits.
func preparations(r *rand.Rand, k int) map[string]losses.Criterion {
	numbers := func(f func() float64) (x []float64) {
		for range k {
			x = append(x, f())
		}
		return x
	}
	all := map[string]losses.Criterion{
		"shift":   {LogitShift: numbers(func() float64 { return 2 * r.NormFloat64() })},
		"margins": {Margins: numbers(func() float64 { return 0.35 }), Temperature: 1. / 64},
		"angle":   {AngularMargin: 0.5, Temperature: 1. / 64},
		"all":     {Margins: numbers(r.NormFloat64), LogitShift: numbers(r.NormFloat64), Temperature: 0.1, ZLoss: 0.05},
	}
	for _, temperature := range []float64{1. / 64, 0.1, 0.5, 2, 3, 100} {
		all[fmt.Sprint("T=", temperature)] = losses.Criterion{Temperature: temperature}
	}
	return all
}

// holdOption compares a criterion with the oracle on a row.
func holdOption(t *testing.T, what string, c losses.Criterion, target string, k int, offset float64, r *rand.Rand) {
	b := Batch{N: 1, K: k}
	if target == "smooth" {
		c.Smoothing.Alpha = 0.1
	}
	if target != "soft" || c.AngularMargin != 0 {
		b.Index = []int{r.IntN(k)}
	}
	width := math.Exp(3 * r.NormFloat64())
	for range k {
		z := float64(float32(offset + width*r.NormFloat64()))
		if c.AngularMargin != 0 {
			z = float64(float32(math.Cos(math.Pi * r.Float64())))
		}
		b.Logits = append(b.Logits, z)
		if b.Index == nil {
			b.Labels = append(b.Labels, float64(float32(math.Exp(r.NormFloat64())/float64(k))))
		}
	}
	total := 0.0
	for _, x := range b.Labels {
		total += x
	}
	for i, x := range b.Labels {
		b.Labels[i] = float64(float32(x / total))
	}
	for _, single := range []bool{true, false} {
		x := Case{Criterion: c, Batch: b, Single: single}
		loss, grads, err := Compare(x)
		require.NoError(t, err, what)
		for _, e := range append(loss, grads...) {
			if !(e.Terms <= x.Limit()) {
				assert.Failf(t, "too far", "%s single=%v: %s: got %v, want %v, %.4g ulp",
					what, single, e.What, e.Got, e.Want, e.Terms)
			}
		}
	}
}
