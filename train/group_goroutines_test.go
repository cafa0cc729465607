package train

import (
	"math/rand/v2"
	"sync"
	"testing"
)

// goGroup is a rank of a Group of goroutines.
type goGroup struct {
	rank int
	hub  *hub
}

// hub is where the ranks meet: what each has brought, and what all take away.
type hub struct {
	in  []chan any
	out []chan any
	err error // of every meeting, once it is set
}

// newGroups returns the ranks of a group, which meets until the test ends.
func newGroups(t testing.TB, size int) []*goGroup {
	h := &hub{}
	var groups []*goGroup
	for rank := range size {
		h.in, h.out = append(h.in, make(chan any)), append(h.out, make(chan any))
		groups = append(groups, &goGroup{rank, h})
	}
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		for {
			all := make([]any, size)
			for _, i := range rand.Perm(size) { // in no order
				select {
				case all[i] = <-h.in[i]:
				case <-done:
					return
				}
			}
			together := meet(all)
			for i := range all {
				h.out[i] <- together
			}
		}
	}()
	return groups
}

// meet returns what the ranks take away.
func meet(all []any) any {
	switch first := all[0].(type) {
	case []float64:
		out := append([]float64(nil), first...)
		for _, x := range all[1:] {
			for i, v := range x.([]float64) {
				out[i] = max(out[i], v)
			}
		}
		return out
	case []int64:
		out := make([]int64, len(first))
		for _, j := range rand.Perm(len(all)) {
			for i, v := range all[j].([]int64) {
				out[i] += v
			}
		}
		return out
	}
	return append([]byte(nil), all[0].([]byte)...)
}

func (g *goGroup) Rank() int { return g.rank }
func (g *goGroup) Size() int { return len(g.hub.in) }

func (g *goGroup) Max(x []float64) error {
	g.hub.in[g.rank] <- x
	copy(x, (<-g.hub.out[g.rank]).([]float64))
	return g.hub.err
}

func (g *goGroup) Sum(x []int64) error {
	g.hub.in[g.rank] <- x
	copy(x, (<-g.hub.out[g.rank]).([]int64))
	return g.hub.err
}

func (g *goGroup) Broadcast(b []byte) error {
	g.hub.in[g.rank] <- b
	copy(b, (<-g.hub.out[g.rank]).([]byte))
	return g.hub.err
}

// fitted is what Fit returned on a rank.
type fitted struct {
	model   *Model
	history History
	err     error
}

// onRanks calls fit on every rank of a group of that size, at once.
func onRanks(t testing.TB, size int, fit func(g Group) (*Model, History, error)) []fitted {
	out := make([]fitted, size)
	var wg sync.WaitGroup
	for rank, g := range newGroups(t, size) {
		wg.Go(func() { out[rank].model, out[rank].history, out[rank].err = fit(g) })
	}
	wg.Wait()
	return out
}
