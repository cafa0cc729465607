package dataset

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// A number in another notation is an error that says so, never a category of its own.
func TestReadCSVNotations(t *testing.T) {
	for cell, how := range map[string]string{
		"12%": "with a percent sign", "12.5 %": "with a percent sign", "$3.50": "with a currency",
		"3,50 €": "with a currency", "-£1,200": "with a currency",
		"1,5": "with a comma for its point", "1,234": "with separators", "1,234,567.8": "with separators",
		"1 234": "with separators", "1.234.567": "with separators",
		"1'234": "with separators", "1.5 cm": "with a unit", "20kg": "with a unit", "-3 °C": "with a unit",
		"5 m":   "with a unit",
		"1_000": "as in a programming language", "0x10": "as in a programming language",
		"0x1p4": "as in a programming language",
	} {
		for _, text := range map[string]string{
			"first":  "a;b;kind\n\"" + cell + "\";1;x\n\"" + cell + "\";2;y\n",
			"second": "a;b;kind\n3;1;x\n\"" + cell + "\";2;y\n",
			"class":  "a;kind\n1;\"" + cell + "\"\n2;\"" + cell + "\"\n",
		} {
			_, err := ReadCSV(strings.NewReader(text), CSVOptions{Header: HeaderYes})
			checkError(t, err, ErrNumber, "this one is written "+how)
			assert.ErrorIs(t, err, ErrCell)
		}
	}
	for _, cell := range []string{"4 doors", "2nd", "4WD", "5K", "10-19", "3+", "A1", "10 g/l"} {
		d := readCSV(t, "a;kind\n"+cell+";x\nother;y\n", CSVOptions{Header: HeaderYes})
		assert.Equal(t, 2, d.NumFeatures(), cell)
	}
}

func TestReadCSVDecimal(t *testing.T) {
	d := readCSV(t, "a;b;kind\n1,5;2,25;x\n0,5;-1,0e2;y\n", CSVOptions{Decimal: ','})
	assert.Equal(t, []float32{1.5, 2.25, .5, -100}, f32(t, d.Features))
	_, err := ReadCSV(strings.NewReader("a;kind\n1.5;x\n2;y\n"), CSVOptions{Decimal: ',', Header: HeaderYes})
	checkError(t, err, ErrCell, `got "1.5"`)
	_, err = ReadCSV(strings.NewReader(""), CSVOptions{Decimal: ';'})
	checkError(t, err, ErrParam, "Decimal: got ';'")
}

