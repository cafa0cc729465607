package kernel

import (
	"math"
	"math/rand/v2"
)

var ordinary = class{"ordinary", func(_ *rand.Rand, z, t []float64) {
	for j := range z {
		z[j] *= 2
	}
}}

// The value classes with a finite maximum, for which there is an exact result. fill starts
// from normal logits and uniform labels.
var classes = []class{
	ordinary,
	{"wide", func(r *rand.Rand, z, _ []float64) { each(z, func() float64 { return 100*r.Float64() - 50 }) }},
	{"one-hot", func(r *rand.Rand, z, t []float64) { oneHot(t, r.IntN(len(t))) }},
	{"saturated", func(r *rand.Rand, z, t []float64) { // right and sure
		a := r.IntN(len(z))
		z[a] = 15 + 65*r.Float64()
		oneHot(t, a)
	}},
	{"wrong", func(r *rand.Rand, z, t []float64) { // wrong and sure
		z[r.IntN(len(z))] = 15 + 65*r.Float64()
		oneHot(t, r.IntN(len(t)))
	}},
	{"saturated soft", func(r *rand.Rand, z, _ []float64) { z[r.IntN(len(z))] = 15 + 65*r.Float64() }},
	{"rivals", func(r *rand.Rand, z, t []float64) { // a few large ones
		for range 1 + r.IntN(3) {
			z[r.IntN(len(z))] = 12 + r.Float64()
		}
		for j := range t {
			if z[j] < 12 && r.IntN(2) == 0 {
				t[j] = 0
			}
		}
	}},
	{"equal", func(r *rand.Rand, z, _ []float64) { c := r.NormFloat64(); each(z, func() float64 { return c }) }},
	{"equal, no labels", func(r *rand.Rand, z, t []float64) {
		each(z, func() float64 { return -3 })
		each(t, func() float64 { return 0 })
	}},
	{"two maxima", func(r *rand.Rand, z, t []float64) {
		z[r.IntN(len(z))], z[r.IntN(len(z))] = 9, 9
		t[r.IntN(len(t))] = 0
	}},
	{"-Inf without label", func(r *rand.Rand, z, t []float64) {
		a := r.IntN(len(z))
		for j := range z {
			if j != a && r.IntN(3) == 0 {
				z[j], t[j] = math.Inf(-1), 0
			}
		}
	}},
	{"-Inf with label", func(r *rand.Rand, z, t []float64) {
		if a := r.IntN(len(z)); len(z) > 1 {
			z[a] = math.Inf(-1)
		}
	}},
	{"1e4", func(r *rand.Rand, z, t []float64) { each(z, func() float64 { return 1e4 * float64(r.IntN(3)-1) }) }},
	{"-1e30", func(r *rand.Rand, z, t []float64) { z[len(z)-1] = -1e30; z[0] = 1 }},
	{"1e30", func(r *rand.Rand, z, t []float64) { z[r.IntN(len(z))] = 1e30; z[0] = 1e30 }},
	{"far", func(r *rand.Rand, z, t []float64) { // near the largest the assembly takes
		each(z, func() float64 { return 1e6 + float64(r.IntN(64))/4 })
	}},
	{"far below",
		func(r *rand.Rand, z, t []float64) { each(z, func() float64 { return -1e6 - float64(r.IntN(64))/4 }) }},
	{"farther", func(r *rand.Rand, z, t []float64) { each(z, func() float64 { return 3e6 + float64(r.IntN(64))/4 }) }},
	{"denormal p", func(r *rand.Rand, z, t []float64) {
		z[0] = 0
		each(z[1:], func() float64 { return -86 - 19*r.Float64() })
	}},
	{"denormal p float64", func(r *rand.Rand, z, t []float64) {
		z[0] = 0
		each(z[1:], func() float64 { return -707 - 40*r.Float64() })
	}},
	{"denormal logits", func(r *rand.Rand, z, _ []float64) {
		each(z, func() float64 { return float64(r.IntN(1000)) * 0x1p-149 })
	}},
	{"no labels", func(r *rand.Rand, z, t []float64) { each(t, func() float64 { return 0 }) }},
	{"-0 labels", func(r *rand.Rand, z, t []float64) {
		each(t, func() float64 { return math.Copysign(0, -1) })
		t[r.IntN(len(t))] = 1
	}},
	{"sparse labels", func(r *rand.Rand, z, t []float64) {
		for j := range t {
			t[j] *= float64(r.IntN(2))
		}
	}},
	{"tiny labels", func(r *rand.Rand, z, t []float64) { each(t, func() float64 { return 0x1p-130 * r.Float64() }) }},
	{"large labels", func(r *rand.Rand, z, t []float64) { each(t, func() float64 { return 1e30 * r.Float64() }) }},
	{"huge label", func(r *rand.Rand, z, t []float64) { // at float32's limit
		z[0] = 7 // alone has the mass
		each(t, func() float64 { return 0 })
		t[0] = math.MaxFloat32
	}},
	{"huge labels", func(r *rand.Rand, z, t []float64) { each(t, func() float64 { return 3e38 * r.Float64() }) }},
}

// smoothedClasses have the labels of label smoothing, and more rows of nearly equal logits.
var smoothedClasses = []class{
	{"smoothed", func(r *rand.Rand, z, t []float64) { smoothed(r, t) }},
	{"saturated, smoothed", func(r *rand.Rand, z, t []float64) {
		z[r.IntN(len(z))] = 15 + 65*r.Float64()
		smoothed(r, t)
	}},
	{"confident", func(r *rand.Rand, z, t []float64) { z[r.IntN(len(z))] += 12 }},
	{"equal, smoothed", func(r *rand.Rand, z, t []float64) {
		c := r.NormFloat64()
		each(z, func() float64 { return c })
		smoothed(r, t)
	}},
	{"equal, one-hot", func(r *rand.Rand, z, t []float64) {
		each(z, func() float64 { return 0 })
		oneHot(t, r.IntN(len(t)))
	}},
	{"almost equal", func(r *rand.Rand, z, t []float64) {
		c := r.NormFloat64()
		each(z, func() float64 { return c + 1e-6*r.NormFloat64() })
		smoothed(r, t)
	}},
	{"nearly equal", func(r *rand.Rand, z, t []float64) { each(z, func() float64 { return 1e-2 * r.NormFloat64() }) }},
}

// smoothed makes t a one-hot row, smoothed.
func smoothed(r *rand.Rand, t []float64) {
	alpha := r.Float64() / 2
	oneHot(t, r.IntN(len(t)))
	for j := range t {
		t[j] = (1-alpha)*t[j] + alpha/float64(len(t))
	}
}

func each(x []float64, f func() float64) {
	for i := range x {
		x[i] = f()
	}
}

func oneHot(t []float64, a int) {
	clear(t)
	t[a] = 1
}
