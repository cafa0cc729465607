package graph_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/internal/numtest"
	"softloss/losses"
)

// cosine is the naive cosine of two vectors, 0 with a vector of zeros.
func cosine(a, b []float64) float64 {
	var ab, aa, bb float64
	for k := range a {
		ab, aa, bb = ab+a[k]*b[k], aa+a[k]*a[k], bb+b[k]*b[k]
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa) / math.Sqrt(bb)
}

// infoNCE is the naive loss of every row.
func infoNCE(a, b []float64, n, d int, temperature float64) []float64 {
	out := make([]float64, n)
	for i := range n {
		sum := 0.0
		for j := range n {
			sum += math.Exp(cosine(a[i*d:(i+1)*d], b[j*d:(j+1)*d]) / temperature)
		}
		out[i] = math.Log(sum) - cosine(a[i*d:(i+1)*d], b[i*d:(i+1)*d])/temperature
	}
	return out
}

// supCon is the naive loss of every row, and how many rows count.
func supCon(x []float64, y []int, d int, temperature float64) (out []float64, kept int) {
	out = make([]float64, len(y))
	for i := range y {
		sum, partners := 0.0, 0
		for j := range y {
			if j == i {
				continue
			}
			s := cosine(x[i*d:(i+1)*d], x[j*d:(j+1)*d]) / temperature
			sum += math.Exp(s)
			if y[j] == y[i] {
				partners++
				out[i] -= s
			}
		}
		if partners == 0 {
			out[i] = 0
			continue
		}
		kept++
		out[i] = out[i]/float64(partners) + math.Log(sum)
	}
	return out, kept
}

// reduced reduces the losses of rows, kept of which count.
func reduced(rows []float64, kept int, r losses.Reduction) []float64 {
	if r == losses.None {
		return rows
	}
	sum := 0.0
	for _, x := range rows {
		sum += x
	}
	if r == losses.Sum || kept == 0 {
		return []float64{sum}
	}
	return []float64{sum / float64(kept)}
}

var everyReduction = []losses.Reduction{losses.Mean, losses.Sum, losses.None, losses.WeightedMean}

// scalarOf returns the sum of a node of one axis.
func scalarOf(t testing.TB, n *G.Node) *G.Node {
	if n.IsScalar() {
		return n
	}
	return must(t)(G.Sum(n))
}

// vectors are n rows of d numbers; row 1 is zeros when there are more than two.
func vectors(seed uint64, n, d int) []float64 {
	x := normals(newRand(seed), n*d)
	if n > 2 {
		clear(x[d : 2*d])
	}
	return x
}

// TestCosineLogits holds values against the formula and gradients against differences, with a row
// of zeros, whose gradient is 0.
func TestCosineLogits(t *testing.T) {
	for _, s := range [][3]int{{4, 3, 5}, {1, 4, 3}, {3, 1, 2}, {1, 1, 1}, {2, 3, 1}} {
		n, k, d := s[0], s[1], s[2]
		x, w := vectors(1, n, d), normals(newRand(2), k*d)
		var want []float64
		for i := range n {
			for j := range k {
				want = append(want, cosine(x[i*d:(i+1)*d], w[j*d:(j+1)*d]))
			}
		}
		up := normals(newRand(3), n*k)
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			rtol := map[tensor.Dtype]float64{tensor.Float64: 1e-13, tensor.Float32: 1e-5}[dt]
			for _, m := range gradModes {
				got := run(t, m, func(g *G.ExprGraph) problem {
					xn, wn := input(g, "x", dense(dt, x, n, d)), input(g, "w", dense(dt, w, k, d))
					z := must(t)(graph.CosineLogits(xn, wn))
					cost := must(t)(G.Sum(must(t)(G.HadamardProd(z, input(g, "u", dense(dt, up, n, k))))))
					return problem{g: g, loss: z, cost: cost, wrt: G.Nodes{xn, wn}}
				})
				requireClose(t, want, got.loss, rtol, rtol, "%v %v %v", s, dt, m)
				for i, in := range [][]float64{x, w} {
					differences := numtest.NumGrad(func(v []float64) float64 {
						both := [][]float64{x, w}
						both[i] = v
						sum := 0.0
						for a := range n {
							for b := range k {
								sum += up[a*k+b] * cosine(both[0][a*d:(a+1)*d], both[1][b*d:(b+1)*d])
							}
						}
						return sum
					}, in)
					if i == 0 && n > 2 {
						clear(differences[d : 2*d]) // there is no derivative at 0
					}
					requireClose(t, differences, got.grads[i], 10*rtol+1e-7, 10*rtol+1e-7, "input %d %v %v %v", i, s,
						dt, m)
				}
			}
		}
	}
}

// TestCosinesAreWithinOne has rows of which rounding takes the cosine with themselves beyond 1, by
// more than an angular margin lets through.
func TestCosinesAreWithinOne(t *testing.T) {
	const n, d = 2, 512
	x := slices.Repeat([]float64{.5, 1, 1, 1, 1, 1, 1}, n*d/7+1)[:n*d]
	c := losses.Criterion{AngularMargin: .5, Temperature: 1. / 64}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, m := range gradModes {
			got := run(t, m, func(g *G.ExprGraph) problem {
				xn, wn := input(g, "x", dense(dt, x, n, d)), input(g, "w", dense(dt, x, n, d))
				z := must(t)(graph.CosineLogits(xn, wn))
				cost := must(t)(graph.Apply(c, z, tensor.New(tensor.WithBacking([]int{0, 1}))))
				return problem{g: g, loss: z, cost: cost, wrt: G.Nodes{xn, wn}}
			})
			assert.LessOrEqual(t, slices.Max(got.loss), 1.0, "%v %v", dt, m)
			requireClose(t, slices.Repeat([]float64{1}, n), []float64{got.loss[0], got.loss[3]}, 1e-5, 0, "%v %v", dt, m)
		}
	}
}

