package dataset

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

func TestSizesAndIndex(t *testing.T) {
	d := sample()
	require.NoError(t, d.Validate(losses.SoftmaxLink))
	assert.Equal(t, []int{4, 2, 3}, []int{d.Len(), d.NumFeatures(), d.NumClasses()})
	assert.Equal(t, []int{0, 1, 1, 2}, d.Index(), "ties go to the lowest class")
}

func TestEmptyDatasetHasSizesZero(t *testing.T) {
	flat := tensor.New(tensor.WithShape(3), tensor.WithBacking([]float32{1, 2, 3}))
	for _, d := range []*Dataset{nil, {}, {Features: flat, Labels: flat}} {
		assert.Equal(t, []int{0, 0, 0}, []int{d.Len(), d.NumFeatures(), d.NumClasses()})
		assert.Nil(t, d.Index())
		assert.Error(t, d.Validate(losses.SoftmaxLink))
	}
	checkError(t, (*Dataset)(nil).Validate(losses.SoftmaxLink), ErrParam)
}

func TestValidateShapes(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Dataset)
		kind   error
		text   string
	}{
		{"no features", func(d *Dataset) { d.Features = nil }, ErrShape, "features: got nil, which is no tensor"},
		{"no labels", func(d *Dataset) { d.Labels = nil }, ErrShape, "labels: got nil, which is no tensor"},
		{"dtype", func(d *Dataset) { d.Labels = tensorOf(4, 1., 1, 1, 1) }, ErrDtype, "labels: got dtype float64"},
		{"rows", func(d *Dataset) { d.Labels = tensorOf[float32](1, 1, 0, 0) }, ErrShape,
			"labels: got 1 row, want 4, the rows of features"},
		{"counts", func(d *Dataset) { d.Counts = d.Counts[:3] }, ErrShape, "counts: got 3 entries, want 4"},
		{"no count", func(d *Dataset) { d.Counts = []float64{} }, ErrShape, "counts: got 0 entries, want 4"},
		{"feature names", func(d *Dataset) { d.FeatureNames = d.FeatureNames[:1] }, ErrShape,
			"feature names: got 1 name, want 2"},
		{"class names", func(d *Dataset) { d.ClassNames = d.ClassNames[:2] }, ErrShape, "class names: got 2 names, want 3"},
		{"a feature twice", func(d *Dataset) { d.FeatureNames = []string{"a", "a"} }, ErrParam,
			`feature names: got "a" twice, want each feature once`},
		{"a class twice", func(d *Dataset) { d.ClassNames = []string{"a", "b", "a"} }, ErrParam,
			`class names: got "a" twice, want each class once`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := sample()
			test.change(d)
			checkError(t, d.Validate(losses.SoftmaxLink), test.kind, test.text)
		})
	}
	d := sample()
	d.Counts, d.FeatureNames, d.ClassNames = nil, nil, nil
	assert.NoError(t, d.Validate(losses.SoftmaxLink), "names and counts may be absent")
}

func TestValidateValues(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	label := func(i int, v float32) func(*Dataset) {
		return func(d *Dataset) { d.Labels.Data().([]float32)[i] = v }
	}
	tests := []struct {
		name        string
		change      func(*Dataset)
		arg         string
		row, column int
	}{
		{"feature NaN", func(d *Dataset) { d.Features.Data().([]float32)[3] = nan }, "features", 1, 1},
		{"feature Inf", func(d *Dataset) { d.Features.Data().([]float32)[4] = -inf }, "features", 2, 0},
		{"label negative", label(4, -1), "labels", 1, 1},
		{"label NaN", label(5, nan), "labels", 1, 2},
		{"label Inf", label(0, inf), "labels", 0, 0},
		{"sum too large", label(9, .1), "labels", 3, -1},
		{"all zero", label(11, 0), "labels", 3, -1},
		{"count zero", func(d *Dataset) { d.Counts[2] = 0 }, "counts", 2, -1},
		{"count NaN", func(d *Dataset) { d.Counts[1] = math.NaN() }, "counts", 1, -1},
		{"count Inf", func(d *Dataset) { d.Counts[1] = math.Inf(1) }, "counts", 1, -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := sample()
			test.change(d)
			checkRowError(t, d.Validate(losses.SoftmaxLink), test.arg, test.row, test.column)
			if test.arg == "labels" {
				assert.ErrorIs(t, d.Validate(losses.SoftmaxLink), ErrLabel)
			}
		})
	}
	d := sample()
	label(11, .9999)(d)
	assert.NoError(t, d.Validate(losses.SoftmaxLink), "printed with four digits")
}

// Questions have labels from 0 to 1, whatever their sum.
func TestValidateQuestions(t *testing.T) {
	d := sample()
	copy(d.Labels.Float32s(), []float32{1, 1, 1, 0, 0, 0, .25, 1})
	require.NoError(t, d.Validate(losses.SigmoidLink))
	err := d.Validate(losses.SoftmaxLink)
	checkRowError(t, err, "labels", 0, -1)
	assert.ErrorContains(t, err, "divide the row by it, or use Link: SigmoidLink")
	for _, bad := range []float32{1.0001, -1, float32(math.NaN())} {
		d.Labels.Float32s()[4] = bad
		checkRowError(t, d.Validate(losses.SigmoidLink), "labels", 1, 1)
	}
}
