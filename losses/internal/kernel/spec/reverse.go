package spec

import "math"

// A Reverse is the derivative of Alpha times cross entropy, and Beta times that with prediction and
// labels exchanged, by a label t: -Alpha l - Beta p/t, without the last where t is at most Bound
// or, nearer to it than Near, where its logarithm says so.
type Reverse struct{ Alpha, Beta, Bound, Near float64 }

// ReverseOf returns that for a logarithm of at least -most.
func ReverseOf[T Float](alpha, beta, most float64) Reverse {
	r := Reverse{Alpha: alpha, Beta: beta, Bound: math.Exp(-most)}
	if Size[T]() == 8 {
		r.Near = r.Bound * 0x1p-40
		return r
	}
	label := float32(r.Bound) // no other is as near
	if Log(float64(label)) > -most {
		label = math.Nextafter32(label, 0)
	}
	r.Bound = float64(label)
	return r
}
