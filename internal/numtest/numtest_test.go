package numtest

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	nan = math.NaN()
	inf = math.Inf(1)
)

func TestClose(t *testing.T) {
	for _, c := range []struct {
		got, want, rtol, atol float64
		close                 bool
	}{
		{got: 1, want: 1, rtol: 0, atol: 0, close: true},
		{got: 0, want: math.Copysign(0, -1), rtol: 0, atol: 0, close: true},
		{got: 1.01, want: 1, rtol: 0.02, atol: 0, close: true},
		{got: 1.03, want: 1, rtol: 0.02, atol: 0},
		{got: 0.01, want: 0, rtol: 1, atol: 0},
		{got: 0.01, want: 0, rtol: 0, atol: 0.01, close: true},
		{got: nan, want: nan, rtol: 0, atol: 0, close: true},
		{got: nan, want: 1, rtol: 1e300, atol: 1e300},
		{got: 1, want: nan, rtol: 1e300, atol: 1e300},
		{got: inf, want: inf, rtol: 0, atol: 0, close: true},
		{got: -inf, want: inf, rtol: 1, atol: 1},
		{got: 1e308, want: inf, rtol: 1, atol: 1},
		{got: inf, want: 1e308, rtol: 1, atol: 1},
	} {
		assert.Equal(t, c.close, Close(c.got, c.want, c.rtol, c.atol), "%+v", c)
	}
}

func TestGoldenFindsTheModulesFiles(t *testing.T) {
	var file struct {
		Provenance
		Logits Matrix          `json:"logits"`
		Soft   json.RawMessage `json:"soft"`
		OneHot json.RawMessage `json:"one_hot"`
		Index  []int           `json:"index"`
		P      Matrix          `json:"softmax"`
		L      Matrix          `json:"log_softmax"`
		Cases  json.RawMessage `json:"cases"`
	}
	Golden(t, "notebook.json", &file)
	assert.Equal(t, Matrix{N: 3, K: 5, Data: []float64{6, 1, 3, 1, 2, 5, 8, 1, 1, 2, 1, 3, 4, 2, 0}}, file.Logits)
	assert.Equal(t, []int{0, 1, 3}, file.Index)
	assert.NotEmpty(t, file.About)
	assert.NotEmpty(t, file.Torch)
	assert.Equal(t, "testdata/make_notebook.py", file.Script)
}

func TestFloatsInJSON(t *testing.T) {
	var v Vector
	require.NoError(t, json.Unmarshal([]byte(`[1.5, "NaN", "Infinity", "-Infinity", 5e-324]`), &v))
	require.Len(t, v, 5)
	for i, want := range []float64{1.5, nan, inf, -inf, 5e-324} {
		assert.True(t, Close(v[i], want, 0, 0), "%v: got %v", want, v[i])
	}
	assert.Error(t, json.Unmarshal([]byte(`["nan"]`), &v))
	assert.Error(t, json.Unmarshal([]byte(`[null]`), &v))
	var m Matrix
	assert.ErrorContains(t, json.Unmarshal([]byte(`[[1,2],[3]]`), &m), "row 1")
}

func TestNumGrad(t *testing.T) {
	x := []float64{0.3, -1.7, 40}
	f := func(x []float64) float64 { return math.Sin(x[0]) * math.Exp(x[1]) * math.Sqrt(x[2]) }
	got := NumGrad(f, x)
	want := []float64{
		math.Cos(.3) * math.Exp(-1.7) * math.Sqrt(40),
		math.Sin(.3) * math.Exp(-1.7) * math.Sqrt(40),
		math.Sin(.3) * math.Exp(-1.7) / math.Sqrt(40) / 2,
	}
	for i := range want {
		assert.True(t, Close(got[i], want[i], 1e-11, 0), "%d: got %v, want %v", i, got[i], want[i])
	}
	assert.Equal(t, []float64{0.3, -1.7, 40}, x, "x was modified")
}

func TestUlps(t *testing.T) {
	next := func(x float64) float64 { return math.Nextafter(x, inf) }
	assert.EqualValues(t, 0, Ulps(1.0, 1.0))
	assert.EqualValues(t, 1, Ulps(1.0, next(1)))
	assert.EqualValues(t, 1, Ulps(next(-1), -1.0))
	assert.EqualValues(t, 0, Ulps(0.0, math.Copysign(0, -1)))
	assert.EqualValues(t, 2, Ulps(5e-324, -5e-324))
	assert.EqualValues(t, 1, Ulps(math.MaxFloat64, inf))
	assert.EqualValues(t, 0, Ulps(nan, nan))
	assert.EqualValues(t, uint64(math.MaxUint64), Ulps(nan, 1))
	assert.EqualValues(t, uint64(1)<<52, Ulps(1.0, 2.0))
	assert.Greater(t, Ulps(-inf, inf), uint64(1)<<63)

	assert.EqualValues(t, 1<<23, Ulps(float32(1), 2))
	assert.EqualValues(t, 2, Ulps(float32(0x1p-149), -0x1p-149))
	assert.EqualValues(t, 1, Ulps(float32(-1), math.Nextafter32(-1, 0)))
	assert.EqualValues(t, uint64(math.MaxUint64), Ulps(float32(1), float32(nan)))

	assert.Equal(t, 0x1p-52, Ulp(1.0))
	assert.Equal(t, 0x1p-52, Ulp(-1.5))
	assert.Equal(t, 0x1p-23, Ulp(float32(1)))
	assert.Equal(t, 0x1p-149, Ulp(float32(0)))
}
