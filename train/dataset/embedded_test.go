package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

func TestEmbeddedFilesAreTheOriginals(t *testing.T) {
	for file, want := range map[string]string{
		digitsFile:  "46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a",
		housingFile: "d383a12105c7102501b0eb35f65418b88a6b18e2d09b092adaf0251fd5aaf547",
	} {
		sum := sha256.Sum256([]byte(file))
		assert.Equal(t, want, hex.EncodeToString(sum[:]))
	}
}

func TestDigits(t *testing.T) {
	d, err := Digits()
	require.NoError(t, err)
	require.NoError(t, d.Validate(losses.SoftmaxLink))
	assert.Equal(t, []int{1797, 64, 10}, []int{d.Len(), d.NumFeatures(), d.NumClasses()})
	assert.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, d.ClassNames)
	assert.Equal(t, []string{"pixel_0_0", "pixel_0_1"}, d.FeatureNames[:2])
	assert.Equal(t, "pixel_7_7", d.FeatureNames[63])
	assert.Nil(t, d.Counts)

	x := f32(t, d.Features)
	first := []float32{0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0}
	for j, v := range first {
		assert.Equal(t, v/16, x[j])
	}
	sum, low, high := 0.0, x[0], x[0]
	for _, v := range x {
		sum, low, high = sum+float64(v), min(low, v), max(high, v)
	}
	assert.Equal(t, []float32{0, 1}, []float32{low, high})
	assert.Equal(t, 561718., 16*sum)

	perClass := make([]int, 10)
	for _, c := range d.Index() {
		perClass[c]++
	}
	assert.Equal(t, []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, perClass)
	assert.Equal(t, []int{0, 1, 2}, d.Index()[:3])

	x[0] = 99
	again, err := Digits()
	require.NoError(t, err)
	assert.Zero(t, f32(t, again.Features)[0], "every call returns a new copy")
}

func TestHousing(t *testing.T) {
	d, err := Housing()
	require.NoError(t, err)
	require.NoError(t, d.Validate(losses.SoftmaxLink))
	assert.Equal(t, []int{24, 9, 3}, []int{d.Len(), d.NumFeatures(), d.NumClasses()})
	assert.Equal(t, []string{"low", "medium", "high"}, d.ClassNames)
	assert.Equal(t, []string{
		"influence=High", "influence=Low", "influence=Medium",
		"type=Apartment", "type=Atrium", "type=Terrace", "type=Tower",
		"contact=High", "contact=Low",
	}, d.FeatureNames)
	assert.Equal(t, []float32{.3, .3, .4}, f32(t, d.Labels)[:3])
	assert.Equal(t, []float32{0, 1, 0, 0, 0, 0, 1, 0, 1}, f32(t, d.Features)[:9])
	total := 0.0
	for _, c := range d.Counts {
		total += c
	}
	assert.Equal(t, 1681., total)
	assert.Equal(t, 70., d.Counts[0])
}

// The count-weighted cross entropy of the soft rows is the sum of the hard
// cross entropies of the single answers, whatever the predictions.
func TestHousingIdentity(t *testing.T) {
	d, err := Housing()
	require.NoError(t, err)
	labels := f32(t, d.Labels)
	raw := make([]float64, len(labels)) // the single answers
	for i, v := range labels {
		raw[i] = math.Round(float64(v) * d.Counts[i/3])
	}
	assert.Equal(t, []float64{21, 21, 28}, raw[:3])

	weighted, single := 0.0, 0.0
	r := newRand(1, 0, 0)
	for i := range 24 {
		var logits [3]float64
		norm := 0.0
		for k := range logits {
			logits[k] = r.NormFloat64()
			norm += math.Exp(logits[k])
		}
		for k := range logits {
			loss := math.Log(norm) - logits[k]
			weighted += d.Counts[i] * float64(labels[i*3+k]) * loss
			for range int(raw[i*3+k]) {
				single += loss
			}
		}
	}
	assert.InEpsilon(t, single, weighted, 1e-6)
	assert.Greater(t, single, 1000.)
}
