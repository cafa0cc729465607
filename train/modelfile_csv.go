package train

import (
	"io"

	"gorgonia.org/tensor"

	"softloss/train/dataset"
)

// ReadCSVFile reads the features of the model from a table, plain or gzip, for [Saved.Predict]: the
// rows of [Saved.NewFeatureReader].
//
//	saved, err := train.Load("flowers.safetensors")
//	features, err := saved.ReadCSVFile("new.csv", dataset.CSVOptions{})
//	probs, err := saved.Predict(features)
//
// Shape: [N, D] float64, raw as in the table. Errors name the file: those of the system and of
// [dataset.FeatureReader]; those of [Saved.Save] when the parts do not fit together.
func (s *Saved) ReadCSVFile(path string, opt dataset.CSVOptions) (*tensor.Dense, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return dataset.ReadFeaturesCSVFile(path, s.Model.Sizes()[0], s.FeatureNames, s.filled(opt))
}

// NewFeatureReader reads the features of the model from a table of any length:
// [dataset.NewFeatureReader] with the names of the model. With a header, columns are found by
// FeatureNames, in any order; others, such as the class, are not looked at. Without a header, or
// without names, the columns are the features in their order. Of the options Header, Comma,
// Decimal, Unseen and Drop count. A cell without a value is NaN where the model has a Fill for it,
// else an error.
//
// Errors: those of dataset.NewFeatureReader; those of [Saved.Save] when the parts do not fit
// together.
func (s *Saved) NewFeatureReader(r io.Reader, opt dataset.CSVOptions) (*dataset.FeatureReader, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return dataset.NewFeatureReader(r, s.Model.Sizes()[0], s.FeatureNames, s.filled(opt))
}

// filled returns the options with which missing cells are read as the model has them filled in.
func (s *Saved) filled(opt dataset.CSVOptions) dataset.CSVOptions {
	if opt.Missing = dataset.MissingRefuse; s.Fill != nil {
		opt.Missing = dataset.MissingNaN
	}
	return opt
}
