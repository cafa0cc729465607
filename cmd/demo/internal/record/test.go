package record

// Test is how the saved model does on the test rows, and what the pictures show of it.
type Test struct {
	Verdict     *Verdict  `json:"verdict"`
	ClassNames  []string  `json:"class_names"`
	Reliability []Bin     `json:"reliability"`
	Confusion   [][]int   `json:"confusion"` // [true][predicted]
	Mistakes    []Mistake `json:"mistakes"`  // those that the model is surest of, at most mistakesKept

	ImageRows    int `json:"image_rows,omitempty"` // of the pixels of a mistake
	ImageColumns int `json:"image_columns,omitempty"`
}

// Bin is a bar of the reliability diagram.
type Bin struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Count      int     `json:"count"`
	Confidence float64 `json:"confidence"`
	Accuracy   float64 `json:"accuracy"`
}

// Mistake is a test row that is predicted wrong.
type Mistake struct {
	Row           int       `json:"row"` // of the file, from 1
	True          int       `json:"true"`
	Predicted     int       `json:"predicted"`
	Probabilities []float32 `json:"probabilities"`
	Pixels        []float32 `json:"pixels,omitempty"` // of an image, row by row, 0 white to 1 black
}

// ReliabilityBins are the bars of a reliability diagram.
const ReliabilityBins = 15

// ClassName is how a class is written in a picture.
func (t *Test) ClassName(k int) string { return ClassName(t.ClassNames, k) }
