package train

import (
	"fmt"
	"slices"

	"softloss/internal/phrase"
	"softloss/losses"
	"softloss/train/internal/exactjson"
	"softloss/train/internal/safetensors"
)

// checkpointKind is the kind of a checkpoint in its metadata, with the version of what is described
// at WriteCheckpoint.
const checkpointKind = "softloss checkpoint 2"

// encodeState returns the bytes of a checkpoint.
func encodeState(s *State) ([]byte, error) {
	if s == nil {
		return nil, fail(ErrEmpty, "state: got nil, want one")
	}
	m, best, err := s.check()
	if err != nil {
		return nil, err
	}
	tensors := layerTensors("layer.", m, m.params())
	if s.FirstMoments != nil {
		tensors = append(tensors, layerTensors("adam.first.", m, s.FirstMoments)...)
		tensors = append(tensors, layerTensors("adam.second.", m, s.SecondMoments)...)
	}
	if best != nil {
		tensors = append(tensors, layerTensors("best.", best, best.params())...)
	}
	text, err := exactjson.Encode(s.plain())
	if err != nil {
		return nil, fail(ErrValue, "state: %v", err)
	}
	return safetensors.Encode(map[string]string{"kind": checkpointKind, "state": text}, tensors), nil
}

// plain returns the state without what is stored as tensors, brought again by the caller, or not
// stored.
func (s *State) plain() State {
	p := *s
	p.Layers, p.BestLayers, p.FirstMoments, p.SecondMoments = nil, nil, nil, nil
	p.Config.Checkpoint, p.Config.Criterion, p.Config.Teacher, p.Config.Group = "", losses.Criterion{}, nil, nil
	return p
}

// check returns the layers and, where there are some, the best layers as models, or an error unless
// all is numbers that fit together.
func (s *State) check() (m, best *Model, err error) {
	if m, err = NewModel(s.Layers); err != nil {
		return nil, nil, err
	}
	params := m.params()
	if n := len(s.FirstMoments); n != len(s.SecondMoments) || s.FirstMoments != nil && n != len(params) {
		return nil, nil, fail(ErrMismatch, "moments: got %d and %d, want %d each, or none", n, len(s.SecondMoments),
			len(params))
	}
	for which, moments := range [][][]float32{s.FirstMoments, s.SecondMoments} {
		for i, x := range moments {
			if len(x) != len(params[i]) {
				return nil, nil, fail(ErrMismatch, "moments: tensor %d: got %s, want %d as in the layers", i,
					phrase.Plural(len(x), "element"), len(params[i]))
			}
			if slices.ContainsFunc(x, func(v float32) bool { return v != v || which == 1 && v < 0 }) {
				return nil, nil, fail(ErrValue, "moments: tensor %d: got a NaN, or a second moment below 0, want neither", i)
			}
		}
	}
	if s.BestLayers == nil {
		return m, nil, nil
	}
	if best, err = NewModel(s.BestLayers); err != nil {
		return nil, nil, &failure{"best layers: " + plain(err), err}
	}
	if got, want := best.Sizes(), m.Sizes(); !slices.Equal(got, want) {
		return nil, nil, fail(ErrMismatch, "best layers: got sizes %v, want %v as in the layers", got, want)
	}
	return m, best, nil
}

// decodeState is the inverse of encodeState.
func decodeState(f *safetensors.File) (*State, error) {
	s := &State{}
	text, ok := f.Take("state")
	if !ok {
		return nil, damaged("metadata: got no state")
	}
	if err := exactjson.Decode(text, s, "state"); err != nil {
		return nil, damaged("metadata: state: %v", err)
	}
	if s.Layers != nil || s.BestLayers != nil || s.FirstMoments != nil || s.SecondMoments != nil {
		return nil, damaged("metadata: state: got tensors, want them in the data")
	}
	m, err := layersOf(f, "layer.")
	if err != nil {
		return nil, err
	}
	s.Layers = m.layers
	if _, ok := f.Tensors["adam.first.0.weight"]; ok {
		if s.FirstMoments, err = momentsOf(f, "adam.first.", len(m.layers)); err != nil {
			return nil, err
		}
		if s.SecondMoments, err = momentsOf(f, "adam.second.", len(m.layers)); err != nil {
			return nil, err
		}
	}
	if _, ok := f.Tensors["best.0.weight"]; ok {
		best, err := layersOf(f, "best.")
		if err != nil {
			return nil, err
		}
		s.BestLayers = best.layers
	}
	if err := f.NothingLeft(); err != nil {
		return nil, err
	}
	if _, _, err := s.check(); err != nil {
		return nil, damaged("%s", plain(err))
	}
	return s, nil
}

// momentsOf takes out what layerTensors makes of moments, those of that many layers.
func momentsOf(f *safetensors.File, prefix string, layers int) (out [][]float32, err error) {
	for i := range layers {
		l, err := layerOf(f, fmt.Sprint(prefix, i))
		if err != nil {
			return nil, err
		}
		out = append(out, l.Weights.Float32s(), l.Bias.Float32s())
	}
	return out, nil
}
