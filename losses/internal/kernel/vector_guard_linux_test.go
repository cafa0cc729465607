package kernel

import (
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// guardedPages is memory between two pages that nobody may touch.
type guardedPages struct{ mem []byte }

func newGuardedPages(t *testing.T, size int) guardedPages {
	page := syscall.Getpagesize()
	size = (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Munmap(all)) })
	require.NoError(t, syscall.Mprotect(all[:page], syscall.PROT_NONE))
	require.NoError(t, syscall.Mprotect(all[page+size:], syscall.PROT_NONE))
	return guardedPages{all[page : page+size]}
}

// guard returns a copy of x flush against the page behind it, or the one before it.
func guard[E any](g guardedPages, x []E, behind bool) []E {
	if len(x) == 0 {
		return nil
	}
	first := &g.mem[0]
	if behind {
		first = &g.mem[len(g.mem)-len(x)*int(unsafe.Sizeof(x[0]))]
	}
	s := unsafe.Slice((*E)(unsafe.Pointer(first)), len(x))
	copy(s, x)
	return s
}

// TestGuardPages puts every input and output against a page that must not be touched. A kernel that reads
// or writes outside its slices crashes the test.
func TestGuardPages(t *testing.T) { both(t, guardPages[float32], guardPages[float64]) }

func guardPages[T Float](t *testing.T) {
	const biggest = 2 * 4097 * 8
	var pages [10]guardedPages
	for i := range pages {
		pages[i] = newGuardedPages(t, biggest)
	}
	shapes := [][2]int{{1, 1000}, {1, 2047}, {1, 2048}, {1, 2049}, {1, 4097}}
	for k := 1; k <= 130; k++ {
		shapes = append(shapes, [2]int{1, k}, [2]int{2 + k%3, k})
		if k <= 33 {
			shapes = append(shapes, [2]int{16, k}, [2]int{17 + k%16, k})
		}
	}
	for _, s := range shapes {
		b := newBlock[T](s[0], s[1], ordinary)
		for _, f := range kernels[T]() {
			want := f.results(b)
			for _, behind := range []bool{true, false} {
				c, o := *b, newOutputs[T](b.n, b.k)
				c.z, c.t, c.u = guard(pages[0], b.z, behind), guard(pages[1], b.t, behind), guard(pages[2], b.u, behind)
				c.scale, c.index = guard(pages[3], b.scale, behind), guard(pages[4], b.index, behind)
				o.loss, o.out, o.num = guard(pages[5], o.loss, behind), guard(pages[6], o.out, behind), guard(pages[7], o.num, behind)
				o.scratch, o.wide = guard(pages[8], o.scratch, behind), guard(pages[9], o.wide, behind)
				f.run(&c, o)
				require.True(t, o.same(want), "%s n=%d k=%d", f.name, b.n, b.k)
				require.True(t, sameBits(c.z, b.z) && sameBits(c.t, b.t) && sameBits(c.u, b.u) && sameBits(c.scale, b.scale) && slices.Equal(c.index, b.index),
					"%s n=%d k=%d changed an input", f.name, b.n, b.k)
			}
		}
	}
}
