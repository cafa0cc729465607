package losses_test

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestSoftmaxInto: the numbers of Softmax and LogSoftmax, in place too, of any shape, without
// allocation.
func TestSoftmaxInto(t *testing.T) {
	for name, f := range map[string]struct {
		into func(dst *tensor.Dense, logits tensor.Tensor) error
		of   func(tensor.Tensor) (*tensor.Dense, error)
	}{"softmax": {losses.SoftmaxInto, losses.Softmax}, "log-softmax": {losses.LogSoftmaxInto, losses.LogSoftmax}} {
		for _, dt := range floatDtypes {
			for _, shape := range [][]int{{5}, {4, 5}, {2, 3, 4}, {5000, 5}} {
				n := tensor.Shape(shape).TotalSize()
				z := dense(dt, repeat(n, func(i int) float64 { return float64(i*i%17) / 2 }), shape...)
				want, err := f.of(z)
				require.NoError(t, err)
				dst := dense(dt, make([]float64, n), shape...)
				require.NoError(t, f.into(dst, z), name)
				same(t, name, values(dst), values(want))
				if !raceEnabled {
					gc := debug.SetGCPercent(-1)
					assert.Zero(t, testing.AllocsPerRun(20, func() { _ = f.into(dst, z) }), name)
					debug.SetGCPercent(gc)
				}
				require.NoError(t, f.into(z, z), name)
				same(t, name+" in place", values(z), values(want))
			}
		}
		base := make([]float64, 12)
		at := func(lo int) *tensor.Dense {
			return tensor.New(tensor.WithShape(2, 3), tensor.WithBacking(base[lo:lo+6]))
		}
		require.NoError(t, f.into(at(0), at(6)))
		assert.ErrorIs(t, f.into(at(0), at(3)), losses.ErrShape)
		transposed := at(0)
		require.NoError(t, transposed.T())
		assert.ErrorIs(t, f.into(tensor.New(tensor.WithShape(3, 2), tensor.WithBacking(base[:6])), transposed),
			losses.ErrShape)
		assert.ErrorIs(t, f.into(transposed, tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(3, 2))),
			losses.ErrShape)
		assert.ErrorIs(t, f.into(nil, at(0)), losses.ErrNil)
		assert.ErrorIs(t, f.into(at(0), nil), losses.ErrNil)
		assert.ErrorIs(t, f.into(at(0), dense(tensor.Float32, make([]float64, 6), 2, 3)), losses.ErrDtype)
	}
}
