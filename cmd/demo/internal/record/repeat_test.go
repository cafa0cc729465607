package record

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMeanAndDeviation(t *testing.T) {
	mean, deviation := MeanAndDeviation([]float64{1, 2, 6})
	assert.InDelta(t, 3, mean, 1e-15)
	assert.InDelta(t, 2.6457513110645907, deviation, 1e-12)
	mean, deviation = MeanAndDeviation([]float64{4})
	assert.Equal(t, []float64{4, 0}, []float64{mean, deviation})
}

func TestRepeat(t *testing.T) {
	var r Repeat
	for i, accuracy := range []Float{0.5, 0.75} {
		s := New(Config{Seed: uint64(i + 3)})
		s.TestAccuracy, s.Test = accuracy, &Test{Verdict: &Verdict{NLL: 1}}
		r.Add(s)
	}
	assert.Equal(t, []uint64{3, 4}, r.Seeds)
	m := r.Measures[1]
	assert.Equal(t, []any{"test_accuracy", []Float{0.5, 0.75}, Float(0.625)}, []any{m.Name, m.Values, m.Mean})
	assert.InDelta(t, 0.1767767, float64(m.Deviation), 1e-6)
	assert.False(t, r.Measures[0].Mean.Finite(), "one that is not known makes the mean unknown")
}
