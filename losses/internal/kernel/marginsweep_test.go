package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAsymmetricMarginSweep: the asymmetric loss with a margin is within 4 ulp for logits that lie
// as densely as float32's do, and for those beside the one where no begins to cost something.
func TestAsymmetricMarginSweep(t *testing.T) {
	stride, near := uint32(19999), uint32(199)
	if testing.Short() {
		stride, near = 79999, 1999
	}
	eachImplementation(t, func(t *testing.T) {
		for _, a := range []Asymmetric{{GammaNeg: 4, Margin: 0.05}, {GammaPos: 1, GammaNeg: 4, Margin: 0.05},
			{GammaPos: 1, GammaNeg: 4, Margin: 0.1}, {GammaNeg: 2, Margin: 0.05}, {GammaPos: 1, GammaNeg: 3, Margin: 0.02},
			{GammaPos: 1, GammaNeg: 1, Margin: 0.1}, {GammaPos: 1, GammaNeg: 1, Margin: 0.2},
			{GammaPos: 1, GammaNeg: 2, Margin: 0.1}, {GammaPos: 1, GammaNeg: 3, Margin: 0.05},
			{GammaPos: 1, GammaNeg: 3, Margin: 0.1}, {GammaNeg: 2, Margin: 0.02},
			{GammaNeg: 1, Margin: 0.1}, {GammaNeg: 3, Margin: 0.05}, {GammaNeg: 2, Margin: 0.2},
			{GammaPos: 0.5, GammaNeg: 3.5, Margin: 0.05}, {GammaPos: 2, GammaNeg: 5, Margin: 0.1},
			{GammaPos: 1.3, GammaNeg: 1, Margin: 0.01}} {
			var z, yes, no []float32
			add := func(x float32, i int) {
				y := [4]float32{0, 1, 0.3, 0.97}[i%4]
				z, yes, no = append(z, x), append(yes, y), append(no, 1-y)
			}
			for bits := math.Float32bits(0x1p-26); bits < math.Float32bits(110); bits += stride {
				for i := range 8 {
					add(math.Float32frombits(bits|uint32(i/4)<<31), i)
				}
			}
			// Where the parts of a gradient take most of each other away.
			for bits := math.Float32bits(1.03); bits < math.Float32bits(1.375); bits += near {
				add(math.Float32frombits(bits), 3)
			}
			for _, x := range []float32{1.2746372, 1.338997} {
				add(x, 3)
			}
			start := math.Float32bits(float32(math.Log((1 - a.Margin) / a.Margin)))
			for i := range uint32(800) {
				step := i * (1 + i*i) // from neighbours to far ones
				add(-math.Float32frombits(start-step), int(i))
				add(-math.Float32frombits(start+i), int(i))
			}
			holdAsymmetric(t, a, z, yes, no)
		}
	})
}

// TestAsymmetricMasses: so it is for labels of any mass.
func TestAsymmetricMasses(t *testing.T) {
	n := 12000
	if testing.Short() {
		n = 2000
	}
	eachImplementation(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, m := range []float64{0.03, 0.05, 0.06, 0.08, 0.1} {
			a := Asymmetric{GammaNeg: 4, Margin: m}
			z, yes, no := make([]float32, n), make([]float32, n), make([]float32, n)
			for i := range n {
				z[i] = float32(r.NormFloat64() * []float64{1, 3, 10, 40}[i%4])
				yes[i], no[i] = 3*r.Float32(), 3*r.Float32()
				if i%3 != 0 {
					yes[i] /= 3
					no[i] = 1 - yes[i]
				}
			}
			copy(z, []float32{0.5880271, 0.38105366, 56.24675, 36.121456, 62.145382}) // of many roundings
			copy(yes, []float32{0.39910978, 0.8518353, 0.1943466, 0.503408, 0.053110242})
			copy(no, []float32{0.6008902, 1.4906085, 0.8056534, 0.496592, 1.2302738})
			holdAsymmetric(t, a, z, yes, no)
		}
	})
}

