package train

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/train/dataset"
)

func TestObserverSequence(t *testing.T) {
	set := randomSet(23, 4, 3, 1)
	for _, valid := range []*dataset.Dataset{nil, randomSet(5, 4, 3, 2)} {
		var seen []Progress
		_, h, err := Fit(context.Background(), Config{Hidden: []int{4}, Epochs: 3, BatchSize: 10}, set, valid,
			func(p Progress) { seen = append(seen, p) })
		require.NoError(t, err)
		require.Len(t, seen, 9)
		for i, p := range seen {
			require.Equal(t, []int{i/3 + 1, 3, i%3 + 1, 3}, []int{p.Epoch, p.Epochs, p.Batch, p.Batches})
			if p.Batch < 3 {
				require.Nil(t, p.Done)
				continue
			}
			require.Equal(t, h[i/3], *p.Done)
			require.Equal(t, valid != nil, p.Done.Valid != nil)
			require.Equal(t, i/3+1, p.Done.Epoch)
			mean := (10*seen[i-2].Loss + 10*seen[i-1].Loss + 3*p.Loss) / 23
			require.True(t, numtest.Close(p.Done.Loss, mean, 1e-12, 0))
			p.Done.Loss = -1 // a copy
			if valid != nil {
				p.Done.Valid.Loss = -1
			}
		}
		for _, e := range h {
			require.Positive(t, e.Loss)
			require.True(t, e.Valid == nil || e.Valid.Loss > 0)
		}
	}
}
