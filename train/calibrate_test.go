package train

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

// The temperature is where the derivative is 0, to rounding, for hard and soft labels, float32 and float64, all scales.
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
		temperature, err := FitTemperature(dense(z, n, k), dense(y, n, k))
		require.NoError(t, err)
		at, size := exactSlope(z, y, k, 1/temperature)
		require.LessOrEqual(t, math.Abs(at), 1e-13*size, "trial %d: T = %v", trial, temperature)
		below, _ := exactSlope(z, y, k, (1-1e-9)/temperature)
		above, _ := exactSlope(z, y, k, (1+1e-9)/temperature)
		require.True(t, below < 0 && above > 0, "a minimum: %v %v", below, above)

		// The loss of package losses agrees that it is a minimum.
		loss := func(at float64) float64 {
			cool, err := ScaleTemperature(dense(z, n, k), at)
			require.NoError(t, err)
			v, err := losses.SoftLabelCriterion(0, losses.Mean).Eval(cool, dense(y, n, k))
			require.NoError(t, err)
			return v.Data().(float64)
		}
		best := loss(temperature)
		require.LessOrEqual(t, best, loss(temperature*1.001))
		require.LessOrEqual(t, best, loss(temperature*0.999))
	}
}

// Two classes, one distance: T has a closed form. With logits ±a/2, right with probability q, σ(a/T) = q.
func TestFitTemperatureByHand(t *testing.T) {
	for _, a := range []float64{1e-8, .5, 3, 1e4} {
		for _, q := range []float64{.5000001, .6, .9, .999999} {
			z := dense([]float64{a / 2, -a / 2, a / 2, -a / 2}, 2, 2)
			y := dense([]float64{q, 0, 0, 1 - q}, 2, 2)
			got, err := FitTemperature(z, y)
			require.NoError(t, err)
			want := a / math.Log(q/(1-q))
			require.True(t, numtest.Close(got, want, 1e-8, 0), "%v %v: %v, want %v", a, q, got, want)
			soft, err := FitTemperature(dense([]float64{a, 0}, 1, 2), dense([]float64{q, 1 - q}, 1, 2))
			require.NoError(t, err)
			require.True(t, numtest.Close(soft, want, 1e-8, 0), "soft labels: %v, want %v", soft, want)
		}
	}
}

func TestFitTemperatureProperties(t *testing.T) {
	set := randomSet(200, 4, 5, 6)
	z, err := newModel([]int{4, 5}, 1).Logits(set.Features)
	require.NoError(t, err)
	y := make([]float32, 200*5) // labels drawn at temperature 2.5
	r := rand.New(rand.NewPCG(1, 1))
	cool, err := ScaleTemperature(z, 2.5)
	require.NoError(t, err)
	p, err := losses.Softmax(cool)
	require.NoError(t, err)
	for i := range 200 {
		u, j := r.Float32(), 0
		for ; j < 4 && u > p.Float32s()[i*5+j]; j++ {
			u -= p.Float32s()[i*5+j]
		}
		y[i*5+j] = 1
	}
	labels := dense(y, 200, 5)
	base, err := FitTemperature(z, labels)
	require.NoError(t, err)
	require.True(t, base > 1.5 && base < 4, "%v", base)

	// Logits c times as large: T times c. A shift of a row changes nothing. Labels of twice the mass neither. Fitted again: 1.
	moved, twice := z.Clone().(*tensor.Dense), labels.Clone().(*tensor.Dense)
	for i := range moved.Float32s() {
		moved.Float32s()[i] = 4*moved.Float32s()[i] + float32(8*(i/5%3))
		twice.Float32s()[i] *= 2
	}
	got, err := FitTemperature(moved, twice)
	require.NoError(t, err)
	require.True(t, numtest.Close(got, 4*base, 1e-5, 0), "%v, want %v", got, 4*base)
	exact := dense(widen(z.Float32s()), 200, 5)
	cooled, err := ScaleTemperature(exact, base)
	require.NoError(t, err)
	again, err := FitTemperature(cooled, dense(widen(y), 200, 5))
	require.NoError(t, err)
	require.True(t, numtest.Close(again, 1, 1e-12, 0), "%v", again)

	// Views.
	require.NoError(t, z.T())
	require.NoError(t, labels.T())
	got, err = FitTemperature(z, labels)
	require.NoError(t, err)
	turned, err := FitTemperature(dense(rowsFirst(z), 5, 200), dense(rowsFirst(labels), 5, 200))
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
	two := func(v ...float64) *tensor.Dense { return dense(v, len(v)/2, 2) }
	for name, c := range map[string]struct {
		z, y *tensor.Dense
		kind error
		text string
	}{
		"nil":              {nil, two(1, 0), ErrEmpty, "logits: got a nil tensor"},
		"nil labels":       {two(1, 0), nil, ErrEmpty, "labels: got a nil tensor"},
		"rows":             {two(1, 0, 1, 0), two(1, 0), ErrMismatch, "labels: got shape (1, 2), want (2, 2) as logits"},
		"index":            {two(1, 0), dense([]float32{1}, 1), ErrMismatch, "labels: got shape (1)"},
		"infinite":         {two(1, math.Inf(-1)), two(1, 0), ErrValue, "logits: row 0 column 1: got -Inf"},
		"huge":             {two(1, 1e301), two(1, 0), ErrValue, "logits: row 0 column 1"},
		"negative":         {two(1, 0), two(1, -1), ErrValue, "labels: row 0 column 1: got -1"},
		"all right":        {two(1, 0, 0, 2), two(1, 0, 0, 1), ErrValue, "every label is on the largest logit"},
		"all wrong":        {two(1, 0, 0, 2), two(0, 1, 1, 0), ErrValue, "no more about the labels"},
		"half":             {two(1, 0, 1, 0), two(0, 1, 1, 0), ErrValue, "no more about the labels"},
		"equal logits":     {two(3, 3, 4, 4), two(0, 1, 1, 0), ErrValue, "no more about the labels"},
		"no labels":        {two(1, 0), two(0, 0), ErrValue, "no more about the labels"},
		"one class":        {dense([]float64{1, 2}, 2, 1), dense([]float64{1, 1}, 2, 1), ErrValue, "no temperature fits"},
		"denormal":         {two(5e-324, 0, 5e-324, 0), two(1, 0, .9, .1), ErrValue, "beyond float64: got 0"},
		"rounding of half": {two(.1, .3, .7, .5), two(.7, .7, .7, .7), ErrValue, "no more about the labels"},
	} {
		got, err := FitTemperature(c.z, c.y)
		requireError(t, err, c.kind, "train: ", c.text, name)
		require.Zero(t, got)
	}
	for _, temperature := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		_, err := ScaleTemperature(two(1, 0), temperature)
		require.ErrorIs(t, err, ErrValue)
	}
	_, err := ScaleTemperature(nil, 1)
	require.ErrorIs(t, err, ErrEmpty)
	// Extremes that have a temperature.
	for _, z := range []*tensor.Dense{two(1e300, -1e300, 1e300, -1e300), two(1e-300, 0, 1e-300, 0), two(1, 0, 1e200, 0)} {
		y := two(1, 0, .9, .1)
		got, err := FitTemperature(z, y)
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
	c := newCooling(mustTable(t, dense(z, 1000, 3)), mustTable(t, dense(y, 1000, 3)))
	_, err := c.minimum()
	require.NoError(t, err)
	require.Less(t, c.passes, 40)
}