// holdAsymmetric wants losses and gradients of questions within 4 ulp.
func holdAsymmetric(t *testing.T, a Asymmetric, z, yes, no []float32) {
	t.Helper()
	loss, grad := make([]float64, len(z)), make([]float32, len(z))
	require.True(t, SigmoidAsymmetric(a, loss, grad, z, yes, no, []float32{0.7}))
	worst, worstGrad := 0.0, 0.0
	for i := range z {
		l, g := ask(z[i], float64(yes[i]), float64(no[i])).asymmetric(a, float64(float32(0.7)))
		u, v := l.ulps(loss[i], true), g.ulps(float64(grad[i]), true)
		require.False(t, !(u <= 4 && v <= 4), "%v of z=%v, labels %v and %v: %v and %v, want %v and %v", a, z[i],
			yes[i], no[i], loss[i], grad[i], l.v.Hi, g.v.Hi)
		worst, worstGrad = max(worst, u), max(worstGrad, v)
	}
	t.Logf("%v: %.2f ulp, gradient %.2f", a, worst, worstGrad)
}

// TestAsymmetricNearEdge: a logit closer to where no begins to cost something than any table goes
// costs what it does, to what float64 loses of p less the margin.
func TestAsymmetricNearEdge(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, gamma := range []float64{1, 1.3, 2, 3, 4} {
			for _, edge := range []float32{0.1, 0.3, 1.1, 2.9444, 5.2321253, 6.9} {
				for n := 24; n < 36; n++ {
					a := Asymmetric{GammaNeg: gamma, Margin: 1 / (1 + math.Exp(float64(edge)+math.Ldexp(1, -n)))}
					loss, grad, one := make([]float64, 1), make([]float32, 1), []float32{1}
					require.True(t, SigmoidAsymmetric(a, loss, grad, []float32{-edge}, []float32{0}, one, one))
					l, g := ask(-edge, 0, 1).asymmetric(a, 1)
					within := (gamma + 2) * (0x1p-23 + math.Ldexp(1, n-52)/a.Margin)
					require.InDelta(t, l.v.Hi, loss[0], within*l.v.Hi+0x1p-148, "%v of z=%v", a, -edge)
					require.InDelta(t, g.v.Hi, float64(grad[0]), within*g.v.Hi+0x1p-148, "%v of z=%v", a, -edge)
				}
			}
		}
	})
}

// TestAsymmetricSmallMargin: with a margin so small that what no costs is far below 1, beside which
// it would be lost, it has all digits.
func TestAsymmetricSmallMargin(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, pos := range []float64{0, 1, 2} {
			for _, neg := range []float64{0, 1, 2, 3, 4} {
				for n := 4.0; n < 24; n += 1.25 {
					a := Asymmetric{GammaPos: pos, GammaNeg: neg, Margin: math.Exp2(-n)}
					edge := math.Log(a.Margin / (1 - a.Margin))
					var z []float32
					for m := range 20 {
						z = append(z, float32(edge+math.Ldexp(1, -m)))
					}
					no := make([]float32, len(z))
					for i := range no {
						no[i] = 1
					}
					loss, grad := make([]float64, len(z)), make([]float32, len(z))
					require.True(t, SigmoidAsymmetric(a, loss, grad, z, make([]float32, len(z)), no, []float32{0.7}))
					for i, z := range z {
						l, g := ask(z, 0, 1).asymmetric(a, float64(float32(0.7)))
						require.LessOrEqual(t, l.ulps(loss[i], true), 4., "loss %v, %v of z=%v, want %v", loss[i], a, z, l.v.Hi)
						require.LessOrEqual(t, g.ulps(float64(grad[i]), true), 4., "gradient %v, %v of z=%v, want %v", grad[i], a, z,
							g.v.Hi)
					}
				}
			}
		}
	})
}
