package graph_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
)

// mode is a way to run a graph.
type mode int

const (
	tape  mode = iota // tape machine, gradient nodes of gorgonia.Grad
	dual              // the same, gradients bound to the inputs by BindDualValues
	lisp              // Lisp machine, a new one for the run
	value             // tape machine of a graph without gradients
	modes
)

func (m mode) String() string { return [...]string{"tape", "dual", "lisp", "value"}[m] }

// gradModes are the modes that give gradients.
var gradModes = []mode{tape, dual, lisp}

// problem is a graph to run.
type problem struct {
	g    *G.ExprGraph
	loss *G.Node // its value is read
	cost *G.Node // a scalar, which is differentiated
	wrt  G.Nodes // by these inputs
}

// result is what a run gave.
type result struct {
	loss  []float64
	grads [][]float64 // nil in mode value
}

// run runs a graph that build makes anew.
func run(t testing.TB, m mode, build func(g *G.ExprGraph) problem) result {
	t.Helper()
	r, err := tryRun(t, m, build)
	require.NoError(t, err)
	return r
}

// tryRun is run for graphs whose run may fail.
func tryRun(t testing.TB, m mode, build func(g *G.ExprGraph) problem) (r result, err error) {
	t.Helper()
	p := build(G.NewGraph())
	var loss G.Value
	G.Read(p.loss, &loss)
	grads := make([]G.Value, len(p.wrt))
	var vm G.VM
	switch m {
	case tape, dual:
		nodes, err := G.Grad(p.cost, p.wrt...)
		require.NoError(t, err)
		if m == dual {
			vm = G.NewTapeMachine(p.cost.Graph(), G.BindDualValues(p.wrt...))
			break
		}
		for i, n := range nodes {
			G.Read(n, &grads[i])
		}
		vm = G.NewTapeMachine(p.cost.Graph())
	case lisp:
		vm = G.NewLispMachine(p.cost.Graph())
	default:
		vm = G.NewTapeMachine(p.cost.Graph())
	}
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return r, err
	}
	r.loss = floats(t, loss)
	if m == value {
		return r, nil
	}
	for i, n := range p.wrt {
		if m != tape {
			grads[i], err = n.Grad()
			require.NoError(t, err)
		}
		require.NotNil(t, grads[i], "no gradient of %v", n)
		r.grads = append(r.grads, floats(t, grads[i]))
	}
	return r, nil
}

// floats returns a copy of the elements of a value, row by row.
func floats(t testing.TB, v G.Value) (out []float64) {
	t.Helper()
	switch v := v.(type) {
	case *G.F32:
		return []float64{float64(*v)}
	case *G.F64:
		return []float64{float64(*v)}
	case *tensor.Dense:
		if v.Shape().Dims() == 2 {
			for i := range v.Shape()[0] {
				for j := range v.Shape()[1] {
					x, err := v.At(i, j)
					require.NoError(t, err)
					out = append(out, widen(t, x))
				}
			}
			return out
		}
		it := v.Iterator()
		for i, err := it.Start(); err == nil; i, err = it.Next() {
			out = append(out, widen(t, v.Get(i)))
		}
		return out
	}
	require.Failf(t, "no floats", "%T", v)
	return nil
}

func widen(t testing.TB, x any) float64 {
	t.Helper()
	switch x := x.(type) {
	case float32:
		return float64(x)
	case float64:
		return x
	}
	require.Failf(t, "no float", "%T", x)
	return 0
}

// requireClose compares with the module's comparator; rtol = atol = 0 wants equal numbers.
func requireClose(t testing.TB, want, got []float64, rtol, atol float64, msg string, args ...any) {
	t.Helper()
	if !allClose(want, got, rtol, atol) {
		require.Failf(t, "not close", msg+"\nwant %v\ngot  %v", append(args, want, got)...)
	}
}

func allClose(want, got []float64, rtol, atol float64) bool {
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !numtest.Close(got[i], want[i], rtol, atol) {
			return false
		}
	}
	return true
}

// dense returns a tensor of dt with these elements, a scalar without a shape.
func dense(dt tensor.Dtype, x []float64, shape ...int) *tensor.Dense {
	switch {
	case len(shape) == 0 && dt == tensor.Float64:
		return tensor.New(tensor.FromScalar(x[0]))
	case len(shape) == 0:
		return tensor.New(tensor.FromScalar(float32(x[0])))
	case dt == tensor.Float64:
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float64(nil), x...)))
	}
	y := make([]float32, len(x))
	for i := range x {
		y[i] = float32(x[i])
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(y))
}

// f64 is dense of float64.
func f64(x []float64, shape ...int) *tensor.Dense { return dense(tensor.Float64, x, shape...) }

// indexTensor returns the classes y in a tensor of dt.
func indexTensor(dt tensor.Dtype, y []int) *tensor.Dense {
	var backing any = append([]int(nil), y...)
	switch dt {
	case tensor.Int32:
		z := make([]int32, len(y))
		for i := range y {
			z[i] = int32(y[i])
		}
		backing = z
	case tensor.Int64:
		z := make([]int64, len(y))
		for i := range y {
			z[i] = int64(y[i])
		}
		backing = z
	}
	return tensor.New(tensor.WithShape(len(y)), tensor.WithBacking(backing))
}

// input returns an input of the graph that holds v.
func input(g *G.ExprGraph, name string, v *tensor.Dense) *G.Node {
	return G.NewTensor(g, v.Dtype(), v.Dims(), G.WithShape(v.Shape().Clone()...), G.WithName(name), G.WithValue(v))
}

// errorOf returns the error of a call.
func errorOf[T any](_ T, err error) error { return err }

// must returns a node that could be built.
func must(t testing.TB) func(*G.Node, error) *G.Node {
	return func(n *G.Node, err error) *G.Node {
		t.Helper()
		require.NoError(t, err)
		return n
	}
}

// normals returns n normal numbers.
func normals(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// softRows returns n rows of k soft labels, some of them 0, that sum to 1.
func softRows(r *rand.Rand, n, k int) []float64 {
	x := make([]float64, n*k)
	for i := range n {
		row, sum := x[i*k:(i+1)*k], 0.0
		for j := range row {
			if j == 0 || r.Float64() < 0.7 {
				row[j] = 0.1 + r.Float64()
			}
			sum += row[j]
		}
		for j := range row {
			row[j] /= sum
		}
	}
	return x
}

// probRows returns n rows of k probabilities, the softmax of normal numbers.
func probRows(r *rand.Rand, n, k int) []float64 {
	x := normals(r, n*k)
	for i := range n {
		row, sum := x[i*k:(i+1)*k], 0.0
		for j := range row {
			row[j] = math.Exp(row[j])
			sum += row[j]
		}
		for j := range row {
			row[j] /= sum
		}
	}
	return x
}

// classes returns n classes below k.
func classes(r *rand.Rand, n, k int) []int {
	y := make([]int, n)
	for i := range y {
		y[i] = r.IntN(k)
	}
	return y
}

// newRand returns a generator with a fixed seed.
func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
