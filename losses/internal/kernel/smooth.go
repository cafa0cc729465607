package kernel

// smooth stores label smoothing in one formula for three rules,
//
//	dst_k = max(keep t_k - cut/nnz, 0) + add + addMass Σ_j t_j,
//
// nnz the number of t_k > 0 of the row, cut/nnz = 0 where there is none. It returns the first row
// that holds an invalid label, or -1. dst may be t.
func smooth[T Float](dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	for lo := 0; lo < len(t); lo += k {
		d, x := dst[lo:lo+k], t[lo:lo+k]
		var mass float64
		nnz := 0
		for _, v := range x {
			if invalid(v) {
				return lo / k
			}
			if v > 0 {
				nnz++
			}
			mass += float64(v)
		}
		c, a := cut/float64(max(nnz, 1)), add
		if addMass != 0 {
			a += addMass * mass
		}
		for j, v := range x {
			d[j] = T(max(keep*float64(v)-c, 0) + a)
		}
	}
	return -1
}
