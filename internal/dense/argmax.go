package dense

// Argmax returns the position of the largest element of a row, ties to the lowest. A NaN is never
// the largest; a row of nothing but NaN gives 0.
func Argmax[T Float](row []T) int {
	best := 0
	for j, v := range row {
		if v > row[best] || row[best] != row[best] && v == v {
			best = j
		}
	}
	return best
}
