package kernel

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// worst is the largest deviation of an output.
type worst struct {
	ulps  float64
	where string
}

// accuracyShapes are the numbers of classes of lengths, with more rows than the widest
// tile for some, and long rows.
func accuracyShapes() (shapes [][2]int) {
	for _, k := range lengths() {
		n := 1
		if k%8 == 0 && k <= 32 {
			n = 17
		}
		shapes = append(shapes, [2]int{n, k})
	}
	shapes = append(shapes, [2]int{33, 10}, [2]int{16, 3}, [2]int{1, 1000}, [2]int{1, 2047}, [2]int{1, 2048},
		[2]int{1, 2049}, [2]int{1, 4097})
	if !testing.Short() {
		shapes = append(shapes, [2]int{1, 32000})
	}
	return shapes
}

// TestAccuracy holds every kernel and implementation to the exact result on every class of values.
func TestAccuracy(t *testing.T) {
	t.Run("float32", func(t *testing.T) { accuracy[float32](t, accuracyShapes(), classes, limit) })
	t.Run("float64", func(t *testing.T) { accuracy[float64](t, accuracyShapes(), classes, limit) })
}

// TestFourUlps is what the module promises for float32, for every number of classes: rows that a
// model may give, equal logits, with which it starts, and saturated ones, with labels of every
// kind.
func TestFourUlps(t *testing.T) {
	var strict []class
	for _, c := range classes {
		if slices.Contains([]string{"ordinary", "wide", "one-hot", "saturated", "saturated soft", "wrong",
			"sparse labels", "rivals", "equal", "two maxima"}, c.name) {
			strict = append(strict, c)
		}
	}
	require.Len(t, strict, 10)
	strict = append(strict, smoothedClasses...)
	accuracy[float32](t, fourUlpsShapes(), strict, func(accuracyCase, expected) float64 { return 4 })
}

// fourUlpsShapes are every number of classes up to 200, in short those of lengths, then sizes up to
// 5000.
func fourUlpsShapes() (shapes [][2]int) {
	if !testing.Short() {
		for k := 131; k <= 200; k++ {
			shapes = append(shapes, [2]int{1, k})
		}
	}
	for _, k := range append(lengths(), 255, 256, 257, 300, 511, 777, 1000, 1023, 1024, 1025, 2047, 2048, 2049,
		3000, 4096, 5000) {
		shapes = append(shapes, [2]int{1, k})
	}
	return append(shapes, [2]int{33, 10}, [2]int{17, 40})
}

// accuracyCase says where a number comes from.
type accuracyCase struct {
	impl, class, kernel string
	k                   int
	narrow              bool
}

// vectors reports whether assembly computes it.
func (c accuracyCase) vectors() bool { return c.impl != "generic" && c.impl != "specification" }

// limit is how many ulps an output may be off in any class of values. The specification rounds
// float32 once or twice; in float64 the argument z - M of an exponential is rounded, which counts
// |z - M|/2 ulps, and a sum of k terms counts k/2 at most, more where it is compared with one of
// its terms. The assembly sums in the element type: equal terms round in one direction, and what it
// forms as others - S q is compared with p_a.
func limit(c accuracyCase, x expected) float64 {
	k := float64(c.k)
	switch {
	case strings.HasPrefix(c.kernel, "Separable"):
		_, name, _ := strings.Cut(c.kernel, "/")
		f := families[strings.TrimSuffix(name, "/loss")]
		if c.kernel = ""; f.family == GCE { // p^a = exp(a l), whose argument is rounded
			return limit(c, x) + 2.5*x.gap
		}
		if f.family.Smooth() { // the same, and φ' has roundings of its own
			return 1.25*limit(c, x) + 2.5*x.gap
		}
		if f.family == Focal { // (1-p)^a
			return (3 + f.a) * limit(c, x)
		}
		return 2 * limit(c, x)
	case !c.vectors() && c.narrow:
		return 4
	case !c.vectors() || !c.narrow && slices.Contains([]string{"1e30", "farther"}, c.class):
		return 8 + x.gap + 1.5*k
	case !c.narrow && c.k >= 1000:
		return 4 + 2*k
	case c.k == 32000:
		return 128
	case !c.narrow && (strings.HasPrefix(c.class, "equal") || c.class == "denormal logits" || c.class == "1e4"):
		return 32 + 2*k
	case x.what == "grad at the maximum" && !c.narrow:
		return 16 + k/2
	case x.what == "grad at the maximum":
		return 16
	case !c.narrow:
		return 10 + k/16
	}
	return 10
}

func accuracy[T Float](t *testing.T, shapes [][2]int, classes []class, limit func(accuracyCase, expected) float64) {
	_, narrow := any(T(0)).(float32)
	seen, failed := map[string]worst{}, 0
	for _, s := range shapes {
		n, k := s[0], s[1]
		for i, c := range classes {
			always := c.name == "ordinary" || c.name == "equal" && k < 32000
			if !always && (k > 200 && i%3 != k%3 || k == 32000) {
				continue
			}
			b := newBlock[T](n, k, c)
			want := wantBlock(b)
			for _, name := range implementations() {
				where := accuracyCase{impl: name, class: c.name, kernel: "", k: k, narrow: narrow}
				restore := forced(name)
				for _, kern := range allKernels[T]() {
					if _, ok := want[kern.name]; !ok {
						continue
					}
					where.kernel = kern.name
					limitOf := func(x expected) float64 { return limit(where, x) }
					kern.compare(b, want[kern.name], narrow, limitOf, func(x expected, got, ulps float64) {
						output, limit := name+" "+kern.name+" "+x.what, limitOf(x)
						old, ok := seen[output]
						if ulps <= limit && ok && ulps <= old.ulps {
							return
						}
						text := fmt.Sprintf("%s k=%d %s: got %v, want %v, %.2f ulp of %v", output, k, c.name, got,
							x.v.Hi, ulps, limit)
						if !(ulps <= limit) {
							if failed++; failed <= 20 {
								t.Error(text)
							}
						}
						if !ok || ulps > old.ulps {
							seen[output] = worst{ulps, text}
						}
					})
				}
				restore()
			}
		}
	}
	for _, o := range slices.Sorted(maps.Keys(seen)) {
		t.Log(seen[o].where)
	}
	require.Zero(t, failed, "numbers beyond their limits")
}

