package kernel

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// TestPosition wants the same bits for a row wherever it stands and whatever its neighbours hold:
// first in the block, at every place in a tile, in the last, partial one, alone.
func TestPosition(t *testing.T) { both(t, position[float32], position[float64]) }

func position[T Float](t *testing.T) {
	hostile := []float64{math.NaN(), 1e30, math.Inf(1), math.Inf(-1), math.MaxFloat32, 0}
	for _, k := range lengths() {
		n := 35 // two of the widest tiles and three rows
		if k > 32 && k%25 != 0 {
			n = 3
		}
		plain := newBlock[T](n, k, ordinary)
		alone := plain.rows(0, 1)
		for _, f := range kernels[T]() {
			want := f.results(alone)
			require.True(t, f.results(plain).rows(0, 1, k).same(want), "%s k=%d", f.name, k)
			step := 5 // other places for every number of classes
			if k > 10 && k%8 != 0 {
				step = 11
			}
			for place := 0; place < n; place += 1 + (place+k)%step {
				b := newBlock[T](n, k, ordinary)
				for i := range b.z {
					h := T(hostile[(i/k+place)%len(hostile)])
					if b.z[i] = h; !f.noLogits {
						b.u[i] = h
					}
				}
				b.put(place, alone)
				got := f.results(b).rows(place, place+1, k)
				require.True(t, got.same(want), "%s k=%d: row %d of %d", f.name, k, place, n)
				// A bad label in a later row stops there, and what came before is as it was.
				if f.labels && place < n-1 {
					b.t[(place+1)*k+k/2] = -1
					o := f.results(b)
					require.Equal(t, place+1, o.bad, "%s k=%d", f.name, k)
					o.bad = -1
					require.True(t, o.rows(place, place+1, k).same(want), "%s k=%d: row %d before a bad one", f.name,
						k, place)
				}
			}
		}
	}
}

// TestRowsTogether wants the same bits for rows of many classes that are computed by one call, with
// others among them that are not ordinary, as for each alone.
func TestRowsTogether(t *testing.T) { both(t, rowsTogether[float32], rowsTogether[float64]) }

func rowsTogether[T Float](t *testing.T) {
	for _, k := range []int{66, 100, 130, 161, 250, 257, 400, 520, 1000, 2100} {
		b := newBlock[T](37, k, ordinary)
		b.z[5*k+3], b.z[6*k], b.z[23*k+k-1] = T(math.NaN()), T(math.Inf(-1)), -1e30
		for _, f := range kernels[T]() {
			if !strings.HasPrefix(f.name, "CrossEntropy") {
				continue
			}
			all := f.results(b)
			for i := range b.n {
				require.True(t, all.rows(i, i+1, k).same(f.results(b.rows(i, i+1))), "%s k=%d: row %d", f.name, k, i)
			}
		}
	}
}

// TestIndexIsOneHot wants the same bits for the classes of an index as for their one-hot labels,
// where rows are computed several at once: of ordinary rows, of some with several maxima, of
// which the class is one or is none, of sure ones, and of those that are not ordinary, where they
// are, too.
func TestIndexIsOneHot(t *testing.T) { both(t, indexIsOneHot[float32], indexIsOneHot[float64]) }

func indexIsOneHot[T Float](t *testing.T) {
	for k := 2; k <= 160 && Together[T](k); k++ {
		b := newBlock[T](19, k, ordinary)
		for i, x := range []float64{1: 60, 5: 12, 2: 9, 3: -1e30, 4: math.NaN(), 6: 200} {
			if i < 3 || i == 5 || k <= 64 {
				b.z[i*k+k/2] += T(x)
			}
		}
		copy(b.z[2*k:3*k], slices.Repeat([]T{1}, k/2+1))
		b.index[1], b.index[5], b.index[6] = k/2, k/2, k/2
		clear(b.t)
		for i, y := range b.index {
			b.t[i*k+y] = 1
		}
		for _, grad := range []bool{true, false} {
			byLabels, byIndex := newOutputs[T](b.n, k), newOutputs[T](b.n, k)
			if !grad {
				byLabels.out, byIndex.out = nil, nil
			}
			require.Equal(t, -1, CrossEntropy(byLabels.loss, byLabels.out, b.z, b.t, b.scale, k))
			CrossEntropyIndex(byIndex.loss, byIndex.out, b.z, b.index, b.scale, k)
			require.True(t, byLabels.same(byIndex), "k=%d", k)
		}
	}
}

