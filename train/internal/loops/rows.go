package loops

// AddRows adds the rows of x, which are as long as sum, to it, the first one first.
func AddRows(sum []float64, x []float32) { addRows(sum, x, addRowsVectors(sum, x)) }

// addRows adds the columns from first on.
func addRows(sum []float64, x []float32, first int) {
	if first == len(sum) {
		return
	}
	for ; len(x) > 0; x = x[len(sum):] {
		for j, v := range x[first:len(sum)] {
			sum[first+j] += float64(v)
		}
	}
}
