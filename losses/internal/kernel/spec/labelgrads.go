package spec

// ScaleRows multiplies rows of k elements, from row i on, by their factors, one a row or one for all. A
// factor of 0 makes 0 of infinities, too, and leaves NaN.
func ScaleRows[T Float](x, factor []T, i, k int) {
	for lo := 0; lo < len(x); lo += k {
		row, f := x[lo:lo+k], FactorOf(factor, i+lo/k)[0]
		for j, v := range row {
			if row[j] = v * f; f == 0 && v == v {
				row[j] = 0
			}
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
