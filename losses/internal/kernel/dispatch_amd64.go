//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

//go:generate go -C _asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg kernel -adapters ../units_amd64.go

// What the machine has. Tests turn them off to run every implementation.
var (
	avx512  = avx2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512DQ
	avx2    = cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI2
	vectors = avx2
)

// unitOf returns the kernels for an element type.
func unitOf[T Float]() unit[T] {
	var u any
	switch any(T(0)).(type) {
	case float32:
		if avx512 {
			u = f32AVX512{}
		} else {
			u = f32AVX2{}
		}
	default:
		if avx512 {
			u = f64AVX512{}
		} else {
			u = f64AVX2{}
		}
	}
	return u.(unit[T])
}

// doubles returns the kernels for float64.
func doubles() double {
	if avx512 {
		return f64AVX512{}
	}
	return f64AVX2{}
}

// wideOf returns the kernels that compute in float64 for an element type.
func wideOf[T Float]() wide[T] {
	var v any = doubles()
	if sizeOf[T]() == 4 {
		if avx512 {
			v = wideAVX512{}
		} else {
			v = wideAVX2{}
		}
	}
	return v.(wide[T])
}

// The functions below run blocks of few classes in tiles, several rows at once, and others row by row.

func vectorCrossEntropy[T Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	if inTiles[T](k) {
		return crossEntropyTiles(unitOf[T](), loss, grad, z, t, nil, scale, k)
	}
	return crossEntropyRows(unitOf[T](), loss, grad, z, t, scale, k)
}

func vectorCrossEntropyIndex[T Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	if inTiles[T](k) {
		crossEntropyTiles(unitOf[T](), loss, grad, z, nil, index, scale, k)
		return
	}
	crossEntropyIndexRows(unitOf[T](), loss, grad, z, index, scale, k)
}

func vectorMAE[T Float](loss []float64, grad, z, t, scale []T, scratch []float64, k int) (bad int) {
	if inTiles[T](k) {
		return maeTiles(wideOf[T](), loss, grad, z, t, scale, scratch, k)
	}
	return maeRows(unitOf[T](), wideOf[T](), loss, grad, z, t, scale, scratch, k)
}

func vectorSeparable[T Float](f Family, a float64, loss []float64, grad, z, t, scale, scratch []T, k int) (bad int) {
	if inTiles[T](k) {
		return separableTiles(wideOf[T](), f, a, loss, grad, z, t, nil, scale, k)
	}
	return separableRows(unitOf[T](), wideOf[T](), f, a, loss, grad, z, t, scale, scratch, k)
}

func vectorSeparableIndex[T Float](f Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	if inTiles[T](k) {
		separableTiles(wideOf[T](), f, a, loss, grad, z, nil, index, scale, k)
		return
	}
	separableIndexRows(unitOf[T](), wideOf[T](), f, a, loss, grad, z, index, scale, scratch, k)
}

func vectorSmooth[T Float](dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	if inTiles[T](k) {
		return smoothTiles(unitOf[T](), dst, t, keep, cut, add, addMass, k)
	}
	return smoothRows(unitOf[T](), dst, t, keep, cut, add, addMass, k)
}

func vectorSoftmax[T Float](dst, z []T, k int) {
	if inTiles[T](k) {
		softmaxTiles(unitOf[T](), dst, z, k)
		return
	}
	softmaxRows(unitOf[T](), dst, z, k)
}

func vectorLogSoftmax[T Float](dst, z []T, k int) {
	if inTiles[T](k) {
		logSoftmaxTiles(unitOf[T](), dst, z, k)
		return
	}
	logSoftmaxRows(unitOf[T](), dst, z, k)
}

func vectorLogSumExp[T Float](dst, z []T, k int) {
	if inTiles[T](k) {
		logSumExpTiles(unitOf[T](), dst, z, k)
		return
	}
	logSumExpRows(unitOf[T](), dst, z, k)
}

func vectorExps[T Float](e, z []T) (m float64, a int, r float64, ok bool) {
	u := unitOf[T]()
	s, ok := begin(u, z)
	if !ok {
		return 0, 0, 0, false
	}
	if a = u.find(&z[0], len(z), s.m); a == len(z) {
		return 0, 0, 0, false
	}
	sum := s.exps(u, e, z) // e may be z: z is gone
	if sum > spread*s.em {
		r = (sum - s.em) / s.em
	} else {
		r = s.sumBut(u, e, e, a) / s.em
	}
	u.scale(&e[0], len(e), T(1/s.em))
	e[a] = 1
	return float64(s.m), a, r, true
}
