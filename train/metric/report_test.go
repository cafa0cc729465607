package metric

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Three classes that occur, by hand; class 3 does not and counts in no mean.
func TestReportByHand(t *testing.T) {
	want := []int{0, 0, 0, 0, 1, 1, 2, 2, 2, 2}
	got := []int{0, 0, 1, 2, 1, 0, 2, 2, 2, 0}
	scores := make([]float64, 4*len(got))
	for i, p := range got {
		scores[4*i+p] = 1
	}
	r, err := Report(table(scores, len(got), 4), table(want, len(want)), nil)
	require.NoError(t, err)
	for j, c := range []ClassScore{{Precision: .5, Recall: .5, F1: .5, Support: 4},
		{Precision: .5, Recall: .5, F1: .5, Support: 2}, {Precision: .75, Recall: .75, F1: .75,
			Support: 4}, {}} {
		require.Equal(t, c, r.Classes[j], "class %d", j)
	}
	near(t, (.5+.5+.75)/3, r.Macro.F1)
	near(t, (.5+.5+.75)/3, r.Macro.Precision)
	near(t, (4*.5+2*.5+4*.75)/10, r.Weighted.Recall)
	near(t, 10, r.Macro.Support)
	near(t, .6, r.Accuracy)
	near(t, .4, r.Majority)
}

// Fraud at 3 %: accuracy says little, recall says it.
func TestReportOfARareClass(t *testing.T) {
	scores, index, weights := []float64{1, 0, 1, 0, 0, 1}, []int{0, 1, 1}, []float64{97, 1, 2}
	r, err := Report(table(scores, 3, 2), table(index, 3), weights)
	require.NoError(t, err)
	near(t, .99, r.Accuracy)
	near(t, .97, r.Majority)
	near(t, 1, r.Classes[1].Precision)
	near(t, 2.0/3, r.Classes[1].Recall)
	near(t, .8, r.Classes[1].F1)
	near(t, 3, r.Classes[1].Support)
	near(t, 97.0/98, r.Classes[0].Precision)
	acc, err := Accuracy(table(scores, 3, 2), table(index, 3), weights)
	require.NoError(t, err)
	require.Equal(t, acc, r.Accuracy)
}

// A class that occurs and is never said counts in the mean of the classes, as one does that is said
// and never occurs.
func TestMacroOfClassesThatAreMissed(t *testing.T) {
	said := []float64{1, 0, 0, 1, 0, 0, 0, 0, 1} // the classes 0, 0 and 2
	r, err := Report(table(said, 3, 3), table([]int{0, 1, 0}, 3), nil)
	require.NoError(t, err)
	require.Equal(t, ClassScore{Support: 1}, r.Classes[1])
	require.Equal(t, ClassScore{}, r.Classes[2])
	near(t, .5/3, r.Macro.Precision)
	near(t, .5/3, r.Macro.F1)
}
