package dataset

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The columns of a test set in another order, with others between them and without some of the
// texts.
func TestWithFeatures(t *testing.T) {
	train := readCSV(t, "a,town,b,kind\n1,A,2,x\n3,B,4,y\n5,C,6,x\n", CSVOptions{})
	test := readCSV(t, "town,b,more,a,kind\nB,7,0,8,x\nB,9,0,10,y\n,,1,11,y\n", CSVOptions{Missing: MissingNaN})
	got, err := test.WithFeatures(train.FeatureNames, UnseenRefuse)
	require.NoError(t, err)
	assert.Equal(t, train.FeatureNames, got.FeatureNames)
	filled, err := FillIn(got.Features, []float64{0, 0, 0, 1, -1})
	require.NoError(t, err)
	assert.Equal(t, []float32{8, 0, 1, 0, 7, 10, 0, 1, 0, 9, 11, 0, 0, 1, -1}, f32(t, filled),
		"of a text that is missing all features are, those too that the table does not have")
	assert.Same(t, test.Labels, got.Labels)
	assert.Equal(t, []string{"town=B", "b", "more", "a"}, test.FeatureNames)

	for text, c := range map[string]struct {
		kind error
		want string
	}{
		"a,b,kind\n1,2,x\n3,4,y\n": {ErrColumn,
			`got 2 features without "town=A", "town=B", "town=C", want 5 features`},
		"town,b,kind\nA,2,x\nB,4,y\n":       {ErrColumn, `got 3 features without "a"`},
		"a,town,b,kind\n1,A,2,x\n3,Z,4,y\n": {ErrClasses, `column "town": got the text "Z"`},
	} {
		_, err := readCSV(t, text, CSVOptions{}).WithFeatures(train.FeatureNames, UnseenRefuse)
		checkError(t, err, c.kind, c.want)
	}
	unnamed := &Dataset{Features: train.Features, Labels: train.Labels}
	same, err := unnamed.WithFeatures(train.FeatureNames, UnseenRefuse)
	require.NoError(t, err)
	assert.Same(t, unnamed, same)
	_, err = unnamed.WithFeatures([]string{"a"}, UnseenRefuse)
	checkError(t, err, ErrShape, "got 5 features, want 1")
	_, err = (*Dataset)(nil).WithFeatures(nil, UnseenRefuse)
	checkError(t, err, ErrParam)
}
