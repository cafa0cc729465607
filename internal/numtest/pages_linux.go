package numtest

import (
	"syscall"
	"testing"
	"unsafe"
)

// Pages is memory between two pages that nobody may touch.
type Pages struct{ mem []byte }

// NewPages returns memory for size bytes that lives as long as the test.
func NewPages(t testing.TB, size int) Pages {
	page := syscall.Getpagesize()
	size = (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(err)
	t.Cleanup(func() { check(syscall.Munmap(all)) })
	check(syscall.Mprotect(all[:page], syscall.PROT_NONE))
	check(syscall.Mprotect(all[page+size:], syscall.PROT_NONE))
	return Pages{all[page : page+size]}
}

// Guard returns a copy of x in p, flush against the page behind it, or the one before it.
func Guard[E any](p Pages, x []E, behind bool) []E {
	if len(x) == 0 {
		return nil
	}
	first := &p.mem[0]
	if behind {
		first = &p.mem[len(p.mem)-len(x)*int(unsafe.Sizeof(x[0]))]
	}
	s := unsafe.Slice((*E)(unsafe.Pointer(first)), len(x))
	copy(s, x)
	return s
}
