package main

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// power is a loss with a parameter, as a later line of the table may have.
type power struct{ q, r float64 }

func (power) Row(losses.Row) float64 { return 0 }

func (p power) Validate() error {
	if !(p.q > 0) {
		return errors.New("losses: q must be positive")
	}
	return nil
}

func TestParseLoss(t *testing.T) {
	lossTable = append(lossTable, lossEntry{
		name: "power", params: map[string]float64{"q": 0.7, "r": 2},
		build: func(p map[string]float64) losses.Loss { return power{p["q"], p["r"]} },
	})
	t.Cleanup(func() { lossTable = lossTable[:len(lossTable)-1] })
	for _, tc := range []struct {
		text string
		want losses.Loss
		err  string
	}{
		{"ce", losses.CrossEntropy{}, ""},
		{"mae", losses.MAE{}, ""},
		{"power", power{0.7, 2}, ""},
		{"power:q=0.5", power{0.5, 2}, ""},
		{"power:r=1e1,q=3", power{3, 10}, ""},
		{"", nil, "want one of ce, mae, power:q=0.7,r=2"},
		{"CE", nil, "want one of ce, mae, power:q=0.7,r=2"},
		{"mae:", nil, `mae has no parameter "", want mae`},
		{"power:s=1", nil, `power has no parameter "s", want power:q=0.7,r=2`},
		{"power:q", nil, `parameter q: "" is no number, want power:q=0.7,r=2`},
		{"power:q=x", nil, `parameter q: "x" is no number, want power:q=0.7,r=2`},
		{"power:q=0", nil, "q must be positive"},
	} {
		entry, loss, err := parseLoss(tc.text)
		if tc.err != "" {
			assert.EqualError(t, err, tc.err, tc.text)
			continue
		}
		require.NoError(t, err, tc.text)
		assert.Equal(t, tc.want, loss, tc.text)
		assert.NotEmpty(t, entry.name, tc.text)
	}
	_, loss, err := parseLoss("power")
	require.NoError(t, err)
	assert.Equal(t, power{0.7, 2}, loss, "what one command line gives must not become the default of the next")
}

func TestLossTableIsComplete(t *testing.T) {
	for _, e := range lossTable {
		assert.NotEmpty(t, e.title, e.name)
		assert.NotEmpty(t, e.help, e.name)
		assert.NoError(t, losses.Criterion{Loss: e.build(e.params)}.Validate(), "defaults of %s", e.name)
	}
}
