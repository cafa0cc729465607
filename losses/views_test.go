package losses_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// layouts returns the n×k matrix x as tensors that lie in memory in different ways.
func layouts(t tester, dt tensor.Dtype, x []float64, n, k int) map[string]*tensor.Dense {
	t.Helper()
	at := func(i, j int) float64 { return x[i*k+j] }
	ok := func(v tensor.View, err error) *tensor.Dense {
		require.NoError(t, err)
		return v.(*tensor.Dense)
	}
	columns := repeat(n*k, func(i int) float64 { return at(i%n, i/n) }) // [K, N]
	transposed := dense(dt, columns, k, n)
	require.NoError(t, transposed.T())

	framed := dense(dt, repeat((n+3)*(k+4), func(i int) float64 {
		if r, c := i/(k+4)-1, i%(k+4)-2; r >= 0 && r < n && c >= 0 && c < k {
			return at(r, c)
		}
		return nan
	}), n+3, k+4)
	inside := ok(framed.Slice(tensor.S(1, n+1), tensor.S(2, k+2)))
	rows := dense(dt, append(repeat(2*k, func(int) float64 { return nan }), x...), n+2, k)
	below := ok(rows.Slice(tensor.S(2, n+2)))
	every := dense(dt, repeat(2*n*k, func(i int) float64 {
		if i/k%2 == 1 {
			return nan
		}
		return at(i/k/2, i%k)
	}), 2*n, k)
	stepped := ok(every.Slice(tensor.S(0, 2*n, 2)))

	fortran := tensor.New(tensor.WithShape(n, k), tensor.AsFortran(dense(dt, x, n, k).Data()))
	all := map[string]*tensor.Dense{
		"contiguous": dense(dt, x, n, k), "transposed": transposed, "inside": inside,
		"lower rows": below, "every other row": stepped, "fortran": fortran,
	}
	for name, d := range all {
		// A slice of one row or column is a vector, by the tensor package's rules;
		// TestColumnMajorVectors has the others.
		if d.Dims() != 2 || len(d.Strides()) != 2 {
			delete(all, name)
		}
	}
	require.GreaterOrEqual(t, len(all), 2)
	if n > 1 && k > 1 {
		require.Len(t, all, 6)
	}
	return all
}

// TestViews: every layout of the same numbers gives the same bits.
func TestViews(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, c := range []losses.Criterion{{}, {Loss: losses.MAE{}, Reduction: losses.None},
			{Smoothing: losses.Smoothing{Alpha: .1}, Reduction: losses.Sum}, {Loss: GCE{Q: .5}}} {
			for _, shape := range [][2]int{{6, 5}, {1, 5}, {5, 1}, {1, 1}, {2, 2}} {
				b := randomBatch(c, dt, 6, 61)
				b.n, b.k = shape[0], shape[1]
				b.z, b.t, b.s, b.u = b.z[:b.n*b.k], b.t[:b.n*b.k], b.s[:b.n], b.u[:upstreams(c, b.n)]
				plain := b.outputs(c)
				require.NoError(t, c.EvalInto(plain, b.inputs(c)))
				want := result{values(plain.Loss), values(plain.Grad), values(plain.TargetGrad)}
				for zname, z := range layouts(t, dt, b.z, b.n, b.k) {
					for tname, labels := range layouts(t, dt, b.t, b.n, b.k) {
						name := fmt.Sprint(dt, shape, " ", zname, " logits, ", tname, " labels")
						in := b.inputs(c)
						in.Logits, in.Target = z, labels
						before := snapshot(in)
						out := b.outputs(c)
						require.NoError(t, c.EvalInto(out, in), name)
						same(t, name+" loss", values(out.Loss), want.loss)
						same(t, name+" grad", values(out.Grad), want.grad)
						same(t, name+" labels' grad", values(out.TargetGrad), want.tgrad)
						require.Equal(t, before, snapshot(in), name)
						loss, grad, err := c.EvalGrad(z, labels)
						require.NoError(t, err, name)
						require.Len(t, values(loss), len(want.loss))
						require.True(t, grad.DataOrder().IsRowMajor() && grad.DataOrder().IsContiguous(), name)
					}
				}
			}
		}
	}
}

// TestColumnMajorVectors: for one row or one class the tensor package gives a column-major tensor a
// single stride, or none. Its elements lie in memory as those of a row-major one.
func TestColumnMajorVectors(t *testing.T) {
	for _, shape := range [][2]int{{1, 5}, {5, 1}, {1, 1}} {
		n, k := shape[0], shape[1]
		x := repeat(n*k, func(i int) float64 { return float64(i) })
		want, err := losses.Softmax(dense(tensor.Float64, x, n, k))
		require.NoError(t, err)
		got, err := losses.Softmax(tensor.New(tensor.WithShape(n, k), tensor.AsFortran(x)))
		if assert.NoError(t, err) {
			same(t, "softmax", values(got), values(want))
		}
	}
}

// TestVectorViews: columns of matrices as index, sample weights and upstream.
func TestVectorViews(t *testing.T) {
	column := func(m *tensor.Dense, c int) *tensor.Dense {
		v, err := m.Slice(nil, tensor.S(c))
		require.NoError(t, err)
		return v.(*tensor.Dense)
	}
	for _, dt := range floatDtypes {
		c := losses.Criterion{Reduction: losses.None}
		b := randomBatch(c, dt, 4, 62)
		b.index = []int{3, 0, 4, 1}
		want := b.eval(t, c)
		wide := func(x []float64) *tensor.Dense {
			return column(dense(dt, repeat(12, func(i int) float64 {
				if i%3 == 1 {
					return x[i/3]
				}
				return nan
			}), 4, 3), 1)
		}
		for _, idt := range indexDtypes {
			flat := repeatInt(8, func(i int) int {
				if i%2 == 0 {
					return -1
				}
				return b.index[i/2]
			})
			m := indices(idt, flat...)
			require.NoError(t, m.Reshape(4, 2))
			in := b.inputs(c)
			in.Target, in.SampleWeights, in.Upstream = column(m, 1), wide(b.s), wide(b.u)
			out := b.outputs(c)
			require.NoError(t, c.EvalInto(out, in))
			same(t, "loss", values(out.Loss), want.loss)
			same(t, "grad", values(out.Grad), want.grad)
		}
	}
}

func repeatInt(n int, f func(i int) int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

// TestViewsOfTheFamily: the functions of rows read views as well.
func TestViewsOfTheFamily(t *testing.T) {
	x := randomBatch(losses.Criterion{}, tensor.Float64, 6, 63).z
	u := randomBatch(losses.Criterion{}, tensor.Float64, 6, 64).z
	for _, dt := range floatDtypes {
		plain, up := dense(dt, x, 6, 5), dense(dt, u, 6, 5)
		for name, z := range layouts(t, dt, x, 6, 5) {
			for _, f := range []func(tensor.Tensor) (*tensor.Dense, error){losses.Softmax, losses.LogSoftmax,
				losses.LogSumExp} {
				want, err := f(plain)
				require.NoError(t, err)
				got, err := f(z)
				require.NoError(t, err, name)
				same(t, name, values(got), values(want))
			}
			for uname, v := range layouts(t, dt, u, 6, 5) {
				for _, f := range []func(a, b tensor.Tensor) (*tensor.Dense, error){losses.SoftmaxGrad,
					losses.LogSoftmaxGrad} {
					want, err := f(plain, up)
					require.NoError(t, err)
					got, err := f(z, v)
					require.NoError(t, err, name)
					same(t, name+" "+uname, values(got), values(want))
				}
			}
		}
	}
}
