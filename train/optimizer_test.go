package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallModel has weights (1, -2; 0.5, 0) and biases (0.25, -0.75).
func smallModel(t *testing.T) *Model {
	t.Helper()
	m, err := NewModel([]Layer{{Weights: table([]float32{1, -2, 0.5, 0}, 2, 2), Bias: table([]float32{0.25, -0.75}, 2)}})
	require.NoError(t, err)
	return m
}

// The first step by hand: m̂ = g and v̂ = g², so that it is r g/(|g| + ε), the learn rate towards
// the other sign; decay comes on top.
func TestAdamFirstStep(t *testing.T) {
	m := smallModel(t)
	newAdam(m, Config{}).step([][]float32{{2, -4, 1e-3, 0}, {0, 5}}, 0.1)
	requireClose(t, []float64{0.9, -1.9, 0.5 - 0.1*(1e-3/(1e-3+1e-8)), 0, 0.25, -0.85}, weightsOf(m), 1e-6, 1e-9,
		"weights")

	m = smallModel(t)
	newAdam(m, Config{WeightDecay: 0.5}).step([][]float32{{2, -4, 1, 0}, {0, 5}}, 0.1)
	requireClose(t, []float64{0.95 - 0.1, -1.9 + 0.1, 0.475 - 0.1, 0, 0.25, -0.85}, weightsOf(m), 1e-6, 1e-9,
		"decayed weights")

	m = smallModel(t) // a gradient of L2 alone: its sign, and nothing of the biases
	newAdam(m, Config{L2: 0.5}).step([][]float32{{0, 0, 0, 0}, {0, 0}}, 0.1)
	requireClose(t, []float64{0.9, -1.9, 0.4, 0, 0.25, -0.75}, weightsOf(m), 1e-6, 1e-9, "weights with L2")
}

// Three steps as PyTorch 2.15 makes them in float64: Adam and AdamW with learn rate 0.1,
// weight_decay on the weights alone, and clip_grad_norm_ (which divides by the norm plus 1e-6).
func TestAdamEqualsPyTorch(t *testing.T) {
	grads := [][][]float32{
		{{0.5, -1, 2, 0}, {0.1, -0.2}}, {{-0.25, 3, 1, 1e-3}, {0.3, 0}}, {{1, 1, -1, -4}, {0, 5}},
	}
	for _, c := range []struct {
		cfg  Config
		want []float64
	}{
		{Config{}, []float64{0.80755514, -2.00511099, 0.267111514, -0.0105456459, -0.0127228404, -0.644756497}},
		{Config{L2: 0.1}, []float64{0.7815044, -1.98992713, 0.264872656, -0.0105456192, -0.0127228404, -0.644756497}},
		{Config{WeightDecay: 0.1}, []float64{0.780110477, -1.9472048, 0.255183193, -0.0098015196, -0.0127228404,
			-0.644756497}},
		{Config{ClipNorm: 1.5}, []float64{0.802925198, -1.97894256, 0.254617432, -0.0105600199, -0.0195586185, -0.640531846}},
		{Config{WeightDecay: 0.1, ClipNorm: 1.5},
			[]float64{0.77559141, -1.92113539, 0.242640039, -0.00981590539, -0.0195586185, -0.640531846}},
	} {
		m := smallModel(t)
		a := newAdam(m, c.cfg)
		for _, g := range grads {
			a.step(g, 0.1)
		}
		requireClose(t, c.want, weightsOf(m), 2e-6, 1e-7, fmt.Sprintf("%+v", c.cfg))
	}
}

