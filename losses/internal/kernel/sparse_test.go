package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// bisected are the g of a row, with p = g^n, by bisection.
func bisected(n float64, z []float64) (g []float64) {
	top := slices.Max(z)
	g = make([]float64, len(z))
	low, high := 0., 1.
	for range 54 {
		s, sum := (low+high)/2, 0.
		for j, x := range z {
			g[j] = (x-top)/n + s
			sum += power(n, g[j])
		}
		if sum > 1 {
			high = s
		} else {
			low = s
		}
	}
	return g
}

// power returns p of a g.
func power(n, g float64) float64 {
	if g = max(g, 0); n == 2 {
		return g * g
	}
	return g
}

// sparseLoss is the loss of a row of labels with the g of its classes.
func sparseLoss(n float64, g, t []float64) (loss float64) {
	for j, g := range g {
		p, s := power(n, g), math.Sqrt(t[j])
		if t[j] > 0 {
			loss += n * t[j] * max(-g, 0)
		}
		if n == 1 {
			loss += (p - t[j]) * (p - t[j]) / 2
		} else {
			loss += 2. / 3 * (s - math.Sqrt(p)) * (s - math.Sqrt(p)) * (2*s + math.Sqrt(p))
		}
	}
	return loss
}

// sparseRows runs the kernel on rows and returns what it rejected.
func sparseRows[T Float](n, k int, loss []float64, grad, z, t []T, index []int, scale []T) (rejected []int, bad int) {
	bad = Sparse(n, loss, grad, nil, z, t, index, scale, make([]T, SparseScratch(k)), k,
		func(j int) bool { rejected = append(rejected, j); return t == nil || t[j*k] >= 0 })
	return rejected, bad
}

// shares makes the labels of rows of k sum to 1; those of rows without any become one-hot.
func shares[T Float](labels []T, k int) {
	for row := range slices.Chunk(labels, k) {
		sum := Sum(row)
		if sum == 0 {
			row[0], sum = 1, 1
		}
		for j := range row {
			row[j] /= T(sum)
		}
	}
}

// TestHasSparse: every implementation of vectors on amd64 has the kernels, and no other; without
// them package losses computes the maps itself.
func TestHasSparse(t *testing.T) {
	for _, name := range implementations() {
		force(t, name)
		require.Equal(t, strings.HasPrefix(name, "avx"), HasSparse(), name)
	}
}

// TestSparse holds the kernels of sparse maps to the definition, for every number of classes, with
// logits of all sizes, some of them the largest together.
func TestSparse(t *testing.T) { having(t, HasSparse, sparseMaps[float32], sparseMaps[float64]) }

func sparseMaps[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(17, 1))
	eps := max(float64(numtest.Ulp(T(1))), 0x1p-48)
	shapes := [][2]int{{1, 1000}, {17, 10}, {2, 257}}
	for k := 1; k <= 70; k++ {
		if k <= 18 || k > 38 && k < 42 || k > 62 {
			shapes = append(shapes, [2]int{1 + k%10, k})
		}
	}
	for _, shape := range shapes {
		n, k := shape[0], shape[1]
		for _, size := range []float64{1e-4, .1, 1, 1e5} {
			z, labels, index, scale := make([]T, n*k), make([]T, n*k), make([]int, n), make([]T, n)
			for i := range z {
				z[i], labels[i] = T(size*r.NormFloat64()), T(r.ExpFloat64()*float64(r.IntN(3)))/T(k)
			}
			for i := range n {
				index[i], scale[i] = r.IntN(k), T(r.NormFloat64())
				z[i*k+r.IntN(k)] = z[i*k+r.IntN(k)]
				if k > 2 && i%3 == 0 {
					j := r.IntN(k)
					z[i*k+j], z[i*k+(j+1)%k], labels[i*k+j] = T(math.Inf(-1)), T(size), 0
					index[i] = (j + 1) % k
					labels[i*k+(j+1)%k]++
				}
			}
			shares(labels, k)
			for _, e := range []int{1, 2} {
				for _, target := range [][]T{labels, nil} {
					loss, grad := make([]float64, n+1), make([]T, n*k+1)
					loss[n], grad[n*k] = 7, 7
					rejected, bad := sparseRows(e, k, loss[:n], grad[:n*k], z, target, index, scale)
					require.Empty(t, rejected)
					require.Equal(t, -1, bad)
					require.True(t, loss[n] == 7 && grad[n*k] == 7)
					for i := range n {
						row, hot := make([]float64, k), make([]float64, k)
						hot[index[i]] = 1
						for j := range row {
							row[j] = float64(z[i*k+j])
							if target != nil {
								hot[j] = float64(labels[i*k+j])
							}
						}
						g := bisected(float64(e), row)
						want := sparseLoss(float64(e), g, hot)
						require.True(t, numtest.Close(loss[i], want, 1e-7, 1e-12), "n=%d k=%d size=%v loss %v, want %v", e, k, size,
							loss[i], want)
						for j, x := range g {
							f, d := float64(scale[i]), power(float64(e), x)-hot[j]
							require.True(t, numtest.Close(float64(grad[i*k+j]), f*d, eps, 10*0x1p-48),
								"n=%d k=%d size=%v gradient %v, want %v",
								e, k, size, grad[i*k+j], f*d)
						}
					}
					alone := make([]float64, n)
					sparseRows(e, k, alone, nil, z, target, index, scale)
					require.Equal(t, loss[:n], alone)
				}
			}
		}
	}
}

