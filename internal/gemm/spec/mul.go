package spec

// Mul computes C ← β C + A B: A is [m, k], B [k, n], C [m, n]. It is the specification of every
// implementation, bit for bit:
//
//	c ← β c
//	for p = 0 … k-1:  c ← fma(a[i][p], b[p][j], c)      for every c = C[i][j]
//
// where fma(x, y, z) is x y + z rounded once to T, and β c is rounded to T before.
//
// Special cases are:
//
//	β = 0             C is not read: it may hold NaN
//	k = 0             C ← β C
//	a = 0, b = ±Inf   NaN, as in any sum of products; nothing is skipped where a or b is 0
//	NaN               is NaN in every implementation; which of its bits are set is not specified
func Mul[T Float](c Matrix[T], beta T, a, b Matrix[T]) {
	Scale(c, beta)
	if c, ok := any(c).(Matrix[float32]); ok && !fuses {
		mulRounded(c, any(a).(Matrix[float32]), any(b).(Matrix[float32]))
		return
	}
	var panel [tileCols * blockDepth]float64
	for p := 0; p < a.Cols; p += blockDepth {
		depth := min(blockDepth, a.Cols-p)
		ap, panel := a.Slice(0, a.Rows, p, p+depth), panel[:depth*tileCols]
		for j := 0; j < c.Cols; j += tileCols {
			cols := min(tileCols, c.Cols-j)
			pack(panel, tileCols, b.Slice(p, p+depth, j, j+cols))
			mulPanel(c.Slice(0, c.Rows, j, j+cols), ap, panel)
		}
	}
}

// pack stores b in a panel of width numbers a row, zeros where b has fewer columns.
func pack[T Float](panel []float64, width int, b Matrix[T]) {
	for p := range b.Rows {
		row, from := panel[p*width:(p+1)*width], b.Data[p*b.RowStride:]
		clear(row[b.Cols:])
		for j := range b.Cols {
			row[j] = float64(from[j*b.ColStride])
		}
	}
}

// mulPanel computes C ← C + A B for the columns of one packed panel of B.
func mulPanel[T Float](c, a Matrix[T], panel []float64) {
	var acc [tileRows][tileCols]float64
	for i := 0; i < c.Rows; i += tileRows {
		next := min(i+1, c.Rows-1) // the last row twice where there is no other
		rows := [tileRows][]T{c.Data[i*c.RowStride:], c.Data[next*c.RowStride:]}
		for i, row := range rows {
			for j := range c.Cols {
				acc[i][j] = float64(row[j*c.ColStride])
			}
		}
		tile(&acc, a.Data[i*a.RowStride:], a.Data[next*a.RowStride:], a.ColStride, panel)
		for i, row := range rows {
			for j := range c.Cols {
				row[j*c.ColStride] = T(acc[i][j])
			}
		}
	}
}

// tile runs the chains of one tile: acc[i][j] ← fma(a_i[p stride], panel[p][j], acc[i][j]) for
// p = 0, 1, …
func tile[T Float](acc *[tileRows][tileCols]float64, a0, a1 []T, stride int, panel []float64) {
	switch a0 := any(a0).(type) {
	case []float32:
		fused32(acc, a0, any(a1).([]float32), stride, panel)
	case []float64:
		tile64(acc, a0, any(a1).([]float64), stride, panel)
	}
}