// Many steps equal the paper's loop in float64, for every option, changing learn rates and moments
// included.
func TestAdamEqualsReference(t *testing.T) {
	const steps = 60
	for _, cfg := range []Config{{}, {L2: 0.03}, {WeightDecay: 0.2}, {ClipNorm: 2},
		{L2: 0.01, WeightDecay: 0.1, ClipNorm: 1}} {
		m := newModel([]int{5, 7, 3}, 2)
		a := newAdam(m, cfg)
		var ref [][3][]float64 // value, m, v
		for _, p := range a.params {
			ref = append(ref, [3][]float64{widen(p.value), make([]float64, len(p.value)), make([]float64, len(p.value))})
		}
		r := rand.New(rand.NewPCG(1, 2))
		for step := 1; step <= steps; step++ {
			rate := 0.01 / float64(step%7+1)
			grads := make([][]float32, len(ref))
			var square float64
			for i := range ref {
				grads[i] = make([]float32, len(ref[i][0]))
				for j := range grads[i] {
					grads[i][j] = float32(r.NormFloat64() * math.Exp(r.NormFloat64()*3-3))
					square += float64(grads[i][j]) * float64(grads[i][j])
				}
			}
			a.step(grads, rate)
			scale := 1.0
			if norm := math.Sqrt(square); cfg.ClipNorm > 0 && norm > cfg.ClipNorm {
				scale = cfg.ClipNorm / norm
			}
			for i, p := range ref {
				l2, decay := cfg.L2, cfg.WeightDecay
				if i%2 == 1 {
					l2, decay = 0, 0
				}
				for j, x := range p[0] {
					g := float64(grads[i][j])*scale + l2*x
					p[1][j] = 0.9*p[1][j] + 0.1*g
					p[2][j] = 0.999*p[2][j] + 0.001*g*g
					mHat, vHat := p[1][j]/(1-math.Pow(0.9, float64(step))), p[2][j]/(1-math.Pow(0.999, float64(step)))
					p[0][j] = x - rate*decay*x - rate*mHat/(math.Sqrt(vHat)+1e-8)
				}
			}
		}
		require.Equal(t, steps, a.steps)
		for i, p := range a.params {
			what := fmt.Sprintf("%+v tensor %d", cfg, i)
			requireClose(t, ref[i][0], p.value, 2e-5, 1e-6, what+" value")
			requireClose(t, ref[i][1], p.m, 2e-5, 1e-6, what+" m")
			requireClose(t, ref[i][2], p.v, 2e-5, 1e-7, what+" v")
		}
	}
}

// Clipping leaves a gradient within the limit as it is, to the bit, and one that is not finite too;
// a huge one does not overflow.
func TestClipScale(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		grads [][]float32
		limit float64
		want  float64
	}{
		{[][]float32{{3}, {4}}, 0, 1},
		{[][]float32{{3}, {4}}, 5, 1},
		{[][]float32{{3}, {-4}}, 2.5, 0.5},
		{[][]float32{{0, 0}}, 1, 1},
		{[][]float32{{3e38, 0}, {4e38 / 2 * 1}}, 1, 1 / math.Hypot(float64(float32(3e38)), float64(float32(2e38)))},
		{[][]float32{{1e-45}}, 1e-50, 1e-50 / float64(float32(1e-45))},
		{[][]float32{{nan, 5}}, 1, 1},
		{[][]float32{{5, inf}}, 1, 1},
		{[][]float32{{-inf, nan}}, 1, 1},
	} {
		got := clipScale(c.grads, c.limit)
		require.InEpsilon(t, c.want, got, 1e-12, "%v", c.grads)
	}
	for _, bad := range []float32{nan, inf, -inf} { // what cannot be clipped shows
		m := smallModel(t)
		newAdam(m, Config{ClipNorm: 1}).step([][]float32{{1, bad, 1, 1}, {1, 1}}, 0.1)
		require.False(t, m.finite())
		require.False(t, math.IsNaN(float64(weightsOf(m)[0])))
	}
}

// Moments that would be denormal are 0, and the weight stays.
func TestAdamFlushesDenormals(t *testing.T) {
	m := smallModel(t)
	a := newAdam(m, Config{})
	a.step([][]float32{{1e-37, -1e-37, 1e-20, -1e-18}, {1e-30, -1}}, 0.1)
	require.Equal(t, []float32{0, 0}, a.params[0].m[:2])
	require.NotZero(t, a.params[0].m[2])
	require.Equal(t, []float32{0, 0, 0}, a.params[0].v[:3])
	for range 2000 {
		a.step([][]float32{{0, 0, 0, 0}, {0, 0}}, 0.1)
	}
	for i, p := range a.params {
		for j := range p.m {
			require.Zero(t, p.m[j], "%d %d", i, j)
			require.True(t, p.v[j] == 0 || p.v[j] >= 0x1p-126)
		}
	}
	require.True(t, m.finite())
}

// A step leaves the gradients alone and allocates nothing.
func TestAdamAllocatesNothing(t *testing.T) {
	m := newModel([]int{5, 7, 3}, 2)
	a := newAdam(m, Config{L2: .1, WeightDecay: .1, ClipNorm: .1})
	grads := make([][]float32, len(a.params))
	for i, p := range a.params {
		grads[i] = make([]float32, len(p.value))
		for j := range grads[i] {
			grads[i][j] = 1
		}
	}
	require.Zero(t, testing.AllocsPerRun(10, func() { a.step(grads, 0.1) }))
	for _, g := range grads {
		for _, v := range g {
			require.Equal(t, float32(1), v)
		}
	}
}
