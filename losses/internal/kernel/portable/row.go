package portable

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// argmax is [spec.Argmax] with one branch, which is seldom taken, for eight elements.
func argmax[T spec.Float](z []T) (m float64, a int) {
	most := z[0]
	i := 0
	for ; i+8 <= len(z); i += 8 {
		b := (*[8]T)(z[i:])
		if b[0] > most || b[1] > most || b[2] > most || b[3] > most ||
			b[4] > most || b[5] > most || b[6] > most || b[7] > most {
			for j, v := range b {
				if v > most {
					most, a = v, i+j
				}
			}
		}
	}
	for ; i < len(z); i++ {
		if z[i] > most {
			most, a = z[i], i
		}
	}
	return float64(most), a
}

// exps is [spec.Exps], for float32 with exponentials to 2e-9. e may be nil, or z.
func exps[T spec.Float](e, z []T) (m float64, a int, r float64) {
	if spec.Size[T]() == 8 {
		return exactExps(e, z)
	}
	m, a = argmax(z)
	r = (m - m) + sumExp32(e, z, m, a)
	if e != nil {
		e[a] = 1
	}
	return m, a, r
}

// exactExps is exps with exponentials to an ulp and a half of float64.
func exactExps[E, T spec.Float](e []E, z []T) (m float64, a int, r float64) {
	m, a = argmax(z)
	r = (m - m) + sumExp64(e, z, m, a)
	if e != nil {
		e[a] = 1
	}
	return m, a, r
}

// sumExp32 stores exp(z_k - m) in e, unless that is nil, and returns their sum, both without that
// at a.
func sumExp32[E, T spec.Float](e []E, z []T, m float64, a int) (sum float64) {
	for j, x := range z {
		if j == a {
			continue
		}
		y := (float64(x) - m) * expScale
		n := y + expMagic
		i := math.Float64bits(n)
		var p float64
		if int64(i) < expLow {
			p = math.Exp(float64(x) - m)
		} else {
			p = power32(y, n, i)
		}
		if j < len(e) {
			e[j] = E(p)
		}
		sum += p
	}
	return sum
}

// sumExp64 is sumExp32 with exponentials to an ulp and a half.
func sumExp64[E, T spec.Float](e []E, z []T, m float64, a int) (sum float64) {
	if half := spec.Half[T](len(z)); half > 0 {
		head, tail := spec.Halves(e, half)
		return sumExp64(head, z[:half], m, a) + sumExp64(tail, z[half:], m, a-half)
	}
	for j, x := range z {
		if j == a {
			continue
		}
		d := float64(x) - m
		n := d*expScale + expMagic
		i := math.Float64bits(n)
		var p float64
		if int64(i) < expLow {
			p = math.Exp(d)
		} else {
			p = power64(d, n, i)
		}
		if j < len(e) {
			e[j] = E(p)
		}
		sum += p
	}
	return sum
}
