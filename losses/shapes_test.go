package losses_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// anyInts returns an index as a tensor of the element type of like.
func anyInts(like any, index []int, shape ...int) *tensor.Dense {
	of := reflect.TypeOf(like)
	s := reflect.MakeSlice(reflect.SliceOf(of), len(index), len(index))
	for i, y := range index {
		s.Index(i).Set(reflect.ValueOf(y).Convert(of))
	}
	if len(shape) == 0 {
		return tensor.New(tensor.FromScalar(s.Index(0).Interface()))
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(s.Interface()))
}

// TestIndexTypes: class numbers of every integer type, as [N] and [N, 1], are those of int.
func TestIndexTypes(t *testing.T) {
	z := dense(tensor.Float64, []float64{1, 2, 3, 3, 1, 0}, 2, 3)
	c := losses.Criterion{Reduction: losses.None}
	want, grad, err := c.EvalGrad(z, indices(tensor.Int, 2, 0))
	require.NoError(t, err)
	for _, like := range []any{
		0, int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0),
	} {
		for _, shape := range [][]int{{2}, {2, 1}} {
			got, g, err := c.EvalGrad(z, anyInts(like, []int{2, 0}, shape...))
			require.NoError(t, err, "%T", like)
			assert.Equal(t, values(want), values(got), "%T", like)
			assert.Equal(t, values(grad), values(g), "%T", like)
		}
		_, err := c.Eval(z, anyInts(like, []int{2, 3}, 2))
		assert.ErrorIs(t, err, losses.ErrIndex, "%T", like)
		labels, err := losses.OneHot(anyInts(like, []int{2, 0}, 2), 3, tensor.Float64)
		require.NoError(t, err, "%T", like)
		assert.Equal(t, []float64{0, 0, 1, 1, 0, 0}, values(labels), "%T", like)
		for shape, want := range map[*[]int]tensor.Shape{{2, 1}: {2, 3}, {1, 2}: {1, 2, 3}, {}: {3}} {
			labels, err := losses.OneHot(anyInts(like, []int{2, 0}, *shape...), 3, tensor.Float64)
			require.NoError(t, err, "%T", like)
			assert.Equal(t, want, labels.Shape())
		}
	}
	_, err = c.Eval(z, tensor.New(tensor.WithShape(2), tensor.WithBacking([]uint64{1, 1 << 63})))
	assert.ErrorIs(t, err, losses.ErrIndex)
}

// TestVectorOfLogits: logits [K] are one row, and None gives a scalar.
func TestVectorOfLogits(t *testing.T) {
	row := dense(tensor.Float32, []float64{1, 2, 3}, 3)
	matrix := dense(tensor.Float32, []float64{1, 2, 3}, 1, 3)
	for _, reduction := range []losses.Reduction{losses.Mean, losses.Sum, losses.None, losses.WeightedMean} {
		c := losses.Criterion{Reduction: reduction, ClassWeights: []float64{1, 2, 3}}
		want, grad, err := c.EvalGrad(matrix, indices(tensor.Int, 1))
		require.NoError(t, err)
		for name, target := range map[string]*tensor.Dense{
			"labels [K]":   dense(tensor.Float32, []float64{0, 1, 0}, 3),
			"index [1]":    indices(tensor.Int, 1),
			"scalar index": tensor.New(tensor.FromScalar(1)),
			"scalar byte":  tensor.New(tensor.FromScalar(uint8(1))),
		} {
			got, g, err := c.EvalGrad(row, target)
			require.NoError(t, err, name)
			assert.True(t, got.IsScalar(), name)
			near(t, name, values(got), values(want), 4*epsilon(tensor.Float32), 0)
			assert.Equal(t, tensor.Shape{3}, g.Shape(), name)
			near(t, name, values(g), values(grad), 4*epsilon(tensor.Float32), 0)
		}
	}
	c := losses.Criterion{Reduction: losses.None}
	loss, weightGrad := tensor.New(tensor.FromScalar(float32(0))), dense(tensor.Float32, []float64{0}, 1)
	require.NoError(t, c.EvalInto(losses.Outputs{Loss: loss, WeightGrad: weightGrad}, losses.Inputs{
		Logits: row, Target: indices(tensor.Int, 1),
		SampleWeights: tensor.New(tensor.FromScalar(float32(2))), Upstream: tensor.New(tensor.FromScalar(float32(3))),
	}))
	near(t, "weighted", values(loss), []float64{2 * 1.4076059644443804}, 1e-6, 0)
	near(t, "weight's gradient", values(weightGrad), []float64{3 * 1.4076059644443804}, 1e-6, 0)
}

