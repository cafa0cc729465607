//go:build linux && !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

const canary = 77

// TestGuardUnits runs the row functions alone at every length and every distance from the page: the
// tails load and store no element too many, and what they compute does not depend on the distance.
func TestGuardUnits(t *testing.T) { onUnits(t, guardUnits[float32], guardUnits[float64]) }

func guardUnits[T spec.Float](t *testing.T, u unit[T]) {
	pages := []numtest.Pages{numtest.NewPages(t, 4096), numtest.NewPages(t, 4096), numtest.NewPages(t, 4096)}
	for n := 1; n <= 130; n++ {
		z, lab := normalRows[T](1, n)
		e := make([]T, n)
		_, shift, _ := u.maxExp(&z[0], n)
		want := runUnit(u, e, z, lab, shift)
		for off := range 16 {
			for _, behind := range []bool{true, false} {
				// The slice ends or begins off elements from the page; canaries fill the room.
				place := func(g numtest.Pages, x []T) (all, s []T) {
					room := make([]T, len(x)+off)
					for i := range room {
						room[i] = canary
					}
					all = numtest.Guard(g, room, behind)
					s = all[:len(x):len(x)]
					if !behind {
						s = all[off:]
					}
					copy(s, x)
					return all, s
				}
				_, pz := place(pages[0], z)
				_, pt := place(pages[1], lab)
				all, pe := place(pages[2], e)
				got := runUnit(u, pe, pz, pt, shift)
				if !sameBits(got, want) {
					require.FailNow(t, "other results", "n=%d, %d elements from the page", n, off)
				}
				edge := all[n:]
				if !behind {
					edge = all[:off]
				}
				for _, x := range edge {
					require.EqualValues(t, canary, x, "n=%d, %d elements from the page", n, off)
				}
			}
		}
	}
}

// runUnit runs all functions of rows and returns everything they gave.
func runUnit[T spec.Float](u unit[T], e, z, t []T, shift T) (all []T) {
	n := len(z)
	clear(e)
	keep := func(x ...T) { all = append(append(all, e...), x...) }
	m, sh, em := u.maxExp(&z[0], n)
	a := u.find(&z[0], n, m)
	u.sum(&z[0], n)
	keep(m, T(a), sh, em)
	low := m - 100
	keep(T(u.exps(&e[0], &z[0], n, low, shift, 64)))
	keep(T(u.sumExp(&z[0], n, n, low, shift, 64)))
	sum, dot, mass, bad := u.expsDot(&e[0], &z[0], &t[0], n, m, low, shift, 64)
	keep(T(sum), T(dot), T(mass), T(bad))
	sum, dot, mass, bad = u.sumExpDot(&z[0], &t[0], n, m, low, shift, 64)
	keep(T(sum), T(dot), T(mass), T(bad))
	u.combine(&e[0], &t[0], n, 0.5, 2)
	keep()
	v := wideOf[T]()
	wide := make([]float64, n)
	keep(T(v.exps64(&wide[0], &z[0], n, float64(m), float64(low), float64(shift), 64)))
	s, delta, bad := v.maeSum(&e[0], &wide[0], &t[0], n, a, 0.5, 1)
	keep(T(s), T(delta), T(bad))
	v.maeGrad(&e[0], &wide[0], &t[0], n, 0.5, 1, 0.25, 2)
	keep()
	v.klGrad(&e[0], &wide[0], &t[0], n, 0.5, 2)
	keep()
	v.combine(&e[0], &t[0], n, 0.5, 2)
	keep()
	keep(T(v.sumExp(&z[0], n, n, float64(low), float64(shift), 0)))
	limit, places := 0.9*m, make([]int32, n)
	keep(T(u.above(&places[0], &z[0], n, limit)))
	for _, l := range losses {
		p, ok := planFor[T](l.family, l.a)
		for _, out := range [2][2][]T{{e, nil}, {make([]T, n), e}} { // terms, and values of φ
			if ok {
				sum, mass, _, bad := terms(u, p, &softrow[T]{m: m, low: low}, out[0], out[1], t, z, t, limit, 1, 0.5)
				keep(T(sum), T(mass), T(bad))
				sum, mass, bad = exactTerms(v, p, out[0], out[1], z, t, a, float64(m), 1)
				keep(T(sum), T(mass), T(bad))
			}
		}
	}
	sum, mass, bad = v.klTerms(&e[0], &z[0], &t[0], n, float64(m), 1)
	keep(T(sum), T(mass), T(bad))
	u.scale(&e[0], n, 3)
	keep()
	u.shift(&e[0], &z[0], n, m, 0.5)
	keep()
	labels, nnz, bad := u.labelSums(&t[0], n)
	keep(T(labels), nnz, T(bad))
	u.smooth(&e[0], &t[0], n, 0.9, 0.1, 0.2)
	keep()
	keep(T(u.smoothAlike(&e[0], &t[0], n, 0.9, 0.2)))
	return all
}
