package train

import "softloss/train/dataset"

// Fold returns one model that computes what s does, for features that are scaled by scaler, nil for
// raw ones. It makes a teacher for [Config] whose student learns on features that were scaled in
// another way.
//
//	x = (raw - Mean) / Std      what the model returned gets
//	h = (raw - mean) / std      what s.Model gets, by the scaler of s
//	  = x Std/std + (Mean - mean)/std
//
// The factors go into the first layer, 1/Temperature into the last one, computed in float64 and
// rounded once each. The logits of the result are those of [Saved.Predict] before they become
// probabilities, except for that rounding.
//
// Errors: those of [Saved.Save] and, for scaler, the same as for that of s; [ErrValue] when a
// folded weight is no finite float32.
func (s *Saved) Fold(scaler *dataset.Scaler) (*Model, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := (&Saved{Model: s.Model, Scaler: scaler}).check(); err != nil {
		return nil, err
	}
	layers := s.Model.Layers()
	foldScalers(layers[0], s.Scaler, scaler)
	c := s.Model.criterion
	if t := s.Temperature; t != 0 {
		c.Temperature = 0
		last := layers[len(layers)-1]
		for _, data := range [][]float32{last.Weights.Float32s(), last.Bias.Float32s()} {
			for i, v := range data {
				data[i] = float32(float64(v) / t)
			}
		}
	}
	folded, err := NewModel(layers)
	if err != nil {
		return nil, err
	}
	return folded.WithCriterion(c)
}

// foldScalers makes of a layer for features scaled by own one for features scaled by given; nil
// does not scale.
func foldScalers(l Layer, own, given *dataset.Scaler) {
	if own == nil && given == nil {
		return
	}
	d, width := l.Weights.Shape()[0], l.Weights.Shape()[1]
	weights := l.Weights.Float32s()
	bias := make([]float64, width)
	for k, b := range l.Bias.Float32s() {
		bias[k] = float64(b)
	}
	for j := range d {
		factor, shift := 1.0, 0.0
		if given != nil {
			factor, shift = given.Std[j], given.Mean[j]
		}
		if own != nil {
			factor, shift = factor/own.Std[j], (shift-own.Mean[j])/own.Std[j]
		}
		row := weights[j*width : (j+1)*width]
		for k, w := range row {
			bias[k] += shift * float64(w)
			row[k] = float32(factor * float64(w))
		}
	}
	for k, b := range bias {
		l.Bias.Float32s()[k] = float32(b)
	}
}
