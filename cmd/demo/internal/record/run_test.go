package record_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
	"softloss/train"
)

func TestSummaryJSON(t *testing.T) {
	s := record.New(record.Config{})
	text, err := record.JSON(s)
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Contains(t, got, "test_loss")
	assert.Nil(t, got["test_loss"], "a number that is not known is null")
	assert.Equal(t, []any{}, got["history"], "not null")
	assert.Equal(t, []any{}, got["files"], "not null")

	text, err = record.JSON(demotest.ExampleRun())
	require.NoError(t, err)
	demotest.Golden(t, "summary.golden", string(text))
}

func TestSummarise(t *testing.T) {
	got := record.EpochOf(train.Epoch{Epoch: 3, Loss: 1.5}, record.WatchedTest)
	assert.Equal(t, 3, got.Epoch)
	assert.InDelta(t, 1.5, float64(got.TrainLoss), 0)
	assert.False(t, got.TestLoss.Finite())
	e := train.Epoch{Epoch: 3, Loss: 1.5, Accuracy: 0.25, LearnRate: 0.125, Valid: &train.Metrics{Loss: 2,
		Accuracy: 0.5, ECE: 0.25}}
	for _, rows := range []string{record.WatchedTest, record.WatchedValidation} {
		text, err := json.Marshal(record.EpochOf(e, rows))
		require.NoError(t, err)
		other := map[string]string{record.WatchedTest: record.WatchedValidation,
			record.WatchedValidation: record.WatchedTest}[rows]
		assert.JSONEq(t, `{"epoch": 3, "train_loss": 1.5, "train_accuracy": 0.25, "learn_rate": 0.125, "`+
			rows+`_loss": 2, "`+rows+`_accuracy": 0.5, "`+rows+`_ece": 0.25, "`+
			other+`_loss": null, "`+other+`_accuracy": null, "`+other+`_ece": null}`, string(text))
		loss, accuracy := record.EpochOf(e, rows).Watched(rows)
		assert.Equal(t, []record.Float{2, 0.5}, []record.Float{loss, accuracy})
	}
}
