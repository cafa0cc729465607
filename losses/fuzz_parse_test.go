package losses_test

import (
	"errors"
	"testing"

	"softloss/losses"
)

// FuzzParseLoss: any text is a loss or an *Error; a loss is valid, and its own text is read back as
// the same.
func FuzzParseLoss(f *testing.F) {
	for _, name := range losses.LossNames() {
		f.Add(name)
		f.Add("0.5*" + name + " + 2e-3*nce")
	}
	for _, text := range []string{"", "+", "ce:", "gce:q=", "gce:q=NaN", "1e+6*ce+mae", "sce:alpha=1,alpha=2",
		"ce:q=1", "-1*ce", "0x1p-3*ce", "*ce", "gce:q=0.7:q=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := losses.ParseLoss(text)
		if err != nil {
			var e *losses.Error
			if l != nil || !errors.As(err, &e) || !errors.Is(err, losses.ErrParam) {
				t.Fatalf("%q: %v with %v", text, l, err)
			}
			return
		}
		if err := (losses.Criterion{Loss: l, Link: losses.SigmoidLink}).Validate(); err != nil {
			t.Fatalf("%q is read and not valid: %v", text, err)
		}
		again, ok := losses.FormatLoss(l)
		if !ok {
			t.Fatalf("%q: %v has no text", text, l)
		}
		back, err := losses.ParseLoss(again)
		if err != nil || (losses.Criterion{Loss: back}).Key() != (losses.Criterion{Loss: l}).Key() {
			t.Fatalf("%q: %v is written as %q, which is %v, %v", text, l, again, back, err)
		}
	})
}
