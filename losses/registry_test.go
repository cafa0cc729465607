package losses_test

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestRegistry: every entry has what help and tables want, and the ranges are those that Validate
// checks.
func TestRegistry(t *testing.T) {
	names := map[string]bool{}
	for _, e := range losses.Losses() {
		assert.False(t, names[e.Name], e.Name)
		names[e.Name] = true
		assert.NotEmpty(t, e.Title, e.Name)
		v := reflect.ValueOf(e.Loss)
		require.Len(t, e.Ranges, v.NumField(), e.Name)
		for i, r := range e.Ranges {
			for _, x := range []float64{
				r.Min, r.Max, math.Nextafter(r.Min, math.Inf(-1)), math.Nextafter(r.Max, math.Inf(1)), 0.5,
				math.NaN(), math.Inf(1), math.Inf(-1), v.Field(i).Float(),
			} {
				changed := reflect.New(v.Type()).Elem()
				changed.Set(v)
				changed.Field(i).SetFloat(x)
				err := changed.Interface().(losses.Validator).Validate()
				name := v.Type().Name() + "." + v.Type().Field(i).Name
				if r.Contains(x) {
					assert.NoErrorf(t, err, "%s = %v", name, x)
					continue
				}
				require.ErrorIsf(t, err, losses.ErrParam, "%s = %v", name, x)
				var wrong *losses.Error
				require.ErrorAs(t, err, &wrong)
				assert.Equal(t, name, wrong.Arg)
				assert.Contains(t, wrong.Want, r.String())
			}
		}
		got, ok := losses.Describe(e.Loss)
		assert.True(t, ok)
		assert.Equal(t, e, got)
	}
	e, ok := losses.Describe(nil)
	assert.True(t, ok)
	assert.Equal(t, "ce", e.Name)
	e, ok = losses.Describe(losses.GCE{Q: 0.25})
	assert.True(t, ok)
	assert.Equal(t, losses.GCE{Q: 0.25}, e.Loss)
	_, ok = losses.Describe(losses.WeightedSum{})
	assert.False(t, ok)
	losses.Losses()[0].Name = "changed"
	assert.Equal(t, "ce", losses.Losses()[0].Name, "the list is the caller's own")
}

func TestRangeString(t *testing.T) {
	inf := math.Inf(1)
	for want, r := range map[string]losses.Range{
		"a number in [0, 1]":   {Min: 0, Max: 1},
		"a number in (0, 1]":   {Min: 0, Max: 1, OpenMin: true},
		"a number in [0, 1)":   {Min: 0, Max: 1, OpenMax: true},
		"a finite number >= 2": {Min: 2, Max: inf},
		"a finite number > 2":  {Min: 2, Max: inf, OpenMin: true},
		"a finite number <= 2": {Min: -inf, Max: 2},
		"a finite number < 2":  {Min: -inf, Max: 2, OpenMax: true},
		"a finite number":      {Min: -inf, Max: inf},
	} {
		assert.Equal(t, want, r.String())
	}
}

// TestLossesInREADME: the table of losses has every one with its parameters.
func TestLossesInREADME(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	parameters := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(strings.ReplaceAll(line, `\|`, ""), "|")
		if len(cells) > 5 && strings.HasPrefix(cells[1], " `") {
			parameters[strings.Trim(cells[1], "` ")] = strings.TrimSpace(strings.ReplaceAll(cells[3], "−", "-"))
		}
	}
	for _, e := range losses.Losses() {
		v := reflect.ValueOf(e.Loss)
		var want []string
		for i := range v.NumField() {
			want = append(want, fmt.Sprintf("%s: %v", v.Type().Field(i).Name, v.Field(i)))
		}
		got, ok := parameters[v.Type().Name()]
		assert.True(t, ok, "%s is not in the README's table", v.Type().Name())
		assert.Equal(t, strings.Join(want, ", "), got, v.Type().Name())
	}
}

// TestProper: where labels are of the distribution q, the logits log q have no gradient on average,
// for the losses that say so and no other.
func TestProper(t *testing.T) {
	q := []float64{.05, .15, .2, .6}
	z := make([]float64, len(q))
	for k, x := range q {
		z[k] = math.Log(x)
	}
	for _, e := range losses.Losses() {
		if !e.Has(losses.SoftmaxLink) {
			continue
		}
		slope := make([]float64, len(q))
		for y, x := range q {
			_, grad, err := losses.Criterion{Loss: e.Loss}.EvalGrad(vec(z...), indices(tensor.Int, y))
			require.NoError(t, err)
			for k, g := range grad.Float64s() {
				slope[k] += x * g
			}
		}
		assert.Equal(t, e.Proper, math.Abs(slope[0])+math.Abs(slope[3]) < 1e-9, "%s: %v", e.Name, slope)
	}
}
