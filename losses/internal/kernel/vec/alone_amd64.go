//go:build !purego

package vec

import (
	"softloss/internal/isa"
	"softloss/losses/internal/kernel/spec"
)

// CrossEntropyAlone is [CrossEntropy] of a single row and its gradient, or, where t is nil,
// [CrossEntropyIndex] for the class y. It calls most kernels by name and not through a unit, so
// that nothing escapes and no memory comes from pools: they take as long as a kernel does for ten
// classes. ok is false for a row that it leaves to them.
func CrossEntropyAlone[T spec.Float](grad, z, t []T, y int, f T) (loss float64, ok bool) {
	k := len(z)
	switch {
	case k == 2 && single512[T]():
		return 0, false
	case inOrdinaryBlocks[T](k, t != nil):
		return blockAlone(grad, z, t, y, f)
	case inTiles[T](k):
		if t == nil {
			t = oneHot[T](y, k)
		}
		return fewAlone(&grad[:k][0], &z[0], &t[:k][0], k, f)
	}
	var x rowNumbers
	if t == nil {
		own := float64(z[y])
		ok = indexGradsAlone(&grad[:k][0], &z[0], &y, &f, &x.m, k, ahead(z))
		return log1p(x.r) - (own - x.m), ok
	}
	ok = gradsAlone(&grad[:k][0], &z[0], &t[:k][0], &f, &x.m, k, ahead(z))
	return x.mass*log1p(x.r) - x.dot, ok
}

// blockAlone computes a block of one row. What it hands over lies in a tile, as a block's memory
// does.
func blockAlone[T spec.Float](grad, z, t []T, y int, f T) (loss float64, ok bool) {
	s := getTile[T]()
	b := entropyRows[T]{
		loss: s.padLoss[:1], grad: grad, z: z, t: t, index: s.padIndex[:1], scale: s.padScale[:1], k: len(z),
	}
	b.index[0], b.scale[0] = y, f
	declined := b.ordinary(unitOf[T](), s, t, 0, 1)
	loss = b.loss[0]
	putTile(s)
	return loss, declined == 0
}

// fewAlone calls fewCrossEntropyGrad.
func fewAlone[T spec.Float](e, z, t *T, k int, f T) (loss float64, ok bool) {
	var done uint32
	if spec.Size[T]() == 8 {
		e, z, t, f := as[float64](e), as[float64](z), as[float64](t), float64(f)
		if inUse == isa.AVX512 {
			loss, done = fewCrossEntropyGradF64AVX512(e, z, t, k, f)
		} else {
			loss, done = fewCrossEntropyGradF64AVX2(e, z, t, k, f)
		}
		return loss, done != 0
	}
	var l float32
	e32, z32, t32, f32 := float(e), float(z), float(t), float32(f)
	if inUse == isa.AVX512 {
		l, done = fewCrossEntropyGradF32AVX512(e32, z32, t32, k, f32)
	} else {
		l, done = fewCrossEntropyGradF32AVX2(e32, z32, t32, k, f32)
	}
	return float64(l), done != 0
}

// gradsAlone calls ordinaryGrads.
func gradsAlone[T spec.Float](e, z, t, f *T, numbers *float64, k, far int) (ok bool) {
	if spec.Size[T]() == 8 {
		e, z, t, f := as[float64](e), as[float64](z), as[float64](t), as[float64](f)
		if inUse == isa.AVX512 {
			return ordinaryGradsF64AVX512(e, z, t, f, numbers, k, 1, 0, nil, 0, far) != 0
		}
		return ordinaryGradsF64AVX2(e, z, t, f, numbers, k, 1, 0, nil, 0, far) != 0
	}
	e32, z32, t32, f32 := float(e), float(z), float(t), float(f)
	if inUse == isa.AVX512 {
		return ordinaryGradsF32AVX512(e32, z32, t32, f32, numbers, k, 1, 0, nil, 0, far) != 0
	}
	return ordinaryGradsF32AVX2(e32, z32, t32, f32, numbers, k, 1, 0, nil, 0, far) != 0
}

// indexGradsAlone calls ordinaryIndexGrads.
func indexGradsAlone[T spec.Float](e, z *T, y *int, f *T, numbers *float64, k, far int) (ok bool) {
	if spec.Size[T]() == 8 {
		e, z, f := as[float64](e), as[float64](z), as[float64](f)
		if inUse == isa.AVX512 {
			return ordinaryIndexGradsF64AVX512(e, z, y, f, numbers, k, 1, 0, nil, 0, far) != 0
		}
		return ordinaryIndexGradsF64AVX2(e, z, y, f, numbers, k, 1, 0, nil, 0, far) != 0
	}
	e32, z32, f32 := float(e), float(z), float(f)
	if inUse == isa.AVX512 {
		return ordinaryIndexGradsF32AVX512(e32, z32, y, f32, numbers, k, 1, 0, nil, 0, far) != 0
	}
	return ordinaryIndexGradsF32AVX2(e32, z32, y, f32, numbers, k, 1, 0, nil, 0, far) != 0
}