// TestInfoNCE and TestSupCon hold losses against their formulas, on every machine, and gradients
// against differences.
func TestInfoNCE(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		const d = 3
		a, b := vectors(1, n, d), normals(newRand(2), n*d)
		for _, r := range everyReduction {
			for _, temperature := range []float64{0.1, 1, 7} {
				f := func(a []float64) []float64 { return reduced(infoNCE(a, b, n, d, temperature), n, r) }
				build := func(g *G.ExprGraph) problem {
					an, bn := input(g, "a", f64(a, n, d)), input(g, "b", f64(b, n, d))
					l := must(t)(graph.InfoNCE(an, bn, temperature, r))
					return problem{g: g, loss: l, cost: scalarOf(t, l), wrt: G.Nodes{an}}
				}
				contrastiveAgrees(t, build, f, a, d, n > 2, fmt.Sprintf("n=%d %v %v", n, r, temperature))
			}
		}
	}
}

func TestSupCon(t *testing.T) {
	for name, y := range map[string][]int{
		"two classes": {0, 1, 0, 1, 1}, "alone": {0, 1, 0, 7, 0}, "nobody": {3, 1, -2}, "all": {5, 5, 5}, "two": {1,
			1}, "one": {0},
	} {
		const d = 3
		n := len(y)
		x := vectors(4, n, d)
		for _, r := range everyReduction {
			for _, asNode := range []bool{false, true} {
				f := func(x []float64) []float64 {
					rows, kept := supCon(x, y, d, 0.5)
					return reduced(rows, kept, r)
				}
				build := func(g *G.ExprGraph) problem {
					xn := input(g, "x", f64(x, n, d))
					var index graph.Target = intsLike(int16(0), y, n)
					if asNode {
						index = input(g, "index", intsLike(int64(0), y, n, 1))
					}
					l := must(t)(graph.SupCon(xn, index, 0.5, r))
					return problem{g: g, loss: l, cost: scalarOf(t, l), wrt: G.Nodes{xn}}
				}
				contrastiveAgrees(t, build, f, x, d, n > 2, fmt.Sprintf("%s %v node=%t", name, r, asNode))
			}
		}
	}
}

// TestSupConOfLargeNumbers: classes are told apart however large their numbers are, such as hashes.
func TestSupConOfLargeNumbers(t *testing.T) {
	loss := func(backing any) []float64 {
		return run(t, value, func(g *G.ExprGraph) problem {
			index := tensor.New(tensor.WithShape(4), tensor.WithBacking(backing))
			l := must(t)(graph.SupCon(input(g, "x", f64(vectors(4, 4, 3), 4, 3)), index, 0.5, losses.Mean))
			return problem{g: g, loss: l, cost: l}
		}).loss
	}
	want := loss([]int{0, 1, 0, 1})
	const large = math.MaxUint64 - 1
	require.Equal(t, want, loss([]uint64{large, large + 1, large, large + 1}))
	require.Equal(t, want, loss([]int64{math.MinInt64, math.MaxInt64, math.MinInt64, math.MaxInt64}))
}

// contrastiveAgrees runs what build makes on every machine and compares with f and its differences;
// zeros says that row 1 is zeros.
func contrastiveAgrees(t *testing.T, build func(*G.ExprGraph) problem, f func([]float64) []float64, x []float64,
	d int, zeros bool, what string) {
	t.Helper()
	want := f(x)
	grad := numtest.NumGrad(func(x []float64) float64 {
		sum := 0.0
		for _, v := range f(x) {
			sum += v
		}
		return sum
	}, x)
	if zeros {
		clear(grad[d : 2*d])
	}
	for _, m := range gradModes {
		got := run(t, m, build)
		requireClose(t, want, got.loss, 1e-12, 1e-13, "%s %v", what, m)
		requireClose(t, grad, got.grads[0], 1e-6, 1e-7, "gradient of %s %v", what, m)
	}
}

// TestContrastiveSecond holds the second derivatives of the contrastive losses against differences.
func TestContrastiveSecond(t *testing.T) {
	for name, cost := range map[string]func(x, w *G.Node) (*G.Node, error){
		"cosine": func(x, w *G.Node) (*G.Node, error) {
			z, err := graph.CosineLogits(x, w)
			if err != nil {
				return nil, err
			}
			return graph.Apply(losses.Criterion{Temperature: 0.25}, z, indexTensor(tensor.Int, []int{0, 1, 2, 3}))
		},
		"infonce": func(x, w *G.Node) (*G.Node, error) { return graph.InfoNCE(x, w, 0.5, losses.Mean) },
		"supcon": func(x, w *G.Node) (*G.Node, error) {
			return graph.SupCon(must(t)(G.Add(x, w)), indexTensor(tensor.Int, []int{0, 1, 0, 0}), 0.5, losses.Mean)
		},
	} {
		g := G.NewGraph()
		x, w := input(g, "x", f64(normals(newRand(1), 20), 4, 5)), input(g, "w", f64(normals(newRand(2), 20), 4, 5))
		h, err := graph.HessianVector(must(t)(cost(x, w)), G.Nodes{x, w},
			[]*tensor.Dense{f64(normals(newRand(3), 20), 4, 5), f64(normals(newRand(4), 20), 4, 5)})
		require.NoError(t, err, name)
		worst, err := h.Check()
		require.NoError(t, err, name)
		require.Less(t, worst, 1e-7, name)
	}
}
