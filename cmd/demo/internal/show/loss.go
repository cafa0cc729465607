package show

import "softloss/losses"

// LossInfo is what the demo says about a loss.
type LossInfo struct {
	Name   string // as losses.FormatLoss writes it
	Title  string // in a sentence
	Unit   string // of the loss, "" without one
	Lowest bool   // whether a prediction that equals the label costs the least a prediction can
}

// DescribeLoss returns what is known about a loss, which may be a sum.
func DescribeLoss(l losses.Loss) LossInfo {
	e, ok := losses.Describe(l)
	if !ok {
		e.Title = "sum of losses"
	}
	name, _ := losses.FormatLoss(l)
	return LossInfo{Name: name, Title: e.Title, Unit: e.Unit, Lowest: e.Proper}
}
