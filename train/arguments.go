package train

import (
	"gorgonia.org/tensor"

	"softloss/internal/phrase"
	"softloss/losses"
	"softloss/train/dataset"
)

// checkFit checks the arguments of Fit.
func checkFit(cfg Config, trainSet, validSet *dataset.Dataset) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if err := checkSet("training set", trainSet, cfg.Criterion.Link); err != nil {
		return err
	}
	if cfg.Teacher != nil {
		sizes := cfg.Teacher.Sizes()
		if sizes == nil {
			return fail(ErrEmpty, "teacher: has no layers, want one made by Fit or NewModel")
		}
		if err := sameSizes("training set", trainSet, sizes[0], sizes[len(sizes)-1], "the teacher"); err != nil {
			return err
		}
		if err := sameLink("teacher", cfg.Teacher.criterion.Link, cfg.Criterion.Link); err != nil {
			return err
		}
	}
	if validSet == nil {
		if cfg.Patience > 0 {
			return wrongField("Patience", "got %d without a validation set, want one to watch (0 is off)", cfg.Patience)
		}
		return nil
	}
	if err := checkSet("validation set", validSet, cfg.Criterion.Link); err != nil {
		return err
	}
	if err := sameSizes("validation set", validSet, trainSet.NumFeatures(), trainSet.NumClasses(),
		"the training set"); err != nil {
		return err
	}
	if err := sameNames("feature", "WithFeatures", validSet.FeatureNames, trainSet.FeatureNames); err != nil {
		return err
	}
	return sameNames("class", "WithClasses", validSet.ClassNames, trainSet.ClassNames)
}

// sameNames wants the validation set to have the features, or classes, of the training set in its
// order, where both have names; method is what makes it so.
func sameNames(what, method string, got, want []string) error {
	if got == nil || want == nil {
		return nil
	}
	for i, name := range got {
		if name != want[i] {
			return fail(ErrMismatch, "validation set: %s %d: got %s, want %s as in the training set: Dataset.%s brings them "+
				"into its order", what, i, phrase.Quote(name), phrase.Quote(want[i]), method)
		}
	}
	return nil
}

// checkSet wants a set of at least one row that is valid for a criterion of that link.
func checkSet(arg string, set *dataset.Dataset, link losses.Link) error {
	if set == nil {
		return fail(ErrEmpty, "%s: got nil, want a dataset", arg)
	}
	if set.Features == nil || set.Len() == 0 && set.Features.Dims() == 2 {
		return fail(ErrEmpty, "%s: got no rows, want at least 1", arg)
	}
	if link == losses.SoftmaxLink && set.NumClasses() == 1 {
		return fail(ErrConfig, "%s: got 1 class, whose softmax is 1 whatever the logit, so that nothing is learnt; want 2 "+
			"or more, or Link: SigmoidLink for a yes-or-no question", arg)
	}
	if err := set.Validate(link); err != nil {
		return wrap(err, "%s", arg)
	}
	return checkScaled(arg+": features", set.Features)
}

// checkScaled refuses the numbers of a table as they are.
func checkScaled(arg string, features *tensor.Dense) error {
	if features == nil || features.Dtype() != tensor.Float64 {
		return nil
	}
	return fail(ErrDtype,
		"%s: got dtype float64, want float32, which a dataset.Scaler makes of the numbers of a table", arg)
}

// sameLink wants a model's link to be that of the criterion.
func sameLink(arg string, got, want losses.Link) error {
	if got != want {
		return fail(ErrMismatch, "%s: got a model of link %v, want %v as in the criterion", arg, got, want)
	}
	return nil
}

// sameSizes wants the set to have that many features and classes; who is what has them.
func sameSizes(arg string, set *dataset.Dataset, features, classes int, who string) error {
	if got := set.NumFeatures(); got != features {
		return fail(ErrMismatch, "%s: got %s, want %d as in %s", arg, phrase.Plural(got, "feature"), features, who)
	}
	if got := set.NumClasses(); got != classes {
		return fail(ErrMismatch, "%s: got %s, want %d as in %s", arg, phrase.Plural(got, "class"), classes, who)
	}
	return nil
}
