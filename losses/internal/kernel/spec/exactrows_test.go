package spec

import (
	"cmp"
	"fmt"
	"math"

	"github.com/stretchr/testify/assert"

	"softloss/internal/numtest"
)

// exact is a row's softmax with the losses of labels t, in double-double.
type exact struct{ numtest.Softmax }

// crossEntropy returns the loss and its gradient S p - t.
func (x exact) crossEntropy(t []float64) (loss float64, grad []float64) {
	var sum, l, others numtest.DD
	for k, v := range t {
		sum, l = sum.Add(numtest.Num(v)), l.Sub(x.LogP(k).Mul(numtest.Num(v)))
		if k != x.Max {
			others = others.Add(numtest.Num(v))
		}
	}
	for k, v := range t {
		g := sum.Mul(x.P[k]).Sub(numtest.Num(v))
		if k == x.Max {
			g = others.Sub(sum.Mul(x.Rest))
		}
		grad = append(grad, g.Hi)
	}
	return l.Hi, grad
}

// mae returns Σ|p - t| and its gradient p_j (σ_j - Σ σ_k p_k).
func (x exact) mae(t []float64) (loss float64, grad []float64) {
	var l, mean numtest.DD // the mean of σ less that of the maximum
	sign := make([]float64, len(t))
	for k, v := range t {
		d := x.P[k].Sub(numtest.Num(v))
		if k == x.Max {
			d = numtest.Num(1).Sub(numtest.Num(v)).Sub(x.Rest)
		}
		sign[k] = float64(cmp.Compare(d.Hi, 0))
		l = l.Add(d.Abs())
	}
	for k := range t {
		mean = mean.Add(x.P[k].Mul(numtest.Num(sign[k] - sign[x.Max])))
	}
	for j := range t {
		grad = append(grad, x.P[j].Mul(numtest.Num(sign[j]-sign[x.Max]).Sub(mean)).Hi)
	}
	return l.Hi, grad
}

func exactFamily[T Float](c checker[T], row row, x exact, ulps func(int) float64) {
	k := len(row.z)
	z, dst := convert[T](row.z), make([]T, k)
	Softmax(dst, z, k)
	for j, p := range x.P {
		c.near("softmax", dst[j], p.Hi, p.Hi, ulps(j))
	}
	LogSoftmax(dst, z, k)
	for j := range x.P {
		c.near("log-softmax", dst[j], x.LogP(j).Hi, math.Abs(row.z[j]-row.z[x.Max]), ulps(x.Max))
	}
	LogSumExp(dst[:1], z, k)
	c.near("logsumexp", dst[0], x.LogSumExp().Hi, math.Abs(row.z[x.Max]), ulps(x.Max))
}

func exactCrossEntropy[T Float](c checker[T], row row, x exact, ulps func(int) float64) {
	k := len(row.z)
	z, labels := convert[T](row.z), convert[T](row.t)
	loss, grad, one := []float64{-1}, make([]T, k), []T{1}
	sum, others := 0.0, 0.0
	for j, v := range row.t {
		sum += v
		if j != x.Max {
			others += v
		}
	}
	check := func(name string, wantLoss float64, want []float64, sum, others float64, t []float64) {
		c.wide(name+" loss", loss[0], wantLoss, 0, lossSlack(row.z, x.Max))
		for j := range want {
			magnitude := math.Max(sum*x.P[j].Hi, t[j]) // of the two numbers whose difference is the gradient
			if j == x.Max {
				magnitude = math.Max(sum*x.Rest.Hi, others)
			}
			c.near(fmt.Sprintf("%s grad %d", name, j), grad[j], want[j], magnitude, ulps(j))
		}
	}
	bad := CrossEntropy(loss, grad, z, labels, one, k)
	assert.Equal(c.t, -1, bad, c.name)
	wantLoss, want := x.crossEntropy(row.t)
	check("soft", wantLoss, want, sum, others, row.t)
	withGrad := loss[0]
	CrossEntropy(loss, nil, z, labels, one, k)
	c.wide("soft loss alone", loss[0], withGrad, 0, 0)

	for _, y := range []int{0, k / 2, k - 1, x.Max} {
		onehot := make([]float64, k)
		onehot[y] = 1
		wantLoss, want := x.crossEntropy(onehot)
		CrossEntropyIndex(loss, grad, z, []int{y}, one, k)
		others := 0.0
		if y != x.Max {
			others = 1
		}
		if y == x.Max { // p_y - 1 = -q to full relative precision
			c.near("index grad at the label", grad[y], want[y], want[y], ulps(y)+2)
		}
		check(fmt.Sprintf("index %d", y), wantLoss, want, 1, others, onehot)
		withGrad := loss[0]
		CrossEntropyIndex(loss, nil, z, []int{y}, one, k)
		c.wide("index loss alone", loss[0], withGrad, 0, 0)
	}
}

func exactMAE[T Float](c checker[T], row row, x exact, ulps func(int) float64) {
	k := len(row.z)
	z, labels := convert[T](row.z), convert[T](row.t)
	loss, grad, one, scratch := []float64{-1}, make([]T, k), []T{1}, make([]float64, k)
	_, narrow := any(T(0)).(float32)
	// p_k - t_k is formed with the error of p_k, on the magnitude given; in float32 the p_k that a
	// row sums are rounded to T, which among denormals adds up to half of the smallest one for each
	// of them.
	check := func(name string, closed bool, wantLoss float64, want []float64, magnitude float64) {
		if narrow {
			c.near(name+" loss", T(loss[0]), wantLoss, magnitude, 2+denormals(want[x.Max], k))
		} else {
			c.wide(name+" loss", loss[0], wantLoss, magnitude, lossSlack(row.z, x.Max))
		}
		for j := range want {
			tol := ulps(j) + 2
			if j == x.Max {
				tol += lossSlack(row.z, x.Max) - 3
				if narrow {
					tol = 4 + denormals(want[j], k)
				}
			}
			size := 2 * x.P[j].Hi // of the terms whose sum the gradient is, unless that sum has one sign
			if closed || j == x.Max {
				size = 0
			}
			c.near(fmt.Sprintf("%s grad %d", name, j), grad[j], want[j], size, tol)
		}
	}
	if bad := MAE(loss, grad, z, labels, one, scratch, k); bad != -1 {
		c.t.Errorf("%s: MAE found row %d bad", c.name, bad)
	}
	wantLoss, want := x.mae(row.t)
	if row.name != "equal" { // there p = t may hold to the last bit of one arithmetic only
		check("MAE", false, wantLoss, want, 1+wantLoss)
	}
	for _, y := range []int{0, k / 2, k - 1, x.Max} {
		onehot := make([]float64, k)
		onehot[y] = 1
		wantLoss, want := x.mae(onehot)
		magnitude := 2.0 // of 1 and p_y, and of the p_k
		if y == x.Max {
			magnitude = wantLoss // 2 q, without cancellation
		}
		SeparableIndex(Absolute, 0, loss, grad, z, []int{y}, one, k)
		check(fmt.Sprintf("MAE index %d", y), true, wantLoss, want, magnitude)
		MAE(loss, grad, z, convert[T](onehot), one, scratch, k)
		check(fmt.Sprintf("MAE one-hot %d", y), false, wantLoss, want, magnitude)
	}
}