func TestReadCSVMissing(t *testing.T) {
	const text = "age,town,kind\n22,A,no\n%s,B,yes\n26,%s,yes\n40,B,no\n"
	for _, cell := range []string{"", "NA", "?", "NaN", "null", "N/A", "nan", "#N/A", "<NA>"} {
		file := fmt.Sprintf(text, cell, "A")
		_, err := ReadCSV(strings.NewReader(file), CSVOptions{})
		checkError(t, err, ErrMissing, `line 3 column 1 ("age"): got "`+cell+`", want a number, as on line 2; see Missing`)
		d := readCSV(t, file, CSVOptions{Missing: MissingDrop})
		assert.Equal(t, []float32{22, 1, 0, 26, 1, 0, 40, 0, 1}, f32(t, d.Features))
		d = readCSV(t, file, CSVOptions{Missing: MissingNaN})
		assert.Equal(t, []float64{26, 1, 0}, fitFill(t, d), "the median; ties go to the first text")
		checkError(t, d.Validate(losses.SoftmaxLink), ErrRow, "features: row 1 column 0: got NaN, want a finite number: "+
			"FitFill and FillIn put one where a value is missing")
		filled, err := FillIn(d.Features, []float64{7, 1, 0})
		require.NoError(t, err)
		assert.Equal(t, []float32{22, 1, 0, 7, 0, 1, 26, 1, 0, 40, 0, 1}, f32(t, filled))
	}
	d := readCSV(t, fmt.Sprintf(text, "30", ""), CSVOptions{Missing: MissingNaN})
	assert.Equal(t, []float64{28, 0, 1}, fitFill(t, d), "the most frequent")
	one, err := d.Subset([]int{0, 1, 0, 2})
	require.NoError(t, err)
	assert.Equal(t, []float64{24, 1, 0}, fitFill(t, one), "of these rows alone")
	none, err := d.Subset([]int{2})
	require.NoError(t, err)
	_, err = FitFill(none)
	checkError(t, err, ErrMissing, `feature "town=A": got no value in 1 row, want at least one`)
	_, err = FillIn(d.Features, []float64{1})
	checkError(t, err, ErrParam, "fill: got 1 number, want 3, one for each feature")

	// What a model is asked about is read in the same way.
	x, err := readFeatureRows("town,age\n,\nA,NA\n?,7\n", 3, d.FeatureNames,
		CSVOptions{Missing: MissingNaN})
	require.NoError(t, err)
	filled, err := FillIn(x, fitFill(t, d))
	require.NoError(t, err)
	assert.Equal(t, []float32{28, 0, 1, 28, 1, 0, 7, 0, 1}, f32(t, filled))
	_, err = readFeatureRows("town,age\nA,NA\n", 3, d.FeatureNames, CSVOptions{})
	checkError(t, err, ErrMissing)

	for file, kind := range map[string]error{
		"a,kind\n1,x\n2,\n":       ErrMissing, // a class
		"a,b,kind\n,1,x\n?,2,y\n": ErrMissing, // a column without a value
	} {
		_, err := ReadCSV(strings.NewReader(file), CSVOptions{Missing: MissingNaN, Header: HeaderYes})
		checkError(t, err, kind)
	}
	_, err = ReadCSV(strings.NewReader("a,kind\n,x\n,y\n"), CSVOptions{Missing: MissingDrop, Header: HeaderYes})
	checkError(t, err, ErrEmpty, "all 2 were dropped")
	_, err = ReadCSV(strings.NewReader("a,kind\nNA,x\n3,y\n"), CSVOptions{Header: HeaderYes})
	checkError(t, err, ErrMissing, `line 2 column 1 ("a"): got "NA", want a number, as on line 3`)
	_, err = ReadCSV(strings.NewReader("a,no,yes\n1,2,\n"), CSVOptions{LabelColumns: 2})
	checkError(t, err, ErrMissing)
	_, err = ReadCSV(strings.NewReader(""), CSVOptions{Missing: 3})
	checkError(t, err, ErrParam, "Missing: got 3")
}

func TestReadFeaturesCSVUnseen(t *testing.T) {
	names := []string{"town=A", "town=B", "age"}
	_, err := readFeatureRows("town,age\nC,3\n", 3, names, CSVOptions{})
	checkError(t, err, ErrCell, `got "C", want one of "A", "B"`)
	x, err := readFeatureRows("town,age\nC,3\nB,4\n", 3, names, CSVOptions{Unseen: UnseenZeros})
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 0, 3, 0, 1, 4}, f32(t, x))
	_, err = readFeatureRows("", 3, names, CSVOptions{Unseen: 2})
	checkError(t, err, ErrParam, "Unseen: got 2")
}

// Names, free text, dates, prices: columns with a value for most rows.
func TestReadCSVManyValues(t *testing.T) {
	var names, prices strings.Builder
	names.WriteString("name,fare,survived\n")
	prices.WriteString("rooms,price\n")
	for i := range 30 {
		fmt.Fprintf(&names, "Person %d,%d,%d\n", i, i%7, i%2)
		fmt.Fprintf(&prices, "%d,%d.99\n", i%5, 1000+i)
	}
	_, err := ReadCSV(strings.NewReader(names.String()), CSVOptions{})
	checkCell(t, err, 31, 1, "name", "Person 29")
	checkError(t, err, ErrClasses, "want a column with fewer values than 30 in 30 rows (is this an identifier?); see "+
		"Drop and MaxCategories")
	d := readCSV(t, names.String(), CSVOptions{Drop: []string{"name"}})
	assert.Equal(t, []string{"fare"}, d.FeatureNames)
	d = readCSV(t, names.String(), CSVOptions{MaxCategories: 100})
	assert.Equal(t, 31, d.NumFeatures())
	_, err = ReadCSV(strings.NewReader(prices.String()), CSVOptions{})
	checkError(t, err, ErrClasses, "is this a quantity?")
}

