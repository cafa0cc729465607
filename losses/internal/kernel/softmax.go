package kernel

import "math"

// softmax stores p_k in dst.
func softmax[T Float](dst, z []T, k int) {
	for lo := 0; lo < len(z); lo += k {
		d := dst[lo : lo+k]
		_, a, r := expsGo(d, z[lo:lo+k])
		c := 1 / (1 + r)
		for j, e := range d {
			d[j] = T(float64(e) * c)
		}
		d[a] = T(c)
	}
}

// logSoftmax stores l_k in dst.
func logSoftmax[T Float](dst, z []T, k int) {
	for lo := 0; lo < len(z); lo += k {
		x := z[lo : lo+k]
		m, _, r := maxAndRest(x)
		c := math.Log1p(r)
		for j, v := range x {
			dst[lo+j] = T((float64(v) - m) - c)
		}
	}
}

// logSumExp stores M + log1p(r) in dst, an element a row.
func logSumExp[T Float](dst, z []T, k int) {
	for i := range dst {
		m, _, r := maxAndRest(z[i*k : i*k+k])
		dst[i] = T(m + math.Log1p(r))
	}
}

// SoftmaxGrad stores Σ_j u_j dp_j/dz_k = p_k (u_k - Σ_j p_j u_j) in dst.
func SoftmaxGrad[T Float](dst, z, u []T, k int) {
	for lo := 0; lo < len(z); lo += k {
		d, up := dst[lo:lo+k], u[lo:lo+k]
		_, a, r := exps(d, z[lo:lo+k])
		c := 1 / (1 + r)
		// u_k - Σ p_j u_j = (u_k - u_a) + Σ_{j≠a} p_j (u_a - u_j): no cancellation when p_a is near 1.
		ua := float64(up[a])
		var rest float64
		for j, e := range d {
			if e != 0 && j != a {
				rest += float64(e) * c * (ua - float64(up[j]))
			}
		}
		for j, e := range d {
			p := float64(e) * c
			switch {
			case p == 0:
				d[j] = 0
			default:
				d[j] = T(p * ((float64(up[j]) - ua) + rest))
			}
		}
		d[a] = T(c * rest)
	}
}

// LogSoftmaxGrad stores Σ_j u_j dl_j/dz_k = u_k - p_k Σ_j u_j in dst.
func LogSoftmaxGrad[T Float](dst, z, u []T, k int) {
	for lo := 0; lo < len(z); lo += k {
		d, up := dst[lo:lo+k], u[lo:lo+k]
		_, a, r := exps(d, z[lo:lo+k])
		var rest float64
		for j, v := range up {
			if j != a {
				rest += float64(v)
			}
		}
		sum := rest + float64(up[a])
		c := sum / (1 + r)
		for j, e := range d {
			d[j] = T(float64(up[j]) - float64(e)*c)
		}
		d[a] = T(sum*(r/(1+r)) - rest)
	}
}

// LogSumExpGrad stores u_i p_k in row i of dst.
func LogSumExpGrad[T Float](dst, z, u []T, k int) {
	for i, v := range u {
		d := dst[i*k : i*k+k]
		_, a, r := exps(d, z[i*k:i*k+k])
		c := float64(v) / (1 + r)
		for j, e := range d {
			d[j] = T(float64(e) * c)
		}
		d[a] = T(c)
	}
}
