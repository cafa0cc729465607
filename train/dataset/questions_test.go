package dataset

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// The labels are what arithmetic says of the digits; the loop is what a pen does.
func TestDigitQuestions(t *testing.T) {
	d, err := DigitQuestions()
	require.NoError(t, err)
	require.NoError(t, d.Validate(losses.SigmoidLink))
	require.ErrorIs(t, d.Validate(losses.SoftmaxLink), ErrLabel)
	assert.Equal(t, []string{"even", "above four", "loop", "prime", "square"}, d.ClassNames)
	plain, err := Digits()
	require.NoError(t, err)
	assert.Equal(t, plain.Features.Data(), d.Features.Data())
	prime := map[int]bool{2: true, 3: true, 5: true, 7: true}
	for i, digit := range plain.Index() {
		loop := digit == 0 || digit == 6 || digit == 8 || digit == 9
		square := digit == 0 || digit == 1 || digit == 4 || digit == 9
		for j, want := range []bool{digit%2 == 0, digit > 4, loop, prime[digit], square} {
			require.Equal(t, want, d.Labels.Float32s()[5*i+j] == 1, "digit %d, label %d", digit, j)
		}
	}
}

func TestQuestion(t *testing.T) {
	d := sample()
	one, err := d.Question(2)
	require.NoError(t, err)
	require.NoError(t, one.Validate(losses.SigmoidLink))
	assert.Equal(t, 1, one.NumClasses())
	assert.Equal(t, d.ClassNames[2:3], one.ClassNames)
	for i, v := range one.Labels.Float32s() {
		assert.Equal(t, d.Labels.Float32s()[3*i+2], v)
	}
	for _, bad := range []int{-1, 3} {
		_, err := d.Question(bad)
		checkError(t, err, ErrParam, "class: got "+strconv.Itoa(bad))
	}
}
