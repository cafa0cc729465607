// Package record holds the results of a run and of a study, as they are kept in JSON. The reports
// are made of it and of nothing else.
package record

// Run is what was asked for and what came out. The report and -json show it.
type Run struct {
	Data        Data    `json:"data"`
	Config      Config  `json:"config"`
	Made        *Made   `json:"made,omitempty"`
	History     []Epoch `json:"history"`
	Interrupted bool    `json:"interrupted"`
	Seconds     Float   `json:"seconds"`

	TrainLoss       Float `json:"train_loss"`
	TrainLowestLoss Float `json:"train_lowest_loss"`
	TrainAccuracy   Float `json:"train_accuracy"`
	TrainECE        Float `json:"train_ece"`

	ValidationLoss       Float `json:"validation_loss"` // these are null without validation rows
	ValidationLowestLoss Float `json:"validation_lowest_loss"`
	ValidationAccuracy   Float `json:"validation_accuracy"`
	ValidationECE        Float `json:"validation_ece"`

	TestLoss       Float `json:"test_loss"`
	TestLowestLoss Float `json:"test_lowest_loss"`
	TestAccuracy   Float `json:"test_accuracy"`
	ECE            Float `json:"ece"`

	GraphTestLoss   Float `json:"graph_test_loss"`
	GraphDifference Float `json:"graph_difference"`
	GraphAgrees     bool  `json:"graph_agrees"`

	// BestEpoch has the lowest validation loss or, without one, the lowest test loss, which chooses
	// nothing; 0 without an epoch.
	BestEpoch    int  `json:"best_epoch"`
	StoppedEarly bool `json:"stopped_early"` // by -patience; the weights are those of the best epoch

	Calibration *Calibration `json:"calibration"` // of -calibrate
	Teacher     *Teacher     `json:"teacher"`     // of -teacher

	Test *Test `json:"test"` // what the pictures of the test rows show; nil when there is no model

	Checkpoint    string `json:"checkpoint,omitempty"`     // of an interrupted run
	ResumeCommand string `json:"resume_command,omitempty"` // that goes on with it

	Files []string `json:"files"`
}

// Calibration is what -calibrate came to, on the test rows: before it and after.
type Calibration struct {
	Temperature Float  `json:"temperature"`       // null when none fits
	Problem     string `json:"problem,omitempty"` // why none fits

	NLLBefore Float `json:"nll_before"` // negative log likelihood of the labels, without smoothing, in nats
	NLLAfter  Float `json:"nll_after"`
	ECEBefore Float `json:"ece_before"`
	ECEAfter  Float `json:"ece_after"`

	Reliability []Bin `json:"reliability"` // after
}

// Teacher is the model that is distilled, and how it does on the test rows.
type Teacher struct {
	Sizes        []int `json:"sizes"` // of its layers
	TestLoss     Float `json:"test_loss"`
	TestAccuracy Float `json:"test_accuracy"`
	ECE          Float `json:"ece"`
}

// New returns the summary of a run that has not begun.
func New(c Config) *Run {
	return &Run{
		Config:    c,
		TrainLoss: Unknown, TrainLowestLoss: Unknown, TrainAccuracy: Unknown, TrainECE: Unknown,
		ValidationLoss: Unknown, ValidationLowestLoss: Unknown, ValidationAccuracy: Unknown, ValidationECE: Unknown,
		TestLoss: Unknown, TestLowestLoss: Unknown, TestAccuracy: Unknown, ECE: Unknown,
		GraphTestLoss: Unknown, GraphDifference: Unknown,
		History: []Epoch{}, Files: []string{},
	}
}
