package spec

// SoftmaxGrad stores Σ_j u_j dp_j/dz_k = p_k (u_k - Σ_j p_j u_j) in dst.
func SoftmaxGrad[T Float](dst, z, u []T, k int) {
	for lo := 0; lo < len(z); lo += k {
		d := dst[lo : lo+k]
		_, a, r := Exps(d, z[lo:lo+k])
		SoftmaxGradRow(d, u[lo:lo+k], a, r, 1)
	}
}

// SoftmaxGradRow is SoftmaxGrad for one row, with a and r of [Exps], which left the exponentials in
// d, or em times those.
func SoftmaxGradRow[T Float](d, u []T, a int, r, em float64) {
	pa := 1 / (1 + r)
	c := pa / em
	// u_k - Σ p_j u_j = (u_k - u_a) + Σ_{j≠a} p_j (u_a - u_j): no cancellation when p_a is near 1.
	ua := float64(u[a])
	var mean float64
	for j, e := range d {
		if e != 0 && j != a {
			mean += float64(e) * c * (ua - float64(u[j]))
		}
	}
	for j, e := range d {
		p := float64(e) * c
		switch {
		case p == 0:
			d[j] = 0
		default:
			d[j] = T(p * ((float64(u[j]) - ua) + mean))
		}
	}
	d[a] = T(pa * mean)
}

// LogSoftmaxGrad stores Σ_j u_j dl_j/dz_k = u_k - p_k Σ_j u_j in dst.
func LogSoftmaxGrad[T Float](dst, z, u []T, k int) {
	for lo := 0; lo < len(z); lo += k {
		d := dst[lo : lo+k]
		_, a, r := Exps(d, z[lo:lo+k])
		LogSoftmaxGradRow(d, u[lo:lo+k], a, r, 1)
	}
}

// LogSoftmaxGradRow is LogSoftmaxGrad for one row, with a and r of [Exps], which left the
// exponentials in d, or em times those.
func LogSoftmaxGradRow[T Float](d, u []T, a int, r, em float64) {
	others := Sum(u[:a]) + Sum(u[a+1:])
	sum := others + float64(u[a])
	ofTop := sum / (1 + r)
	c := ofTop / em
	for j, e := range d {
		d[j] = T(float64(u[j]) - float64(e)*c)
	}
	d[a] = T(float64(u[a]) - ofTop)
	if r < 1 { // p_a > 1/2
		d[a] = T(sum*(r/(1+r)) - others)
	}
}

// LogSumExpGrad stores u_i p_k in row i of dst.
func LogSumExpGrad[T Float](dst, z, u []T, k int) {
	for i, v := range u {
		d := Row(dst, i, k)
		_, a, r := Exps(d, Row(z, i, k))
		LogSumExpGradRow(d, v, a, r, 1)
	}
}

// LogSumExpGradRow is LogSumExpGrad for one row, with a and r of [Exps], which left the
// exponentials in d, or em times those.
func LogSumExpGradRow[T Float](d []T, u T, a int, r, em float64) {
	ofTop := float64(u) / (1 + r)
	c := ofTop / em
	for j, e := range d {
		d[j] = T(float64(e) * c)
	}
	d[a] = T(ofTop)
}
