package spec

import (
	"fmt"
	"math"

	"github.com/stretchr/testify/assert"

	"softloss/internal/numtest"
)

func exactFamily[T Float](c checker[T], row row, x *numtest.Exact, ulps func(int) float64) {
	k := len(row.z)
	z, dst := convert[T](row.z), make([]T, k)
	Softmax(dst, z, k)
	for j, want := range numtest.Floats(x.P) {
		c.near("softmax", dst[j], want, want, ulps(j))
	}
	LogSoftmax(dst, z, k)
	for j, want := range numtest.Floats(x.LogP) {
		c.near("log-softmax", dst[j], want, math.Abs(row.z[j]-row.z[x.Max]), ulps(x.Max))
	}
	lse, _ := x.LSE.Float64()
	LogSumExp(dst[:1], z, k)
	c.near("logsumexp", dst[0], lse, math.Abs(row.z[x.Max]), ulps(x.Max))
}

func exactCrossEntropy[T Float](c checker[T], row row, x *numtest.Exact, ulps func(int) float64) {
	k := len(row.z)
	z, labels := convert[T](row.z), convert[T](row.t)
	loss, grad, one := []float64{-1}, make([]T, k), []T{1}
	p := numtest.Floats(x.P)
	q, _ := x.Q.Float64()
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
			magnitude := math.Max(sum*p[j], t[j]) // of the two numbers whose difference is the gradient
			if j == x.Max {
				magnitude = math.Max(sum*q, others)
			}
			c.near(fmt.Sprintf("%s grad %d", name, j), grad[j], want[j], magnitude, ulps(j))
		}
	}
	bad := CrossEntropy(loss, grad, z, labels, one, k)
	assert.Equal(c.t, -1, bad, c.name)
	wantLoss, want := x.CrossEntropy(row.t)
	check("soft", wantLoss, want, sum, others, row.t)
	withGrad := loss[0]
	CrossEntropy(loss, nil, z, labels, one, k)
	c.wide("soft loss alone", loss[0], withGrad, 0, 0)

	for _, y := range []int{0, k / 2, k - 1, x.Max} {
		onehot := make([]float64, k)
		onehot[y] = 1
		wantLoss, want := x.CrossEntropy(onehot)
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

func exactMAE[T Float](c checker[T], row row, x *numtest.Exact, ulps func(int) float64) {
	k := len(row.z)
	z, labels := convert[T](row.z), convert[T](row.t)
	loss, grad, one, scratch := []float64{-1}, make([]T, k), []T{1}, make([]float64, k)
	_, narrow := any(T(0)).(float32)
	p := numtest.Floats(x.P)
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
			size := 2 * p[j] // of the terms whose sum the gradient is, unless that sum has one sign
			if closed || j == x.Max {
				size = 0
			}
			c.near(fmt.Sprintf("%s grad %d", name, j), grad[j], want[j], size, tol)
		}
	}
	if bad := MAE(loss, grad, z, labels, one, scratch, k); bad != -1 {
		c.t.Errorf("%s: MAE found row %d bad", c.name, bad)
	}
	wantLoss, want := x.MAE(row.t)
	if row.name != "equal" { // there p = t may hold to the last bit of one arithmetic only
		check("MAE", false, wantLoss, want, 1+wantLoss)
	}
	for _, y := range []int{0, k / 2, k - 1, x.Max} {
		onehot := make([]float64, k)
		onehot[y] = 1
		wantLoss, want := x.MAE(onehot)
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
