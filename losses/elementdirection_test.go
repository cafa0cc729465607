package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// elementsAlong evaluates elements along a direction, with logits, labels and directions of one
// class.
func elementsAlong(t *testing.T, c losses.Criterion, dt tensor.Dtype, z, y, v []float64) (loss, grad []float64) {
	c.Link, c.Reduction = losses.SigmoidLink, losses.None
	shape := []int{len(z), 1}
	out := losses.Outputs{Loss: dense(dt, make([]float64, len(z)), shape...), Grad: dense(dt, make([]float64, len(z)),
		shape...)}
	require.NoError(t, c.EvalInto(out, losses.Inputs{Logits: dense(dt, z, shape...), Target: dense(dt, y, shape...),
		Direction: dense(dt, v, shape...)}))
	return values(out.Loss), values(out.Grad)
}

// questionsAlong are logits of all sizes, labels and directions, more than are computed at once.
func questionsAlong() (z, y, v []float64) {
	for i := range 700 {
		z = append(z, []float64{-800, -90, -40, -3, -1, -.5, -1e-9, 0, .25, 1, 2, 2.5, 50, 88, 700}[i%15])
		y, v = append(y, float64(i%4)/3), append(v, math.Cos(float64(i)))
	}
	return z, y, v
}

// TestElementsAlongRows: elements have the derivatives along a direction of rows of two classes,
// with the logits (z, 0), of every loss that has second derivatives.
func TestElementsAlongRows(t *testing.T) {
	z, y, v := questionsAlong()
	z = append(z, nan, inf, -inf, -inf, -inf)
	y, v = append(y, .5, .5, 0, .5, 1), append(v, 1, 2, -1, 3, 4)
	for _, name := range twice {
		c := losses.Criterion{Loss: lossFamily[name], Reduction: losses.None}
		rows := batch{dt: tensor.Float64, n: len(z), k: 2}
		var w []float64
		for i := range z {
			rows.z, rows.t, w = append(rows.z, z[i], 0), append(rows.t, y[i], 1-y[i]), append(w, v[i], 0)
		}
		want := rows.along(t, c, w)
		loss, grad := elementsAlong(t, c, tensor.Float64, z, y, v)
		for i := range z {
			what := fmt.Sprintf("%s, z=%v, label %v", name, z[i], y[i])
			near(t, "loss, "+what, loss[i:i+1], want.loss[i:i+1], 1e-11, 1e-15)
			near(t, "grad, "+what, grad[i:i+1], want.grad[2*i:2*i+1], 1e-11, 1e-15*math.Exp(-math.Abs(z[i])))
		}
	}
}

// TestCrossEntropyOfElementsAlong: the second derivative of cross entropy is p (1-p) to 4 ulp of
// float32 or 16 of float64, and what the rounding of the exponential's argument makes of it, times
// the direction, whatever the logit's size.
func TestCrossEntropyOfElementsAlong(t *testing.T) {
	for _, dt := range floatDtypes {
		exact := 4 * epsilon(dt)
		if dt == tensor.Float64 {
			exact *= 4
		}
		z, y, v := questionsAlong()
		z, y, v = round(dt, z), round(dt, y), round(dt, v)
		_, grad := elementsAlong(t, losses.Criterion{}, dt, z, y, v)
		for i := range z {
			p := numtest.NewSoftmax([]float64{z[i], 0}).P
			want := p[0].Mul(p[1]).Mul(numtest.Num(v[i])).Hi
			near(t, fmt.Sprintf("%v, z=%v", dt, z[i]), grad[i:i+1], []float64{want}, exact+math.Abs(z[i])*0x1p-53,
				2*tiny(dt))
		}
	}
}

// tiny is the smallest number of a dtype.
func tiny(dt tensor.Dtype) float64 {
	if dt == tensor.Float32 {
		return math.SmallestNonzeroFloat32
	}
	return math.SmallestNonzeroFloat64
}
