//go:build !purego

package vec

import (
	"math"
	"unsafe"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// HasSeparableLabels reports whether [Separable] is of use for gradients by the labels.
func HasSeparableLabels[T spec.Float](f spec.Family, a float64) bool {
	p := planFor[T](f, a)
	return p.kernel
}

// Separable is [spec.Separable], with gradients by the labels as those of [KL]. scratch holds 2k
// elements.
func Separable[T spec.Float](f spec.Family, a float64, loss []float64, grad, labelGrad, z, t, scale, scratch []T,
	k int, alone func(j int)) (bad int) {
	p := planFor[T](f, a)
	for i := range loss {
		x, y, g, l := spec.Row(z, i, k), spec.Row(t, i, k), spec.Row(grad, i, k), spec.Row(labelGrad, i, k)
		if separableRow(&p, &loss[i], g, l, x, y, scratch, spec.Factor(scale, i)) {
			continue
		}
		if portable.Separable(f, a, loss[i:i+1], g, x, y, spec.FactorOf(scale, i), scratch, k) >= 0 {
			return i
		}
		if l != nil {
			alone(i)
		}
	}
	return -1
}

// plan is how a separable loss is computed.
type plan struct {
	family spec.Family
	a      float64
	kernel bool        // otherwise plain Go computes the terms
	par    [9]float64  // a; for the focal loss the coefficients of the powers of 1-p too
	fit    *smoothPlan // what smoothTerms or powerTerms take, nil for other kernels
}

func planFor[T spec.Float](f spec.Family, a float64) (p plan) {
	p.family, p.a, p.par[0] = f, a, a
	switch f {
	case spec.Poly1:
		p.kernel = true
	case spec.GCE: // 1 - p^a must not cancel
		p.kernel = a >= 0.25 || a >= 1e-4 && spec.Size[T]() == 4
	case spec.Focal:
		if a >= 1 && a <= 8 && a == math.Trunc(a) {
			p.kernel, p.par[int(a)] = true, 1
			break
		}
		p.fit = rowPlanFor[T](f, a)
	default:
		if f.Smooth() {
			p.fit = rowPlanFor[T](f, a)
		}
	}
	if p.fit != nil {
		p.kernel = p.fit.ok
	}
	return p
}

// terms computes a part of a row; see [portable.Terms]. signs has a sign where a label has.
func terms[T spec.Float](p *plan, h []T, e []float64, z, t []T, m, log, c float64) (sum, mass float64, signs uint64) {
	n := len(z)
	if !p.kernel {
		sum, mass, ok := portable.Terms(p.family, p.a, h, e, z, t, m, log, c)
		if !ok {
			signs = 1 << 63
		}
		return sum, mass, signs
	}
	switch {
	case p.fit != nil && p.family == spec.Focal:
		return powerTerms(&h[0], &e[0], &z[0], &t[0], n, m, log, c, &p.fit.par[0])
	case p.fit != nil:
		return smoothTerms(&h[0], &e[0], &z[0], &t[0], n, m, log, c, &p.fit.par[0])
	case p.family == spec.GCE:
		sum, mass, signs = gceTerms(&h[0], &e[0], &z[0], &t[0], n, m, log, c, &p.par[0])
		return sum / p.a, mass, signs
	case p.family == spec.Poly1:
		return polyTerms(&h[0], &e[0], &z[0], &t[0], n, m, log, c, &p.par[0])
	}
	return focalTerms(&h[0], &e[0], &z[0], &t[0], n, m, log, c, &p.par[0])
}

// slopes stores φ of the classes of a row in l.
func slopes[T spec.Float](p *plan, l []T, e []float64, z []T, m, log, c float64) {
	run := func(l *T, e *float64, z *T, n int) {
		switch {
		case p.fit != nil && p.family == spec.Focal:
			powerPhi(l, e, z, n, m, log, c, &p.fit.par[0])
		case p.fit != nil:
			smoothPhi(l, e, z, n, m, log, c, &p.fit.par[0])
		case p.family == spec.GCE:
			gcePhi(l, e, z, n, m, log, c, &p.par[0])
		case p.family == spec.Poly1:
			polyPhi(l, e, z, n, m, log, c, &p.par[0])
		default:
			focalPhi(l, e, z, n, m, log, c, &p.par[0])
		}
	}
	whole := wholeBlocks[T](len(z))
	if whole > 0 {
		run(&l[0], &e[0], &z[0], whole)
	}
	if whole < len(z) {
		var bl, bz [8]T
		var be [8]float64
		copy(bz[:], z[whole:])
		copy(be[:], e[whole:])
		run(&bl[0], &be[0], &bz[0], block[T]())
		copy(l[whole:], bl[:])
	}
	if p.family == spec.GCE {
		Affine(l, l, 1/p.a, 0, 0)
	}
}

// separableRow computes one row in float64, and φ of its classes in l unless that is nil. It
// returns false for a row that is left to plain Go.
func separableRow[T spec.Float](p *plan, loss *float64, g, l, x, y, scratch []T, f float64) bool {
	s, ok := begin(x)
	own := float64(y[s.a])
	if !ok || math.Signbit(own) {
		return false
	}
	e := doubles(scratch, len(x))
	r := s.sums64(e, x) / s.top
	m, log, c, q := float64(s.m), math.Log1p(r), 1/((1+r)*s.top), r/(1+r)
	var sum, others float64
	var signs uint64
	add := func(h []T, e []float64, z, t []T) {
		ps, pm, bits := terms(p, h, e, z, t, m, log, c)
		sum, others, signs = sum+ps, others+pm, signs|bits
	}
	var drop [64]T // -t φ' where nobody wants it
	s.walk(len(x), func(from, to int) {
		if g != nil {
			add(g[from:to], e[from:to], x[from:to], y[from:to])
			return
		}
		for ; from < to; from += len(drop) {
			end := min(from+len(drop), to)
			add(drop[:end-from], e[from:end], x[from:end], y[from:end])
		}
	}, func(from int) {
		var be [8]float64
		var bz, bt [8]T
		w := block[T]()
		copy(be[:w], e[from:])
		s.pad(&bz, x, from, s.m)
		s.pad(&bt, y, from, 0)
		add(drop[:w], be[:w], bz[:w], bt[:w])
		if g != nil {
			copy(g[from:min(from+w, len(x))], drop[:])
		}
	})
	ownMass := 0.0
	if own != 0 {
		v, dv, _ := spec.Phi(p.family, p.a, -log, q)
		sum, ownMass = sum+own*v, -own*dv
	}
	mass := others + ownMass
	if signs>>63 != 0 || !fits[T](mass, f) {
		return false
	}
	*loss = sum
	if l != nil {
		slopes(p, l, e, x, m, log, c)
		v, _, _ := spec.Phi(p.family, p.a, -log, q)
		l[s.a] = T(v)
	}
	if g == nil {
		return true
	}
	b := mass * c
	whole := wholeBlocks[T](len(x))
	if whole > 0 {
		separableGrad(&g[0], &e[0], whole, b, f)
	}
	for j := whole; j < len(x); j++ {
		g[j] = T(f * (b*e[j] - float64(g[j])))
	}
	if r < 1 { // p > 1/2
		g[s.a] = T(f * (others - mass*q))
	} else {
		g[s.a] = T(f * (mass/(1+r) - ownMass))
	}
	return true
}

// doubles returns room for n numbers in scratch, which has that of 2n elements.
func doubles[T spec.Float](scratch []T, n int) []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(&scratch[0])), n)
}

// SeparableIndex is [spec.SeparableIndex].
func SeparableIndex[T spec.Float](
	f spec.Family, a float64, loss []float64, grad, z []T, index []int, scale, scratch []T, k int) {
	for i, y := range index {
		x, g, factor := spec.Row(z, i, k), spec.Row(grad, i, k), spec.Factor(scale, i)
		s, ok := begin(x)
		if ok {
			r := s.sums64(nil, x) / s.top
			v, dv := spec.IndexPhi(f, a, float64(x[y])-float64(s.m), s.exp(x[y])/((1+r)*s.top), r, y == s.a)
			if ok = fits[T](1, dv*factor); ok {
				loss[i] = v
				if g != nil {
					s.sums(g, x, nil)
					s.indexGrad(g, y, r, -dv*factor)
				}
			}
		}
		if !ok {
			portable.SeparableIndex(f, a, loss[i:i+1], g, x, index[i:i+1], spec.FactorOf(scale, i), k)
		}
	}
}
