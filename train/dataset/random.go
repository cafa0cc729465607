package dataset

import "math/rand/v2"

// stream keeps the random numbers of one purpose apart from those of another
// under the same seed.
type stream uint64

const (
	splitStream stream = iota + 1
	flipStream
	batchStream
	tieStream
	tailStream
)

// newRand returns the generator of (seed, stream, n): PCG with both halves of
// its state scrambled, so that seeds or epochs that follow one another start
// far apart.
func newRand(seed uint64, s stream, n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(splitmix(seed), splitmix(n)+uint64(s)))
}

// splitmix is the finaliser of SplitMix64, a bijection of 64-bit numbers
// (Steele, Lea and Flood, OOPSLA 2014, doi:10.1145/2660193.2660195).
func splitmix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
