// Package recent keeps the plans of the losses that were computed last: to fit polynomials to a
// loss takes longer than to compute a batch, and criteria take turns.
package recent

import "sync/atomic"

// Most is how many plans are kept.
const Most = 16

// Plans are those made last, each for a K. The zero value has none. Goroutines may share it: those
// that want the same plan at once may each make it.
type Plans[K comparable, P any] struct {
	places [Most]atomic.Pointer[planned[K, P]]
	made   atomic.Uint32 // how many
}

type planned[K, P any] struct {
	of   K
	plan *P
}

// For returns the plan for k, made by makes if there is none. It then takes the place of the oldest
// where there are as many as are kept.
func (p *Plans[K, P]) For(k K, makes func(k K) *P) *P {
	for i := range p.places {
		if m := p.places[i].Load(); m != nil && m.of == k {
			return m.plan
		}
	}
	m := &planned[K, P]{k, makes(k)}
	p.places[(p.made.Add(1)-1)%Most].Store(m)
	return m.plan
}