// TestManyAxes: logits [N, T, K] are N·T rows along the last axis, or along Axis, with an index of
// the shape of the rows or with an axis of one element where the classes are.
func TestManyAxes(t *testing.T) {
	x := repeat(24, func(i int) float64 { return float64(i*i%7) - 3 })
	index := []int{0, 1, 2, 3, 2, 1}
	flat, grad, err := losses.Criterion{Reduction: losses.None}.EvalGrad(dense(tensor.Float64, x, 6, 4),
		indices(tensor.Int, index...))
	require.NoError(t, err)
	for _, shape := range [][]int{{2, 3}, {2, 3, 1}} {
		got, g, err := losses.Criterion{Reduction: losses.None}.EvalGrad(dense(tensor.Float64, x, 2, 3, 4),
			anyInts(0, index, shape...))
		require.NoError(t, err)
		assert.Equal(t, tensor.Shape{2, 3}, got.Shape())
		assert.Equal(t, values(flat), values(got))
		assert.Equal(t, values(grad), values(g))
	}
	middle := dense(tensor.Float64, x, 2, 3, 4)
	require.NoError(t, middle.T(0, 2, 1))
	for _, shape := range [][]int{{2, 3}, {2, 1, 3}} {
		c := losses.Criterion{Reduction: losses.None, Axis: 1}
		got, err := c.Eval(middle, anyInts(0, index, shape...))
		require.NoError(t, err)
		assert.Equal(t, values(flat), values(got))
		w := dense(tensor.Float64, []float64{1, 0, 1, 1, 1, 1}, shape...)
		out := losses.Outputs{WeightGrad: dense(tensor.Float64, make([]float64, 6), shape...)}
		require.NoError(t, c.EvalInto(out, losses.Inputs{Logits: middle, Target: anyInts(0, index, shape...),
			SampleWeights: w}))
		assert.Zero(t, values(out.WeightGrad)[1])
		assert.Equal(t, values(flat)[2:], values(out.WeightGrad)[2:])
	}
	_, err = losses.Criterion{}.Eval(dense(tensor.Float64, x, 2, 3, 4), anyInts(0, index, 3, 2))
	assert.EqualError(t, err, "losses: index: shape (3, 2) is wrong, want shape (2, 3)")
}

// TestShapesWithoutClassAxis: what a criterion says of shapes alone is no panic where there are no
// logits, or none with its class axis.
func TestShapesWithoutClassAxis(t *testing.T) {
	w := dense(tensor.Float64, []float64{1, 1}, 2)
	for _, axis := range []int{-1, 0, 2, 7} {
		for _, link := range []losses.Link{losses.SoftmaxLink, losses.SigmoidLink} {
			c := losses.Criterion{Axis: axis, Link: link}
			for _, s := range []tensor.Shape{nil, {}, {2}, {2, 3}} {
				if axis != 0 || len(s) == 0 {
					assert.Equal(t, len(s), len(c.RowShape(s)), "%d %v", axis, s)
				}
			}
			for _, logits := range []*tensor.Dense{nil, new(tensor.Dense), tensor.New(tensor.FromScalar(1.0)), w} {
				if axis != 0 || logits != w {
					assert.Error(t, c.CheckSampleWeights(w, logits), "%d %v", axis, logits)
				}
			}
		}
	}
	logits := dense(tensor.Float64, make([]float64, 6), 2, 3)
	for _, some := range []losses.Operand{w, nil, (*tensor.Dense)(nil)} {
		assert.NoError(t, losses.Criterion{}.CheckSampleWeights(some, logits))
	}
	assert.ErrorIs(t, losses.Criterion{}.CheckSampleWeights(new(tensor.Dense), logits), losses.ErrNil)
}

// TestFunctionsOfManyAxes: what makes labels takes vectors and more axes as well, row by row.
func TestFunctionsOfManyAxes(t *testing.T) {
	x := repeat(24, func(i int) float64 { return float64(1 + i*i%7) })
	for name, f := range map[string]func(x *tensor.Dense) (*tensor.Dense, error){
		"votes":   func(x *tensor.Dense) (*tensor.Dense, error) { return losses.VotesToLabels(x) },
		"mix":     func(x *tensor.Dense) (*tensor.Dense, error) { return losses.MixLabels(x, x, .25) },
		"teacher": func(x *tensor.Dense) (*tensor.Dense, error) { return losses.TeacherLabels(x, 3) },
		"smooth":  func(x *tensor.Dense) (*tensor.Dense, error) { return losses.SmoothSoftLabels(x, .2) },
	} {
		for _, dt := range floatDtypes {
			want, err := f(dense(dt, x, 6, 4))
			require.NoError(t, err, name)
			got, err := f(dense(dt, x, 2, 3, 4))
			require.NoError(t, err, name)
			assert.Equal(t, tensor.Shape{2, 3, 4}, got.Shape(), name)
			assert.Equal(t, values(want), values(got), name)
			got, err = f(dense(dt, x[4:8], 4))
			require.NoError(t, err, name)
			assert.Equal(t, tensor.Shape{4}, got.Shape(), name)
			assert.Equal(t, values(want)[4:8], values(got), name)
		}
	}
}
