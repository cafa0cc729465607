package show

import (
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/figure"
)

func TestFigureCannotBeWritten(t *testing.T) {
	f, err := lossByAlpha()
	require.NoError(t, err)
	assert.ErrorIs(t, f.Write(filepath.Join(t.TempDir(), "no", "x.png")), os.ErrNotExist)
}

// The lines of the picture hold the numbers that the notebook prints.
func TestLossByAlphaIsTheNotebooks(t *testing.T) {
	f, err := lossByAlpha()
	require.NoError(t, err)
	soft := map[int][]float64{0: {0.5784, 1.1027, 1.9519}, 4: {0.7584, 1.7227, 2.1519}} // alpha 0 and 0.2
	hard := map[int][]float64{0: {0.0784, 0.0527, 2.4519}}
	for i, want := range []struct {
		title  string
		values map[int][]float64
	}{
		{"Soft labels, loss from probabilities", soft},
		{"Soft labels, loss from logits", soft},
		{"One-hot labels, loss from logits", hard},
		{"Class indices, loss from logits", hard},
	} {
		p := f.Panels[i/2][i%2]
		assert.Equal(t, want.title, p.Title)
		assert.Equal(t, "Alpha (smoothing parameter)", p.XLabel)
		assert.Equal(t, "Loss", p.YLabel)
		require.Len(t, p.Series, 3)
		for row, s := range p.Series {
			assert.Equal(t, []string{"0", "1", "2"}[row], s.Name)
			require.Len(t, s.X, 20)
			assert.InDelta(t, 0, s.X[0], 0)
			assert.InDelta(t, 0.95, s.X[19], 1e-15)
			for at, values := range want.values {
				assert.InDelta(t, values[row], s.Y[at], 5e-5, "%s row %d point %d", p.Title, row, at)
			}
		}
	}
	for row := range notebookRows {
		assert.InDeltaSlice(t, f.Panels[1][0].Series[row].Y, f.Panels[1][1].Series[row].Y, 1e-12,
			"the notebook expects the same results")
	}
}

func TestLossByAlphaPicture(t *testing.T) {
	f, err := lossByAlpha()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "x.png")
	require.NoError(t, f.Write(path))
	demotest.Picture(t, path, image.Pt(1650, 1200), figure.LineStyles[0].Color, figure.LineStyles[1].Color,
		figure.LineStyles[2].Color)
}
