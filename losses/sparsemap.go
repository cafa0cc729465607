package losses

// asMap returns the map with its derivatives. With a = u - ⟨w,u⟩/Σ w and b alike of v, w = √p, the
// second derivative of the entmax is where p > 0
//
//	(a b - w ⟨a,b⟩/Σ w)/2,
//
// the sum being over those classes, and 0 elsewhere.
func (n sparse) asMap() RowMap {
	return wideMap{
		key: [...]string{sparsemax: "sparsemax", entmax15: "entmax15"}[n], arg: "logits",
		apply: n.probs,
		along: func(dst, z, v, memory []float64) {
			at, _ := n.solve(z, memory)
			sum := n.escort(z, at)
			center(dst, z, v)
			scaleBy(dst, z, sum)
		},
		gradAlong: func(dst, w, u, v, memory []float64) {
			at, _ := n.solve(w, memory)
			n.escort(w, at)
			center(u, w, u)
			center(v, w, v)
			var sum float64
			for j := range dst {
				if dst[j] = 0; w[j] != 0 && n == entmax15 {
					dst[j] = u[j] * v[j] / 2
					sum += dst[j]
				}
			}
			for j := range dst {
				dst[j] -= w[j] * sum
			}
		},
	}
}

// probs stores the probabilities of the logits z in dst; memory is 2K numbers.
func (n sparse) probs(dst, z, memory []float64) {
	at, _ := n.solve(z, memory)
	for j, g := range at.gap {
		dst[j] = n.power(g)
	}
}
