package spec

// ScaleRows multiplies rows of k elements, from row i on, by their factors, and makes them 0 where
// the factor is 0: of one a row, or one for all.
func ScaleRows[T Float](x, factor []T, i, k int) {
	for lo := 0; lo < len(x); lo += k {
		row, f := x[lo:lo+k], FactorOf(factor, i+lo/k)[0]
		if f == 0 {
			clear(row)
			continue
		}
		for j := range row {
			row[j] *= f
		}
	}
}

// KeepAbove sets the elements of dst to 0 whose labels are not above cut.
func KeepAbove[T Float](dst, t []T, cut float64) {
	for j, v := range t {
		if !(float64(v) > cut) {
			dst[j] = 0
		}
	}
}

// Positives returns how many labels are above 0.
func Positives[T Float](t []T) (n int) {
	for _, v := range t {
		if v > 0 {
			n++
		}
	}
	return n
}
