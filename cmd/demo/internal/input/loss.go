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
	switch {
	case err != nil && strings.TrimSpace(text) == "bce":
		return nil, errors.New(cli.Plain(err) + "; the binary cross entropy is ce with -link sigmoid")
	case err != nil:
		return nil, errors.New(cli.Plain(err))
	}
	counts := func(t losses.Term) bool { return t.Weight != 0 }
	if sum, ok := l.(losses.WeightedSum); ok && !slices.ContainsFunc(sum, counts) {
		return nil, fmt.Errorf("loss %s: every weight is 0, want one above 0: there is nothing to learn", text)
	}
	if _, err := (losses.Criterion{Loss: l}).Predictor(); err != nil {
		return nil, errors.New(cli.Plain(err))
	}
	return l, nil
}

// ClassLoss is [Loss] for rows that are of one class.
func ClassLoss(text string) (losses.Loss, error) {
	l, err := Loss(text)
	if err == nil {
		err = CheckLink(l, losses.SoftmaxLink)
	}
	return l, err
}

// CheckLink says what is wrong with a loss under a link.
func CheckLink(l losses.Loss, link losses.Link) error {
	e, ok := losses.Describe(l)
	if !ok || e.Has(link) {
		return nil
	}
	name, _ := losses.FormatLoss(l)
	several, one := "labels of which several may be true at once (-link sigmoid)", "rows of one class (-link softmax)"
	is, here := several, one
	if link == losses.SigmoidLink {
		is, here = one, several
	}
	return fmt.Errorf("loss %s: is for %s; for %s want one of %s", name, is, here, strings.Join(LossNames(link), ", "))
}

// LossNames are the losses of a link.
func LossNames(link losses.Link) (names []string) {
	for _, e := range losses.Losses() {
		if name, ok := losses.FormatLoss(e.Loss); ok && e.Has(link) {
			names = append(names, name)
		}
	}
	return names
}

// Variant reads a loss of a study: what -loss accepts and, behind @, the strength of label
// smoothing: ce@0.1.
func Variant(text string) (losses.Criterion, error) {
	name, strength, smooth := strings.Cut(text, "@")
	loss, err := ClassLoss(name)
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

// LossHelp returns the text of -loss in -h.
func LossHelp() string {
	ofClasses := LossNames(losses.SoftmaxLink)
	others := slices.DeleteFunc(LossNames(losses.SigmoidLink), func(name string) bool {
		return slices.Contains(ofClasses, name)
	})
	return "one of " + strings.Join(ofClasses, ", ") + ", with -link sigmoid also " + strings.Join(others, ", ") +
		"; parameters that are left out are as shown; a sum such as 10*nce+mae is a loss too"
}
