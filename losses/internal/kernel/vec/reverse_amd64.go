//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// reverseTile stores the gradients of r by the labels of a tile of n numbers, before it has those
// by the logits, in s.out. It returns false where a label is so near the bound that only its
// logarithm tells, or p too small for an exponential.
func reverseTile(r spec.Reverse, u double, s tilePart[float64], k, n int) (ok bool) {
	copy(s.out[s.first:][:n], s.e[s.first:])
	u.tileSoftmax(&s.out[s.first], &s.z[s.first], k, &s.lane[s.rows])
	u.tileShift(&s.exps[0], &s.z[s.first], k, &s.lane[s.rows])
	return reverseRow(r, s.out[s.first:][:n], s.out[s.first:], s.exps[:], s.t[s.first:], exact{coef: 1})
}

// reverseRow stores those of a row of logits z, labels t and exponentials e.
func reverseRow[T spec.Float](r spec.Reverse, dst []T, e []float64, z, t []T, s exact) (ok bool) {
	return wideOf[T]().reverseLabels(
		&dst[0], &e[0], &z[0], &t[0], len(dst), s.coef, s.m, s.log, r.Alpha, r.Beta, r.Bound, r.Near) == 0
}

// labelRatios stores those of a row of labels t and exponentials e of float32, of which Alpha is 0.
// It returns false where numbers are far from 1.
func labelRatios(r spec.Reverse, dst, e, t []float32, s spec.SoftmaxOf) (ok bool) {
	f := -r.Beta * s.Coef
	if r.Bound < 0x1p-60 || s.Others+s.Own > 0x1p60 || !(0x1p-60 < -f && -f < 0x1p60) {
		return false
	}
	u, high := singleOf(unitOf[float32]()), float32(f)
	return u.labelRatios(
		&dst[0], &e[0], &t[0], len(e), float32(r.Bound), high, float32(f-float64(high))) >= 0x1p-126
}

// HasSymmetricLabelsOf reports whether [SymmetricLabelsOf] is for rows of k classes, and not
// [SymmetricLabels], which computes the exponentials that it needs of a block's rows at once.
func HasSymmetricLabelsOf[T spec.Float](r spec.Reverse, k int) bool {
	return RowByRow[T](k) && (r.Alpha == 0 || spec.Size[T]() == 8 || !inBlocks(unitOf[T](), k))
}

// SymmetricLabelsOf stores the gradients of r by the labels t of an ordinary row of logits z and
// exponentials e, which are not enough for those of float32 unless Alpha is 0, as the terms have
// other signs, or no label is above the bound. It returns false where a label is so near the bound
// that only its logarithm tells. scratch holds as many elements.
func SymmetricLabelsOf[T spec.Float](r spec.Reverse, dst, e, z, t []T, s spec.SoftmaxOf, scratch []float64) (ok bool) {
	x := exact{m: s.Max, log: s.Log, coef: s.Coef}
	switch e := any(e).(type) {
	case []float64:
		scratch = e
	case []float32:
		if r.Alpha == 0 && labelRatios(r, any(dst).([]float32), e, any(t).([]float32), s) {
			return true
		}
		if most, _, _ := unitOf[T]().maxExp(&t[0], len(t)); float64(most) > r.Bound {
			if x, ok = exactOf(scratch[:len(z)], any(z).([]float32), s); !ok {
				return false
			}
		}
	}
	return reverseRow(r, dst, scratch, z, t, x)
}

// SymmetricLabels stores the gradients of r by the labels t of rows of many classes, and by alone
// those of rows that are not for vectors. scratch holds k elements.
func SymmetricLabels[T spec.Float](r spec.Reverse, labelGrad, z, t []T, scratch []float64, k int, alone func(j int)) {
	u, v, n := unitOf[T](), wideOf[T](), len(labelGrad)/k
	labels := func(j int, s exact, e []float64) (ok bool) {
		return reverseRow(r, spec.Row(labelGrad, j, k), e, spec.Row(z, j, k), spec.Row(t, j, k), s)
	}
	if inBlocks(u, k) {
		eachExact(v, n, z, k, labels, func(j int) (valid bool) {
			alone(j)
			return true
		})
		return
	}
	for j := range n {
		if s, ok := exactRow(u, v, scratch[:k], spec.Row(z, j, k)); !ok || !labels(j, s, scratch) {
			alone(j)
		}
	}
}