func mustTable(t *testing.T, d *tensor.Dense) table {
	v, err := tableOf("table", d)
	require.NoError(t, err)
	return v
}

func TestScaleTemperature(t *testing.T) {
	z := dense([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	got, err := ScaleTemperature(z, 4)
	require.NoError(t, err)
	require.Equal(t, []float32{.25, .5, .75, 1, 1.25, 1.5}, got.Float32s())
	require.Equal(t, []float32{1, 2, 3, 4, 5, 6}, z.Float32s())
	require.NoError(t, z.T())
	got, err = ScaleTemperature(z, 1)
	require.NoError(t, err)
	require.Equal(t, []float32{1, 4, 2, 5, 3, 6}, got.Float32s())
	wide, err := ScaleTemperature(dense([]float64{1, 0}, 1, 2), 3)
	require.NoError(t, err)
	require.Equal(t, []float64{1.0 / 3, 0}, wide.Float64s())
}

func TestReliability(t *testing.T) {
	probs := dense([]float64{.75, .25, .5, .5, 1, 0, .625, .375, .25, .75}, 5, 2)
	labels := dense([]float64{1, 0, 0, 1, 1, 0, 0, 1, 0, 1}, 5, 2)
	bins, err := Reliability(probs, labels, 4)
	require.NoError(t, err)
	require.Equal(t, []Bin{
		{Low: 0, High: .25},
		{Low: .25, High: .5, Count: 1, Confidence: .5},
		{Low: .5, High: .75, Count: 3, Confidence: (.75 + .625 + .75) / 3, Accuracy: 2.0 / 3},
		{Low: .75, High: 1, Count: 1, Confidence: 1, Accuracy: 1},
	}, bins)
	for _, bad := range []int{0, -1, 1<<20 + 1} {
		_, err = Reliability(probs, labels, bad)
		require.ErrorIs(t, err, ErrConfig)
	}
	_, err = Reliability(dense([]float64{2, 0}, 1, 2), dense([]float64{1, 0}, 1, 2), 4)
	require.ErrorIs(t, err, ErrValue)
}

// ECE is a function of the bins.
func TestReliabilityGivesECE(t *testing.T) {
	set := randomSet(500, 4, 3, 2)
	probs, err := newModel([]int{4, 3}, 3).Predict(set.Features)
	require.NoError(t, err)
	for _, n := range []int{1, 2, 10, 15, 1000} {
		bins, err := Reliability(probs, set.Labels, n)
		require.NoError(t, err)
		require.Len(t, bins, n)
		sum, rows := 0.0, 0
		for _, b := range bins {
			sum += float64(b.Count) / 500 * math.Abs(b.Accuracy-b.Confidence)
			rows += b.Count
		}
		require.Equal(t, 500, rows)
		want, err := ECE(probs, set.Labels, n)
		require.NoError(t, err)
		require.True(t, numtest.Close(sum, want, 1e-12, 1e-15), "%v, want %v", sum, want)
	}
}
