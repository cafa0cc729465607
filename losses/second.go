package losses

// center stores x - ⟨p,x⟩ in dst, which may be x. The differences are taken from the element of the
// largest p first, so that nothing is lost where p is nearly 1 and x - ⟨p,x⟩ nearly 0.
func center(dst, p, x []float64) {
	top := 0
	for k := range p {
		if p[k] > p[top] {
			top = k
		}
	}
	at := x[top]
	var mean float64
	for k := range p {
		if dst[k] = x[k] - at; k != top && p[k] != 0 {
			mean += p[k] * dst[k]
		}
	}
	dst[top] = 0
	for k := range p {
		dst[k] -= mean
	}
}

// expected is ⟨p,x⟩; an x does not count where p is 0.
func expected(p, x []float64) (sum float64) {
	for k := range p {
		if p[k] != 0 {
			sum += p[k] * x[k]
		}
	}
	return sum
}

// scaleBy multiplies x by f·p, which is 0 where p is.
func scaleBy(x, p []float64, f float64) {
	for k := range x {
		if x[k] *= f * p[k]; p[k] == 0 {
			x[k] = 0
		}
	}
}
