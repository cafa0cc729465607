//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// MAE is [spec.MAE], with gradients by the labels as those of [KL]. narrow holds k elements, too.
func MAE[T spec.Float](loss []float64, grad, labelGrad, z, t, scale []T, scratch []float64, narrow []T, k int,
	alone func(j int)) (bad int) {
	generic := func(j int) (valid bool) {
		x, y, g := spec.Row(z, j, k), spec.Row(t, j, k), spec.Row(grad, j, k)
		valid = spec.MAE(loss[j:j+1], g, x, y, spec.FactorOf(scale, j), scratch, k) < 0
		if valid && labelGrad != nil {
			alone(j)
		}
		return valid
	}
	v := wideOf[T]()
	if inTiles[T](k) {
		return maeTiles(v, loss, grad, labelGrad, z, t, scale, k, generic)
	}
	row := func(s exact, loss *float64, g, l []T, e []float64, x, y []T, f float64) (ok bool) {
		return maeRow(s, v, loss, g, l, e, x, y, f)
	}
	if spec.Size[T]() == 8 {
		return exactRows(loss, grad, labelGrad, z, t, scale, scratch, k, row, generic)
	}
	u := singleOf(unitOf[T]())
	return eachSoftmax(grad, z, t, narrow, k, nil, func(j int, s *spec.SoftmaxOf, e []T) (ok bool) {
		return maeSingle(u, s, &loss[j], e, spec.Row(labelGrad, j, k), spec.Row(z, j, k), spec.Row(t, j, k),
			spec.Factor(scale, j), grad != nil)
	}, func(j int) (valid bool) {
		return exactOne(loss, grad, labelGrad, z, t, scale, scratch, k, j, row) || generic(j)
	})
}

// maeSingle computes one row in float32, where e holds the exponentials, which the gradient
// replaces, and unless l is nil stores the gradients by the labels there. It returns false for a
// row of which that takes too many digits: a p is near its label, or the loss is small beside what
// the exponentials are rounded to.
//
// With the sums P of the p above their labels and N of those below, the gradient is 2 f p N for
// those and -2 f p P for these: products of two, of which each has all digits that its exponentials
// have.
func maeSingle[T spec.Float](u single, s *spec.SoftmaxOf, loss *float64, e, l, z, t []T, f float64, grad bool) (
	ok bool) {
	const near = 0x1p-18                                            // p is exact to more
	c, but, least, d, top := float32(s.Coef), len(e), 0.5, 0.0, 0.0 // d: p - t of the class at Top
	if s.Top >= 0 {
		but, least, d, top = s.Top, 1.5*s.Rest, (1-s.Own)-s.Rest, (1-s.Rest)/s.Coef
		if math.Abs(d) < near*s.Rest {
			return false
		}
	}
	sum, over, under, some := u.maeErrors(float(first(l)), float(&e[0]), float(&t[0]), len(e), but, c, near*c)
	sum += math.Abs(d) + (s.Coef-float64(c))*(over-under)
	if some != 0 || !(sum >= least && sum <= math.MaxFloat32) || !fits[T](2, f) {
		return false
	}
	if l != nil {
		signsOfTiny(l, e, z, t, *s)
		if s.Top >= 0 {
			l[s.Top] = T(-spec.Sign(d))
		}
	}
	if *loss = sum; !grad {
		return true
	}
	if d > 0 {
		over += top
	} else {
		under += top
	}
	coef := 1 / (over + under)
	up, down := 2*f*coef*coef*under, -2*f*coef*coef*over
	upHigh, upLow := twoSingles(up)
	downHigh, downLow := twoSingles(down)
	u.maeSigns(float(&e[0]), float(&t[0]), len(e), c, upHigh, upLow, downHigh, downLow)
	switch {
	case s.Top >= 0 && d > 0:
		e[s.Top] = T(up * top)
	case s.Top >= 0:
		e[s.Top] = T(down * top)
	}
	return true
}

// twoSingles returns the float32 next to x, and the one next to what that leaves of x.
func twoSingles(x float64) (high, low float32) {
	high = float32(x)
	return high, float32(x - float64(high))
}

// maeRow computes one row in float64: the difference of p and t may be much smaller than they are.
// It returns false for a row with an invalid label.
func maeRow[T spec.Float](s exact, v wide[T], loss *float64, g, l []T, e []float64, x, y []T, f float64) bool {
	d := (1 - float64(y[s.a])) - s.rest
	sa := spec.Sign(d)
	sum, delta, bad := v.maeSum(first(l), &e[0], &y[0], len(y), s.a, s.coef, sa)
	if bad != 0 {
		return false
	}
	if *loss = math.Abs(d) + sum; l != nil {
		l[s.a] = T(-sa)
		signsOfExcluded(l, x, y)
	}
	if delta *= s.coef; g != nil {
		v.maeGrad(&g[0], &e[0], &y[0], len(e), s.coef, sa, delta, f*s.coef)
		g[s.a] = T(f * delta * (s.coef * e[s.a]))
	}
	return true
}

// signsOfExcluded stores in l the gradients by the labels y of logits x that are -Inf, whose p is
// 0: the least exponential may not be.
func signsOfExcluded[T spec.Float](l, x, y []T) {
	eachOfValue(x, T(math.Inf(-1)), func(j int) { l[j] = T(spec.Sign(float64(y[j]))) })
}

// signsOfTiny stores in l the gradients by the labels t of exponentials e that are 0 of p that are
// perhaps not.
func signsOfTiny[T spec.Float](l, e, z, t []T, s spec.SoftmaxOf) {
	eachOfValue(e, 0, func(j int) {
		p := math.Exp((float64(z[j]) - s.Max) - s.Log)
		l[j] = T(-spec.Sign(p - float64(t[j])))
	})
}

// eachOfValue runs do on the positions of v in x.
func eachOfValue[T spec.Float](x []T, v T, do func(j int)) {
	u := unitOf[T]()
	for j := 0; j < len(x); j++ {
		if j += u.find(&x[j], len(x)-j, v); j < len(x) {
			do(j)
		}
	}
}

// maeTiles computes in float64.
func maeTiles[T spec.Float](v wide[T], loss []float64, grad, labelGrad, z, t, scale []T, k int,
	generic func(j int) (valid bool)) (bad int) {
	sums := doublesFor[T]()
	return doubleTiles(doubles(), v, loss, grad, labelGrad, z, t, nil, scale, k,
		func(_ double, s *tile[float64], i, n, w int) {
			sums.tileMAE(first(s.labelsFrom(0, labelGrad != nil)), &s.e[0], &s.z[0], &s.t[0], k, tilesOf(n, w), len(grad),
				&s.declined[0], &s.lane[0])
			s.takeLosses(laneLoss, loss[i:i+n], w)
		}, generic)
}
