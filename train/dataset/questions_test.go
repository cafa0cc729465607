package dataset

import (
	"strconv"
	"strings"
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

// Columns of a table are yes-or-no labels, in the order in which they are asked for, wherever they
// stand; none or several are true.
func TestReadCSVQuestions(t *testing.T) {
	const text = "x,sweet,big,y\n1,yes,0,a\n2,No,1,b\n3,TRUE,0.25,a\n4,false,0,b\n"
	d, err := ReadCSV(strings.NewReader(text), CSVOptions{Questions: []string{"big", "sweet"}})
	require.NoError(t, err)
	require.NoError(t, d.Validate(losses.SigmoidLink))
	assert.Equal(t, []string{"big", "sweet"}, d.ClassNames)
	assert.Equal(t, []string{"x", "y=a", "y=b"}, d.FeatureNames)
	assert.Equal(t, []float32{0, 1, 1, 0, 0.25, 1, 0, 0}, d.Labels.Data())
	byNumber, err := ReadCSV(strings.NewReader("1,1,0\n2,0,0\n3,1,1\n"), CSVOptions{Questions: []string{"2", "3"},
		Header: HeaderNo})
	require.NoError(t, err)
	assert.Equal(t, []string{"column_2", "column_3"}, byNumber.ClassNames)

	for _, tc := range []struct {
		text string
		opt  CSVOptions
		kind error
		want string
	}{
		{text, CSVOptions{Questions: []string{"sour"}}, ErrColumn, `"sour"`},
		{text, CSVOptions{Questions: []string{"big", "big"}}, ErrColumn, `"big"`},
		{text, CSVOptions{Questions: []string{"big", "big"}}, ErrColumn, `Questions: got "big" a second time, want one of`},
		{text, CSVOptions{Questions: []string{"big"}, Drop: []string{"big"}}, ErrColumn, `got "big" a second time`},
		{text, CSVOptions{Questions: []string{}}, ErrParam, "got no column"},
		{text, CSVOptions{Questions: []string{"big"}, Label: "y"}, ErrParam, "together with Label"},
		{text, CSVOptions{Questions: []string{"big"}, Header: HeaderNo}, ErrParam, "together with HeaderNo"},
		{text, CSVOptions{Questions: []string{"x", "sweet", "big", "y"}}, ErrShape, "one more at least, for a feature"},
		{text, CSVOptions{Questions: []string{"x"}}, ErrLabel, "got \"2\", want yes or no, or a number from 0 to 1"},
		{"a,b\n1,\n", CSVOptions{Questions: []string{"b"}}, ErrMissing, "want yes or no"},
		{"a,b\n1,maybe\n", CSVOptions{Questions: []string{"b"}}, ErrCell, "want yes or no"},
	} {
		_, err := ReadCSV(strings.NewReader(tc.text), tc.opt)
		checkError(t, err, tc.kind, tc.want)
	}
}