// put copies the only row of a to row i.
func (b *block[T]) put(i int, a *block[T]) {
	copy(b.z[i*b.k:], a.z)
	copy(b.t[i*b.k:], a.t)
	copy(b.u[i*b.k:], a.u)
	b.u[i], b.index[i], b.scale[i] = a.u[0], a.index[0], a.scale[0]
}

// TestOneScale is a factor for all rows: the same as one a row.
func TestOneScale(t *testing.T) { both(t, oneScale[float32], oneScale[float64]) }

func oneScale[T Float](t *testing.T) {
	for _, s := range [][2]int{{1, 5}, {33, 5}, {17, 32}, {3, 33}, {2, 2100}} {
		b := newBlock[T](s[0], s[1], ordinary)
		for _, scale := range []T{0.25, 0, -3} {
			each := *b
			each.scale = slices.Repeat([]T{scale}, b.n)
			one := each
			one.scale = each.scale[:1]
			for _, f := range kernels[T]() {
				require.True(t, f.results(&each).same(f.results(&one)), "%s n=%d k=%d scale %v", f.name, b.n, b.k,
					scale)
			}
		}
	}
}

const canary = 77

// TestCanaries runs every kernel on slices that begin 0 to 15 elements behind a vector's boundary,
// between canaries: the bits are the same, the inputs and everything outside the outputs as before.
func TestCanaries(t *testing.T) { both(t, canaries[float32], canaries[float64]) }

func canaries[T Float](t *testing.T) {
	for _, k := range lengths() {
		for _, n := range []int{1, 2 + k%16, 16} {
			if k > 33 && n > 2 {
				continue
			}
			b := newBlock[T](n, k, ordinary)
			for _, f := range kernels[T]() {
				want := f.results(b)
				for off := (k + n) % 3; off < 16; off += 3 {
					got, moved, check := shifted(b, off)
					f.run(moved, got)
					require.True(t, got.same(want), "%s n=%d k=%d, %d elements off", f.name, n, k, off)
					if i, ok := check(); !ok {
						require.FailNow(t, "wrote outside its outputs", "%s n=%d k=%d, %d elements off: buffer %d",
							f.name, n, k, off, i)
					}
				}
			}
		}
	}
}

// shifted copies b and makes outputs for it, all off elements behind a boundary of 64 bytes and in
// the middle of canaries. check compares everything but the outputs with what it was.
func shifted[T Float](b *block[T], off int) (o *outputs[T], moved *block[T], check func() (buffer int, ok bool)) {
	var buffers, before [][]T
	place := func(x []T, output bool, off int) []T {
		buf := make([]T, len(x)+64)
		for i := range buf {
			buf[i] = canary
		}
		size := int(unsafe.Sizeof(buf[0]))
		start := 16 + (64-int(uintptr(unsafe.Pointer(&buf[16]))%64))%64/size + off
		s := buf[start : start+len(x) : start+len(x)]
		if !output {
			copy(s, x)
		} else {
			clear(s)
			buffers = append(buffers, buf[:start], buf[start+len(x):])
			before = append(before, slices.Clone(buf[:start]), slices.Clone(buf[start+len(x):]))
			return s
		}
		buffers, before = append(buffers, buf), append(before, slices.Clone(buf))
		return s
	}
	c := *b
	c.z, c.t, c.u, c.scale = place(b.z, false, off), place(b.t, false, (off+5)%16), place(b.u, false,
		(off+3)%16), place(b.scale, false, off)
	o = newOutputs[T](b.n, b.k)
	o.out, o.num, o.scratch = place(o.out, true, (off+7)%16), place(o.num, true, off), place(o.scratch, true, off)
	loss := slices.Repeat([]float64{canary}, b.n+2)
	o.loss = loss[1 : b.n+1 : b.n+1]
	clear(o.loss)
	index := slices.Clone(b.index)
	c.index = slices.Clone(b.index)
	return o, &c, func() (int, bool) {
		for i := range buffers {
			if !sameBits(buffers[i], before[i]) {
				return i, false
			}
		}
		return -1, loss[0] == canary && loss[b.n+1] == canary && slices.Equal(index, c.index)
	}
}
