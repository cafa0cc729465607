package record

// Data says what was learned from.
type Data struct {
	Name           string `json:"name"`
	TestName       string `json:"test_name,omitempty"` // of test rows that are no part of the data
	Label          string `json:"label,omitempty"`     // the column that the classes are from
	TrainRows      int    `json:"train_rows"`
	ValidationRows int    `json:"validation_rows"`
	TestRows       int    `json:"test_rows"`
	Features       int    `json:"features"`
	Classes        int    `json:"classes"`
	SoftLabels     bool   `json:"soft_labels"`
	Weighted       bool   `json:"weighted"`          // rows stand for several observations each
	FlippedLabels  int    `json:"flipped_labels"`    // of training and validation rows
	Dropped        int    `json:"dropped,omitempty"` // rows without a value that were left out
	Imputed        bool   `json:"imputed,omitempty"` // cells without a value became the usual one of their column
}

// The rows that are looked at after each epoch, in words.
const (
	WatchedTest       = "test"
	WatchedValidation = "validation"
)

// Watched says which rows are looked at after each epoch.
func (d Data) Watched() string {
	if d.ValidationRows > 0 {
		return WatchedValidation
	}
	return WatchedTest
}
