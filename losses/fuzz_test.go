package losses_test

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// FuzzCrossEntropy reads logits and labels from bytes as they come. Nothing panics; a label that is
// none is an error; a loss is NaN only in a row of NaN, +Inf or nothing but -Inf, and never
// negative; gradients of finite rows are finite.
func FuzzCrossEntropy(f *testing.F) {
	seed := func(x ...float32) (b []byte) {
		for _, v := range x {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		return b
	}
	inf, nan := float32(inf), float32(nan)
	f.Add(seed(1, 2, 3, 4, 1, 0, 0, 1), uint8(2), uint8(0), float32(0))
	f.Add(seed(1e30, -1e30, -inf, 0, 1, 0, 0, 1), uint8(4), uint8(9), float32(.1))
	f.Add(seed(nan, 1, inf, inf, -inf, -inf, 1, 0, .5, .5, 1, 1), uint8(2), uint8(17), float32(.5))
	f.Add(seed(1, 2, -1, nan), uint8(2), uint8(2), float32(1e38))
	f.Add(seed(3e38, -3e38, 3e38, 3e38), uint8(2), uint8(3), float32(-1))
	f.Fuzz(func(t *testing.T, data []byte, classes, options uint8, alpha float32) {
		k := int(classes)%8 + 1
		n := len(data) / 4 / (2 * k)
		if n == 0 || n > 64 {
			t.Skip("no whole row of logits and labels, or too many")
		}
		x := make([]float32, 2*n*k)
		for i := range x {
			x[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		z, labels := x[:n*k], x[n*k:]
		c := losses.Criterion{Reduction: losses.None}
		if options&1 != 0 {
			c.Loss = byRow{losses.CrossEntropy{}}
		}
		c.Smoothing = losses.Smoothing{Rule: losses.SmoothingRule(options >> 1 & 3), Alpha: float64(alpha)}
		loss, grad, err := c.EvalGrad(
			tensor.New(tensor.WithShape(n, k), tensor.WithBacking(append([]float32(nil), z...))),
			tensor.New(tensor.WithShape(n, k), tensor.WithBacking(append([]float32(nil), labels...))))
		if overflows(c.Smoothing, labels, k) {
			return // anything but a panic
		}
		if (err != nil) != (c.Validate() != nil || !validLabels(labels)) {
			t.Fatalf("error %v for labels %v, %v", err, labels, c.Smoothing)
		}
		if err != nil {
			var e *losses.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v is no *Error", err)
			}
			return
		}
		checkNaNs(t, c, z, labels, loss.Float32s(), grad.Float32s())
	})
}

// checkNaNs wants NaN in the rows that the contract makes so, and nowhere else, and no loss below
// 0.
func checkNaNs(t *testing.T, c losses.Criterion, z, labels, loss, grad []float32) {
	k := len(z) / len(loss)
	for i, l := range loss {
		row := z[i*k : (i+1)*k]
		poisoned := isPoisoned(row)
		if (l != l) != poisoned || l < 0 {
			t.Fatalf("loss %v of logits %v, labels %v, %s", l, row, labels[i*k:(i+1)*k], c.Key())
		}
		for _, g := range grad[i*k : (i+1)*k] {
			if (g != g) != poisoned {
				t.Fatalf("gradient %v of logits %v, labels %v, %s", g, row, labels[i*k:(i+1)*k], c.Key())
			}
		}
	}
}

func validLabels(t []float32) bool {
	for _, v := range t {
		if !(v >= 0) || v > math.MaxFloat32 {
			return false
		}
	}
	return true
}

// overflows reports whether a smoothed label, or the sum of a row of labels, leaves float32.
func overflows(s losses.Smoothing, t []float32, k int) bool {
	if s.Validate() != nil || !validLabels(t) {
		return false
	}
	wide := make([]float64, len(t))
	for i, v := range t {
		wide[i] = float64(v)
	}
	for lo := 0; lo < len(wide); lo += k {
		if sumOf(wide[lo:lo+k]) > math.MaxFloat32 {
			return true
		}
	}
	return slices.ContainsFunc(smoothAll(s, wide, k), func(v float64) bool { return float32(v) > math.MaxFloat32 })
}

// isPoisoned reports whether the contract makes the row NaN.
func isPoisoned(row []float32) bool {
	all := true
	for _, v := range row {
		if v != v || v > math.MaxFloat32 {
			return true
		}
		all = all && v < -math.MaxFloat32
	}
	return all
}
