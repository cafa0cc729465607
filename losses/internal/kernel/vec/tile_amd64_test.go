//go:build !purego

package vec

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestSetTarget wants the tiles of an index to be those of its one-hot rows.
func TestSetTarget(t *testing.T) {
	onSets(t, func(t *testing.T) {
		setTargets[float32, float32](t, unitOf[float32]())
		setTargets[float64, float64](t, unitOf[float64]())
		setTargets[float32, float64](t, wideOf[float32]())
	})
}

func setTargets[T, A spec.Float](t *testing.T, u tiler[T, A]) {
	w := u.lanes()
	for k := 1; k <= tileCols; k++ {
		for _, n := range []int{1, w - 1, w, tilesAt(k)*w - 1, tilesAt(k) * w} {
			const from = 3 // rows before
			rows, index := make([]T, (from+n)*k), make([]int, from+n)
			for i := range index {
				index[i] = i * 31 % k
				rows[i*k+index[i]] = 1
			}
			var got, want tile[A]
			for i := range got.t {
				got.t[i], want.t[i] = 7, 7
			}
			setTarget(u, &got, nil, nil, index, from, n, k)
			setTarget(u, &want, rows, make([]T, len(want.t)), nil, from, n, k)
			for i, x := range want.t {
				if row := i/(w*k)*w + i%w; got.t[i] != x && (row < n || x == 7) {
					require.FailNow(t, "another label", "k=%d, n=%d: %v at %d, want %v", k, n, got.t[i], i, x)
				}
			}
		}
	}
}