func TestReadCSVDrop(t *testing.T) {
	d := readCSV(t, "id,a,kind,b\n7,1,x,2\n8,3,y,4\n", CSVOptions{Drop: []string{"id", "4"}})
	assert.Equal(t, []string{"a"}, d.FeatureNames)
	assert.Equal(t, "kind", d.LabelName, "the last column that is left")
	d = readCSV(t, ",a,kind\n0,1,x\n1,3,y\n", CSVOptions{Drop: []string{"1"}, Header: HeaderYes})
	assert.Equal(t, []string{"a"}, d.FeatureNames)
	_, err := ReadCSV(strings.NewReader(",a,kind\n0,1,x\n1,3,y\n"), CSVOptions{})
	checkError(t, err, ErrCell, "an index that pandas wrote has none: write the file with index=False; see Drop")
	_, err = ReadCSV(strings.NewReader("a,kind,\n0,x,\n1,y,\n"), CSVOptions{})
	checkError(t, err, ErrCell, "line 1 column 3", "or no separator at the end of every line; see Drop")
	d = readCSV(t, "a,kind,\n0,x,\n1,y,\n", CSVOptions{Drop: []string{"3"}})
	assert.Equal(t, "kind", d.LabelName)
	for _, drop := range []string{"1", "2"} { // of two columns of one name
		d := readCSV(t, "a,a,kind\n0,1,x\n1,3,y\n", CSVOptions{Drop: []string{drop}})
		assert.Equal(t, []string{"a"}, d.FeatureNames)
		assert.Equal(t, map[string][]float32{"1": {1, 3}, "2": {0, 1}}[drop], f32(t, d.Features))
	}
	_, err = ReadCSV(strings.NewReader("a,b,kind\n1,2,x\n"), CSVOptions{Drop: []string{"c"}})
	checkError(t, err, ErrColumn, `Drop: got "c", want one of the columns "a", "b", "kind", or a number from 1`)
	_, err = ReadCSV(strings.NewReader("a,kind\n1,x\n"), CSVOptions{Drop: []string{"a"}})
	checkError(t, err, ErrShape, "got 1 column")
	checkError(t, err, ErrShape, "got 1 column beside 1 dropped, want at least 2: one feature and 1 label column")
	assert.NotContains(t, err.Error(), "Comma") // no other separator makes more of them
	_, err = ReadCSV(strings.NewReader("a,kind\n1,0\n"), CSVOptions{Drop: []string{"a"}, Questions: []string{"kind"}})
	checkError(t, err, ErrShape, "got 1 column beside 1 dropped, want one more at least, for a feature")
	assert.NotContains(t, err.Error(), "Comma")
}

// The label by number, where it stands first and no header names it.
func TestReadCSVLabelByNumber(t *testing.T) {
	d := readCSV(t, "setosa,5.1,3.5\nvirginica,4.9,3.0\n", CSVOptions{Label: "1"})
	assert.Equal(t, []string{"setosa", "virginica"}, d.ClassNames)
	assert.Equal(t, []string{"column_2", "column_3"}, d.FeatureNames)
	d = readCSV(t, "2,1\nx,5\ny,6\n", CSVOptions{Label: "2", Header: HeaderYes})
	assert.Equal(t, "2", d.LabelName, "a name comes first")
	_, err := ReadCSV(strings.NewReader("1,2,x\n3,5,y\n"), CSVOptions{Label: "4", Header: HeaderNo})
	checkError(t, err, ErrColumn, `Label: got "4", want one of the columns "column_1", "column_2", "column_3"`)
}