// TestSparseNeighbours: the bits of a row are those that it has alone, whatever is beside it.
func TestSparseNeighbours(t *testing.T) {
	having(t, HasSparse, sparseNeighbours[float32], sparseNeighbours[float64])
}

func sparseNeighbours[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(17, 2))
	const n = 19
	for _, k := range []int{1, 2, 7, 8, 9, 33, 40, 41, 64, 65, 128, 129, 200} {
		z, labels, scale := make([]T, n*k), make([]T, n*k), make([]T, n)
		for i := range z {
			z[i], labels[i] = T(math.Pow(10, float64(i/k%6-3))*r.NormFloat64()), T(r.IntN(2))
		}
		for i := range scale {
			scale[i] = T(r.NormFloat64())
		}
		shares(labels, k)
		clear(z[6*k : 7*k])
		z[11*k], z[13*k+k/2], labels[15*k] = T(math.NaN()), T(math.Inf(1)), -1
		for e := 1; e <= 2; e++ {
			loss, grad := make([]float64, n), make([]T, n*k)
			Sparse(e, loss, grad, nil, z, labels, nil, scale, make([]T, SparseScratch(k)), k, func(int) bool { return true })
			for i := range n {
				one, row := make([]float64, 1), make([]T, k)
				lo, hi := i*k, (i+1)*k
				rejected, _ := sparseRows(e, k, one, row, z[lo:hi], labels[lo:hi], nil, scale[i:i+1])
				if rejected != nil {
					require.Contains(t, []int{11, 13, 15}, i)
					continue
				}
				require.True(t, sameBits(one, loss[i:i+1]) && sameBits(row, grad[lo:hi]), "k=%d row %d", k, i)
			}
		}
	}
}

// TestSparseIndexNeighbours: so for rows of an index, of which some have many classes with a
// probability.
func TestSparseIndexNeighbours(t *testing.T) {
	having(t, HasSparse, sparseIndexNeighbours[float32], sparseIndexNeighbours[float64])
}

func sparseIndexNeighbours[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(17, 3))
	const n = 21
	for _, k := range []int{40, 41, 64, 65, 66, 127, 128, 129, 130, 200, 512, 513, 1100} {
		z, index, scale := make([]T, n*k), make([]int, n), make([]T, n)
		for i := range z {
			z[i] = T(math.Pow(10, float64(i/k%7-3)) * r.NormFloat64())
		}
		for i := range scale {
			index[i], scale[i] = r.IntN(k), T(r.NormFloat64())
		}
		clear(z[6*k : 7*k])
		for j := range k { // as many as go into a tile, and one more
			z[7*k+j], z[8*k+j] = T(-9*min(j/127, 1)), T(-9*min(j/128, 1))
		}
		index[7], index[8] = k-1, 0
		z[11*k], z[13*k+k/2], z[15*k+index[15]] = T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1))
		z[17*k+index[17]] = 1e4
		for e := 1; e <= 2; e++ {
			loss, grad := make([]float64, n), make([]T, n*k)
			sparseRows(e, k, loss, grad, z, nil, index, scale)
			for i := range n {
				one, row := make([]float64, 1), make([]T, k)
				lo, hi := i*k, (i+1)*k
				rejected, _ := sparseRows(e, k, one, row, z[lo:hi], nil, index[i:i+1], scale[i:i+1])
				require.Equal(t, i == 11 || i == 13 || i == 15, rejected != nil, "k=%d row %d", k, i)
				if rejected == nil {
					require.True(t, sameBits(one, loss[i:i+1]) && sameBits(row, grad[lo:hi]), "k=%d row %d", k, i)
				}
				for j := range z[lo:hi] {
					far := float64(z[lo+j]) < float64(slices.Max(z[lo:hi]))-float64(e)
					require.True(t, rejected != nil || !far || j == index[i] || row[j] == 0, "k=%d row %d class %d", k, i, j)
				}
			}
		}
	}
}

// TestSparseRejects: rows that are for the specification, and only those, go there.
func TestSparseRejects(t *testing.T) {
	having(t, HasSparse, sparseRejects[float32], sparseRejects[float64])
}

func sparseRejects[T Float](t *testing.T) {
	inf := math.Inf(1)
	for _, k := range []int{3, 20, 100, 333} {
		for _, at := range []int{0, k / 2, k - 1} {
			off := 1.1e-6 * float64(k) // by which the labels' sum is not 1
			for _, x := range [][2]float64{{0, -1}, {0, inf}, {0, math.NaN()}, {inf, 0}, {math.NaN(), 0}, {-inf, 0.5},
				{0, 0.5 + off}, {0, 0.5 - off}} {
				for e := 1; e <= 2; e++ {
					z, labels := make([]T, 3*k), make([]T, 3*k)
					shares(labels, k)
					labels[k] = 0
					if labels[k+(at+1)%k] = 1; x[1] > 0 {
						labels[k+(at+1)%k] = 0.5
					}
					z[k+at], labels[k+at] = T(x[0]), T(x[1])
					rejected, bad := sparseRows(e, k, make([]float64, 3), make([]T, 3*k), z, labels, nil, []T{1})
					require.Equal(t, []int{1}, rejected, "k=%d: %v at %d", k, x, at)
					require.Equal(t, at == 0 && !(x[1] >= 0), bad == 1)
				}
			}
		}
		z := make([]T, 3*k)
		for j := range k {
			z[k+j] = T(-inf)
		}
		rejected, _ := sparseRows(2, k, make([]float64, 3), nil, z, nil, []int{0, 1, 2}, []T{1})
		require.Equal(t, []int{1}, rejected)
	}
}