// blockWant is what a kernel should give: per row a loss, a vector, a number, or nothing.
type blockWant struct {
	loss, num []expected
	out       []expected
}

func wantBlock[T Float](b *block[T]) map[string]blockWant {
	m := map[string]blockWant{}
	names := slices.Sorted(maps.Keys(families))
	// The references are slow: of long rows every fourth family is computed, in turn.
	most := 36
	if narrow := any(T(0)) == any(float32(0)); narrow && !testing.Short() {
		most = 200
	}
	skips := func(name string) bool { return b.k > most && slices.Index(names, name)%4 != b.k%4 }
	for i := range b.n {
		row := b.rows(i, i+1)
		w := newRowWant(row.z, row.t, row.u)
		f := float64(b.scale[i])
		hot := make([]T, b.k)
		hot[b.index[i]] = 1
		add := func(name string, loss *expected, out []expected, num *expected) {
			x := m[name]
			if loss != nil {
				x.loss = append(x.loss, *loss)
			}
			if num != nil {
				x.num = append(x.num, *num)
			}
			x.out = append(x.out, out...)
			m[name] = x
		}
		for name, labels := range map[string][]T{"": row.t, "Index": hot} {
			loss, grad := w.crossEntropy(labels, f)
			add("CrossEntropy"+name, &loss, grad, nil)
			add("CrossEntropy"+name+"/loss", &loss, nil, nil)
			if name == "" && (b.k <= 36 || b.k%4 == 0) {
				loss, grad = w.kl(labels, f)
				add("KL", &loss, grad, nil)
				add("KL/loss", &loss, nil, nil)
			}
			loss, grad = w.mae(labels, f)
			add("MAE"+name, &loss, grad, nil)
			add("MAE"+name+"/loss", &loss, nil, nil)
		}
		for name, f := range families {
			if skips(name) {
				continue
			}
			loss, grad := w.separable(row.t, f.family, f.a, float64(b.scale[i]))
			add("Separable/"+name, &loss, grad, nil)
			add("Separable/"+name+"/loss", &loss, nil, nil)
			if !f.index {
				continue
			}
			loss, grad = w.separable(hot, f.family, f.a, float64(b.scale[i]))
			add("SeparableIndex/"+name, &loss, grad, nil)
			add("SeparableIndex/"+name+"/loss", &loss, nil, nil)
		}
		soft, log, lse := w.family()
		add("Softmax", nil, soft, nil)
		add("LogSoftmax", nil, log, nil)
		add("LogSumExp", nil, nil, &lse)
		soft, log, lses := w.vjp(float64(b.u[i]))
		add("SoftmaxGrad", nil, soft, nil)
		add("LogSoftmaxGrad", nil, log, nil)
		add("LogSumExpGrad", nil, lses, nil)
		for rule, a := range smoothings(b.k) {
			add("Smooth/"+rule, nil, w.smooth(a[0], a[1], a[2], a[3]), nil)
		}
	}
	return m
}

// compare reports the worst deviation, relative to its limit, of each output of a kernel on b.
func (f kern[T]) compare(b *block[T], want blockWant, narrow bool, limit func(expected) float64,
	report func(x expected, got, ulps float64)) {
	o := f.results(b)
	if o.bad >= 0 {
		report(expected{what: "bad row"}, float64(o.bad), math.Inf(1))
	}
	type found struct {
		x         expected
		got, ulps float64
		share     float64 // of the limit
	}
	var top [3]found // a number a row, the element at the maximum, the others
	note := func(i int, x expected, got float64) {
		u := x.ulps(got, narrow)
		if share := u / limit(x); !(share <= top[i].share) || top[i].x.what == "" {
			top[i] = found{x: x, got: got, ulps: u, share: share}
		}
	}
	for i, x := range want.loss {
		note(0, x, o.loss[i])
	}
	for i, x := range want.num {
		note(0, x, float64(o.num[i]))
	}
	for i, x := range want.out {
		if x.what == "grad at the maximum" {
			note(1, x, float64(o.out[i]))
		} else {
			note(2, x, float64(o.out[i]))
		}
	}
	for _, x := range top {
		if x.x.what != "" {
			report(x.x, x.got, x.ulps)
		}
	}
}

// TestNothingMissing wants an expectation for everything a kernel writes.
func TestNothingMissing(t *testing.T) {
	want := wantBlock(newBlock[float64](3, 5, ordinary))
	for _, f := range allKernels[float64]() {
		x := want[f.name]
		require.NotZero(t, len(x.loss)+len(x.out)+len(x.num), f.name)
		require.Contains(t, []int{0, 3}, len(x.loss), f.name)
		require.Contains(t, []int{0, 15}, len(x.out), f.name)
	}
}