// Numbers that count up may be names of columns.
func TestReadCSVNumberedHeader(t *testing.T) {
	for _, text := range []string{
		"0,1,2,3\n5.1,3.5,1.4,0\n4.9,3.0,1.4,1\n",
		"0,1,2,3,species\n5.1,3.5,1.4,0.2,setosa\n4.9,3.0,1.4,0.2,virginica\n",
		"country,2001,2002,income\nDE,1.5,2.5,high\nFR,3.5,4.5,low\n",
	} {
		_, err := ReadCSV(strings.NewReader(text), CSVOptions{})
		checkError(t, err, ErrHeader)
		d := readCSV(t, text, CSVOptions{Header: HeaderYes})
		assert.Equal(t, 2, d.Len())
	}
	d := readCSV(t, "1,2,3,a\n2,3,4,b\n", CSVOptions{})
	assert.Equal(t, 2, d.Len(), "so do the rows below")
}

func TestReadCSVWideWholeNumbers(t *testing.T) {
	const text = "t,u,kind\n1700000001,1000000.01,x\n1700000002,1000000.02,y\n1700000003,1000000.03,y\n"
	d := readCSV(t, text, CSVOptions{})
	scaler, err := FitScaler(d.Features)
	require.NoError(t, err)
	for _, x := range []*tensor.Dense{d.Features, readFeatures(t, text, d.FeatureNames)} {
		scaled, err := scaler.Transform(x)
		require.NoError(t, err)
		s := math.Sqrt(1.5)
		assert.InDeltaSlice(t, []float64{-s, -s, 0, 0, s, s}, f32(t, scaled), 1e-6, "float32 does not tell these apart")
	}
}

// Beyond 2^53 float64 does not tell all whole numbers apart.
func TestReadCSVVeryWideWholeNumbers(t *testing.T) {
	_, err := ReadCSV(strings.NewReader("t,kind\n9007199254740992,x\n9007199254740993,y\n"), CSVOptions{})
	checkError(t, err, ErrNumber, `line 3 column 1 ("t"): got "9007199254740993", want a whole number that float64 tells`)
	_, err = readFeatureRows("t\n-9007199254740993\n", 1, []string{"t"}, CSVOptions{})
	checkError(t, err, ErrNumber)
	d := readCSV(t, "t,kind\n1e20,x\n100000000000000000000,y\n-9007199254740994,y\n", CSVOptions{})
	assert.Equal(t, []float32{1e20, 1e20, -9007199254740994}, f32(t, d.Features))
}

// readFeatures reads the features of these names.
func readFeatures(t *testing.T, text string, names []string) *tensor.Dense {
	t.Helper()
	x, err := readFeatureRows(text, len(names), names, CSVOptions{})
	require.NoError(t, err)
	return x
}

func fitFill(t *testing.T, d *Dataset) []float64 {
	t.Helper()
	fill, err := FitFill(d)
	require.NoError(t, err)
	return fill
}

// Two features never have one name, and a model finds its features again.
func TestReadCSVFeatureNames(t *testing.T) {
	_, err := ReadCSV(strings.NewReader("a,a=b,n,kind\nb=c,d,1,x\ne,c,2,y\n"), CSVOptions{Header: HeaderYes})
	checkError(t, err, ErrColumn, `columns "a" and "a=b"`)
	_, err = ReadCSV(strings.NewReader("a,a=b,kind\nb,1,x\nc,2,y\n"), CSVOptions{Header: HeaderYes})
	checkError(t, err, ErrColumn)
	const text = "p=q,n,kind\nr=s,1,x\nt,2,y\n"
	d := readCSV(t, text, CSVOptions{Header: HeaderYes})
	assert.Equal(t, []string{"p=q=r=s", "p=q=t", "n"}, d.FeatureNames)
	x, err := readFeatureRows(text, 3, d.FeatureNames, CSVOptions{})
	require.NoError(t, err)
	assert.Equal(t, f32(t, d.Features), f32(t, x))
}
