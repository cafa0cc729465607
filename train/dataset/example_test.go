package dataset_test

import (
	"errors"
	"fmt"
	"strings"

	"gorgonia.org/tensor"
	"softloss/train/dataset"
)

func ExampleDigits() {
	digits, err := dataset.Digits()
	if err != nil {
		fmt.Println(err)
		return
	}
	train, test, err := digits.Split(0.2, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train.Len(), "to train,", test.Len(), "to test,", digits.NumFeatures(), "features,",
		digits.NumClasses(), "classes")
	// Output: 1438 to train, 359 to test, 64 features, 10 classes
}

func ExampleReadCSV() {
	flowers := `petal,colour,species
1.4,white,setosa
4.7,blue,versicolor
5.1,blue,virginica
`
	d, err := dataset.ReadCSV(strings.NewReader(flowers), dataset.CSVOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.FeatureNames)
	fmt.Println(d.ClassNames)
	fmt.Println(d.Index())
	// Output:
	// [petal colour=blue colour=white]
	// [setosa versicolor virginica]
	// [0 1 2]
}

func ExampleReadCSV_counts() {
	votes := `size,cat,dog
3.5,9,1
7.2,2,6
`
	d, err := dataset.ReadCSV(strings.NewReader(votes), dataset.CSVOptions{LabelColumns: 2, Counts: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.ClassNames, d.Labels.Data(), d.Counts)
	// Output: [cat dog] [0.9 0.1 0.25 0.75] [10 8]
}

func ExampleCellError() {
	_, err := dataset.ReadCSV(strings.NewReader("petal,species\n1.4,setosa\nn/a,virginica\n"), dataset.CSVOptions{})
	fmt.Println(err)
	var cell *dataset.CellError
	if errors.As(err, &cell) {
		fmt.Println("line", cell.Line, "column", cell.Column)
	}
	// Output:
	// dataset: line 3 column 1 ("petal"): got "n/a", want a number, as on line 2; see Missing
	// line 3 column 1
}

func ExampleBatches() {
	d, err := dataset.Housing()
	if err != nil {
		fmt.Println(err)
		return
	}
	x := tensor.New(tensor.WithShape(10, d.NumFeatures()), tensor.Of(tensor.Float32))
	batches := dataset.Batches{N: d.Len(), Size: 10, Seed: 1}
	epoch, err := batches.Epoch(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for rows := range epoch {
		if err := dataset.Gather(x, d.Features, rows); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(rows), "rows in", x.Shape())
	}
	// Output:
	// 10 rows in (10, 9)
	// 10 rows in (10, 9)
	// 4 rows in (10, 9)
}

// What stands for missing values, and the scale, are learnt on the training rows and then used on
// all rows; train.Saved keeps both, as its Fill and its Scaler, for the rows to come.
func ExampleFitFill() {
	table := `age,city,answer
20,Rome,no
,Oslo,yes
40,?,yes
30,Rome,no
60,Rome,yes
`
	all, err := dataset.ReadCSV(strings.NewReader(table), dataset.CSVOptions{Missing: dataset.MissingNaN})
	if err != nil {
		fmt.Println(err)
		return
	}
	learn, err := all.Subset([]int{0, 1, 2, 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	fill, err := dataset.FitFill(learn)
	if err != nil {
		fmt.Println(err)
		return
	}
	filled, err := dataset.FillIn(learn.Features, fill)
	if err != nil {
		fmt.Println(err)
		return
	}
	scaler, err := dataset.FitScaler(filled)
	if err != nil {
		fmt.Println(err)
		return
	}
	learn.Features, err = scaler.Transform(filled) // and so on with the other rows
	fmt.Println(all.FeatureNames, fill, err)
	fmt.Printf("%.1f\n", learn.Features.Data())
	// Output:
	// [age city=Oslo city=Rome] [30 0 1] <nil>
	// [-1.4 -0.6 0.6 0.0 1.7 -1.7 1.4 -0.6 0.6 0.0 -0.6 0.6]
}
