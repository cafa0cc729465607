package dataset

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
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

// 0.0 and 0 are one class where the classes of another set are matched.
func TestWithClassesByNumber(t *testing.T) {
	a, b := readCSV(t, "x,k\n1,0\n3,1\n", CSVOptions{}), readCSV(t, "x,k\n1,1.0\n3,0.0\n", CSVOptions{})
	got, err := b.WithClasses(a.ClassNames)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 0}, got.Index())
	assert.Equal(t, a.ClassNames, got.ClassNames)
}

// With classes that are known a table may have one of them, and no other.
func TestReadCSVKnownClasses(t *testing.T) {
	d := readCSV(t, "x,kind\n1,b\n3,b\n", CSVOptions{Classes: []string{"c", "b"}})
	assert.Equal(t, []string{"c", "b"}, d.ClassNames)
	assert.Equal(t, []int{1, 1}, d.Index())
	d = readCSV(t, "x,kind\n1,1.0\n3,1.0\n", CSVOptions{Classes: []string{"0", "1"}})
	assert.Equal(t, []int{1, 1}, d.Index(), "a number is known by its value")
	_, err := ReadCSV(strings.NewReader("x,kind\n1,b\n"), CSVOptions{Classes: []string{"b", "c", "b"}})
	checkError(t, err, ErrParam, `Classes: got "b" twice, want each class once`)
	_, err = ReadCSV(strings.NewReader("x,kind\n1,b\n3,d\n"), CSVOptions{Classes: []string{"c", "b"}})
	checkError(t, err, ErrClasses, `line 3 column 2 ("kind"): got "d", want one of the classes "c", "b"`)
	d = readCSV(t, "x,no,yes\n1,2,2\n", CSVOptions{LabelColumns: 2, Classes: []string{"yes", "maybe", "no"}})
	assert.Equal(t, []float32{.5, 0, .5}, f32(t, d.Labels))
	d = readCSV(t, "9,a\n8,b\n", CSVOptions{Label: "column_2", Header: HeaderNo})
	assert.Equal(t, []string{"a", "b"}, d.ClassNames, "a column without a name is found by what stands for it")
}

func TestWithClasses(t *testing.T) {
	d := sample()
	got, err := d.WithClasses([]string{"z", "w", "x", "y"})
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 0, 1, 0, .25, 0, .25, .5, .5, 0, 0, .5, 1, 0, 0, 0}, f32(t, got.Labels))
	assert.Equal(t, []string{"z", "w", "x", "y"}, got.ClassNames)
	assert.Equal(t, d.Counts, got.Counts)
	require.NoError(t, got.Validate(losses.SoftmaxLink))
	assert.Equal(t, sample(), d, "the input stays")
	_, err = d.WithClasses([]string{"x", "y"})
	checkError(t, err, ErrClasses, `got the class "z", want one of "x", "y"`)
	_, err = d.WithClasses([]string{"x", "y", "z", "x"})
	checkError(t, err, ErrParam, `names: got "x" twice`)
	d.ClassNames = nil
	_, err = d.WithClasses([]string{"x", "y", "z"})
	checkError(t, err, ErrShape, "class names: got none, want 3")
}
