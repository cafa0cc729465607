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

// Loss reads what -loss accepts where there is a flag -link. The text of its error has no package
// in front.
func Loss(text string) (losses.Loss, error) {
	l, err := parseLoss(text, losses.LossNames())
	if err != nil && strings.TrimSpace(text) == "bce" {
		return nil, fmt.Errorf("%w; the binary cross entropy is ce with -link sigmoid", err)
	}
	return l, err
}

// ClassLoss is Loss for rows that are of one class, where there is no -link.
func ClassLoss(text string) (losses.Loss, error) {
	l, err := parseLoss(text, LossNames(losses.SoftmaxLink))
	if err != nil {
		return nil, err
	}
	return l, checkLink(l, losses.SoftmaxLink, severalTrue, oneClass)
}

// parseLoss reads a loss, in the place of whose name, if it is none, names are wanted.
func parseLoss(text string, names []string) (losses.Loss, error) {
	l, err := losses.ParseLoss(text)
	if err != nil {
		all := strings.Join(losses.LossNames(), ", ")
		return nil, errors.New(strings.Replace(cli.Plain(err), all, strings.Join(names, ", "), 1))
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

// What the rows of a link are.
const (
	severalTrue = "labels of which several may be true at once"
	oneClass    = "rows of one class"
)

// CheckLink says what is wrong with a loss, or a term of it, under what -link names.
func CheckLink(l losses.Loss, link losses.Link) error {
	return checkLink(l, link, severalTrue+" (-link sigmoid)", oneClass+" (-link softmax)")
}

// checkLink is CheckLink in other words for the rows of the two links.
func checkLink(l losses.Loss, link losses.Link, several, one string) error {
	if sum, ok := l.(losses.WeightedSum); ok {
		for _, t := range sum {
			if err := checkLink(t.Loss, link, several, one); err != nil {
				return err
			}
		}
		return nil
	}
	e, ok := losses.Describe(l)
	if !ok || e.Has(link) {
		return nil
	}
	name, _ := losses.FormatLoss(l)
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
