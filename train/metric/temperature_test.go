package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// exactSlope returns dNLL/ds at s = 1/T, by hand, and the sum of its terms' sizes.
func exactSlope(z, t []float64, k int, s float64) (slope, size float64) {
	for i := 0; i < len(z); i += k {
		var sum, mass, mean, have float64
		top := math.Inf(-1)
		for j := range k {
			top = max(top, z[i+j])
		}
		for j := range k {
			e := math.Exp(s * (z[i+j] - top))
			sum += e
			mass += t[i+j]
			mean += e * (z[i+j] - top)
			have += t[i+j] * (z[i+j] - top)
		}
		slope += mass*mean/sum - have
		size += mass*math.Abs(mean)/sum + math.Abs(have)
	}
	return slope, size
}

// The temperature is where the derivative is 0, to rounding, for hard and soft labels, float32 and
// float64, all scales.
func TestFitTemperatureIsStationary(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for trial := range 300 {
		n, k := 1+r.IntN(40), 2+r.IntN(6)
		scale := math.Pow(10, r.Float64()*8-4)
		z, y := make([]float64, n*k), make([]float64, n*k)
		for i := range n {
			for j := range k {
				z[i*k+j] = r.NormFloat64() * scale
			}
			switch trial % 3 {
			case 0: // soft labels of any mass
				for j := range k {
					y[i*k+j] = r.Float64()
				}
			default:
				y[i*k+r.IntN(k)] = 1
			}
			y[i*k] += r.Float64()
		}
		for i := range n { // likelier the larger the logit, so that a temperature exists
			best := i * k
			for j := range k {
				if z[i*k+j] > z[best] {
					best = i*k + j
				}
			}
			y[best] += 3 * r.Float64()
		}
		if start, _ := exactSlope(z, y, k, 0); start >= 0 {
			continue
		}
		temperature, err := FitTemperature(table(z, n, k), table(y, n, k), nil)
		require.NoError(t, err)
		at, size := exactSlope(z, y, k, 1/temperature)
		require.LessOrEqual(t, math.Abs(at), 1e-13*size, "trial %d: T = %v", trial, temperature)
		below, _ := exactSlope(z, y, k, (1-1e-9)/temperature)
		above, _ := exactSlope(z, y, k, (1+1e-9)/temperature)
		require.True(t, below < 0 && above > 0, "a minimum: %v %v", below, above)

		// The loss of package losses agrees that it is a minimum.
		loss := func(at float64) float64 {
			v, err := losses.Criterion{Temperature: at}.Eval(table(z, n, k), table(y, n, k))
			require.NoError(t, err)
			return v.Data().(float64)
		}
		best := loss(temperature)
		require.LessOrEqual(t, best, loss(temperature*1.001))
		require.LessOrEqual(t, best, loss(temperature*0.999))
	}
}

// Two classes, one distance: T has a closed form. With logits ±a/2, right with probability q,
// σ(a/T) = q.
func TestFitTemperatureByHand(t *testing.T) {
	for _, a := range []float64{1e-8, .5, 3, 1e4} {
		for _, q := range []float64{.5000001, .6, .9, .999999} {
			z := table([]float64{a / 2, -a / 2, a / 2, -a / 2}, 2, 2)
			y := table([]float64{q, 0, 0, 1 - q}, 2, 2)
			got, err := FitTemperature(z, y, nil)
			require.NoError(t, err)
			want := a / math.Log(q/(1-q))
			require.True(t, numtest.Close(got, want, 1e-8, 0), "%v %v: %v, want %v", a, q, got, want)
			soft, err := FitTemperature(table([]float64{a, 0}, 1, 2), table([]float64{q, 1 - q}, 1, 2), nil)
			require.NoError(t, err)
			require.True(t, numtest.Close(soft, want, 1e-8, 0), "soft labels: %v, want %v", soft, want)
		}
	}
}

func TestFitTemperatureProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	z := table(make([]float32, 200*5), 200, 5)
	for i := range z.Float32s() {
		z.Float32s()[i] = float32(r.NormFloat64())
	}
	y := make([]float32, 200*5) // labels drawn at temperature 2.5
	p, err := losses.TeacherLabels(z, 2.5)
	require.NoError(t, err)
	for i := range 200 {
		u, j := r.Float32(), 0
		for ; j < 4 && u > p.Float32s()[i*5+j]; j++ {
			u -= p.Float32s()[i*5+j]
		}
		y[i*5+j] = 1
	}
	labels := table(y, 200, 5)
	base, err := FitTemperature(z, labels, nil)
	require.NoError(t, err)
	require.True(t, base > 1.5 && base < 4, "%v", base)

	// Logits c times as large: T times c. A shift of a row changes nothing. Labels of twice the
	// mass neither. Fitted again: 1.
	moved, twice := z.Clone().(*tensor.Dense), labels.Clone().(*tensor.Dense)
	for i := range moved.Float32s() {
		moved.Float32s()[i] = 4*moved.Float32s()[i] + float32(8*(i/5%3))
		twice.Float32s()[i] *= 2
	}
	got, err := FitTemperature(moved, twice, nil)
	require.NoError(t, err)
	require.True(t, numtest.Close(got, 4*base, 1e-5, 0), "%v, want %v", got, 4*base)
	wide, exact := make([]float64, len(y)), make([]float64, len(y))
	for i := range y {
		wide[i], exact[i] = float64(y[i]), float64(z.Float32s()[i])/base
	}
	again, err := FitTemperature(table(exact, 200, 5), table(wide, 200, 5), nil)
	require.NoError(t, err)
	require.True(t, numtest.Close(again, 1, 1e-12, 0), "%v", again)

	// Views.
	require.NoError(t, z.T())
	require.NoError(t, labels.T())
	got, err = FitTemperature(z, labels, nil)
	require.NoError(t, err)
	turned, err := FitTemperature(table(rowsFirst(z), 5, 200), table(rowsFirst(labels), 5, 200), nil)
	require.NoError(t, err)
	require.Equal(t, turned, got)
}

// rowsFirst returns the elements of a view in the order of its rows.
func rowsFirst(d *tensor.Dense) (out []float64) {
	for i := range d.Shape()[0] {
		for j := range d.Shape()[1] {
			v, err := d.At(i, j)
			if err != nil {
				panic(err)
			}
			out = append(out, float64(v.(float32)))
		}
	}
	return out
}

func TestFitTemperatureErrors(t *testing.T) {
	two := func(v ...float64) *tensor.Dense { return table(v, len(v)/2, 2) }
	for name, c := range map[string]struct {
		z, y *tensor.Dense
		kind error
		text string
	}{
		"nil":          {nil, two(1, 0), losses.ErrNil, "logits: nil"},
		"nil labels":   {two(1, 0), nil, losses.ErrNil, "labels: nil"},
		"rows":         {two(1, 0, 1, 0), two(1, 0), losses.ErrShape, "labels: shape (1, 2) is wrong"},
		"infinite":     {two(1, math.Inf(-1)), two(1, 0), losses.ErrParam, "logits: row 0 column 1: -Inf"},
		"huge":         {two(1, 1e301), two(1, 0), losses.ErrParam, "logits: row 0 column 1: 1e+301"},
		"negative":     {two(1, 0), two(1, -1), losses.ErrLabel, "labels: row 0 column 1: -1"},
		"all right":    {two(1, 0, 0, 2), two(1, 0, 0, 1), ErrTemperature, "every label is on the largest logit"},
		"all wrong":    {two(1, 0, 0, 2), two(0, 1, 1, 0), ErrTemperature, "no more about the labels"},
		"half":         {two(1, 0, 1, 0), two(0, 1, 1, 0), ErrTemperature, "no more about the labels"},
		"equal logits": {two(3, 3, 4, 4), two(0, 1, 1, 0), ErrTemperature, "no more about the labels"},
		"no labels":    {two(1, 0), two(0, 0), ErrTemperature, "no more about the labels"},
		"one class": {table([]float64{1, 2}, 2, 1), table([]float64{1, 1}, 2, 1), ErrTemperature,
			"no temperature fits"},
		"denormal":         {two(5e-324, 0, 5e-324, 0), two(1, 0, .9, .1), ErrTemperature, "within float64: it would be 0"},
		"rounding of half": {two(.1, .3, .7, .5), two(.7, .7, .7, .7), ErrTemperature, "no more about the labels"},
	} {
		got, err := FitTemperature(c.z, c.y, nil)
		require.ErrorIs(t, err, c.kind, name)
		require.ErrorContains(t, err, c.text, name)
		require.Zero(t, got)
	}
	// Extremes that have a temperature.
	for _, z := range []*tensor.Dense{two(1e300, -1e300, 1e300, -1e300), two(1e-300, 0, 1e-300, 0), two(1, 0, 1e200, 0)} {
		y := two(1, 0, .9, .1)
		got, err := FitTemperature(z, y, nil)
		require.NoError(t, err)
		require.True(t, got > 0 && got <= math.MaxFloat64)
	}
}

// Convergence takes few passes over the data.
func TestFitTemperatureIsQuick(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	z, y := make([]float64, 3000), make([]float64, 3000)
	for i := range z {
		z[i] = r.NormFloat64() * 5
	}
	for i := 0; i < len(y); i += 3 {
		class := i + r.IntN(3)
		y[class] = 1
		z[class] += 3
	}
	rows, err := read("logits", table(z, 1000, 3), table(y, 1000, 3), nil, losses.Criterion{})
	require.NoError(t, err)
	c := newCooling(rows)
	_, err = c.minimum()
	require.NoError(t, err)
	require.Less(t, c.passes, 40)
}
