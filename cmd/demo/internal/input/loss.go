package input

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/losses"
)

// Loss reads what -loss accepts. The text of its error has no package in front.
func Loss(text string) (losses.Loss, error) {
	l, err := losses.ParseLoss(text)
	if err != nil {
		return nil, errors.New(cli.Plain(err))
	}
	counts := func(t losses.Term) bool { return t.Weight != 0 }
	if sum, ok := l.(losses.WeightedSum); ok && !slices.ContainsFunc(sum, counts) {
		return nil, fmt.Errorf("loss %s: every weight is 0, want one above 0: there is nothing to learn", text)
	}
	if e, ok := losses.Describe(l); ok && !e.Has(losses.SoftmaxLink) {
		return nil, fmt.Errorf("loss %s: is for rows that are of several classes at once, want one of %s", text,
			strings.Join(LossNames(), ", "))
	}
	return l, nil
}

// LossNames are the losses that -loss accepts: those of rows that are of one class.
func LossNames() (names []string) {
	for _, e := range losses.Losses() {
		if name, ok := losses.FormatLoss(e.Loss); ok && e.Has(losses.SoftmaxLink) {
			names = append(names, name)
		}
	}
	return names
}

// Variant reads a loss of a study: what -loss accepts and, behind @, the strength of label
// smoothing: ce@0.1.
func Variant(text string) (losses.Criterion, error) {
	name, strength, smooth := strings.Cut(text, "@")
	loss, err := Loss(name)
	if err != nil {
		return losses.Criterion{}, err
	}
	c := losses.Criterion{Loss: loss}
	if smooth {
		alpha, err := strconv.ParseFloat(strength, 64)
		if err != nil || !(alpha >= 0 && alpha <= 1) {
			return c, errors.New(strconv.Quote(text) + ": behind @ want a number from 0 to 1, the strength of smoothing, such " +
				"as ce@0.1")
		}
		c.Smoothing = losses.Smoothing{Rule: losses.SmoothUniform, Alpha: alpha}
	}
	return c, nil
}

// LossHelp is the text of -loss in -h.
func LossHelp() string {
	return "one of " + strings.Join(LossNames(), ", ") +
		"; parameters that are left out are as shown; a sum such as 10*nce+mae is a loss too"
}
