package train

import (
	"slices"
	"strconv"
	"strings"

	"softloss/train/internal/safetensors"
)

// foreignLayers takes out the weights of another program: layer.0.weight … as they are here, or the
// Linear layers of a PyTorch Sequential, N.weight [out, in] with N going up.
func foreignLayers(f *safetensors.File) (*Model, error) {
	f.Metadata = nil
	if _, ok := f.Tensors["layer.0.weight"]; ok {
		m, err := layersOf(f, "layer.")
		if err != nil {
			return nil, err
		}
		return m, f.NothingLeft()
	}
	var numbers []int
	for name := range f.Tensors {
		if text, ok := strings.CutSuffix(name, ".weight"); ok {
			if n, err := strconv.Atoi(text); err == nil && n >= 0 && strconv.Itoa(n) == text {
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	var layers []Layer
	for _, n := range numbers {
		l, err := layerOf(f, strconv.Itoa(n))
		if err != nil {
			return nil, err
		}
		if err := l.Weights.T(); err != nil {
			return nil, damaged("layer %d: %v", n, err)
		}
		layers = append(layers, l)
	}
	if err := f.NothingLeft(); err != nil {
		return nil, err
	}
	m, err := NewModel(layers)
	if err != nil {
		return nil, damaged("%s", plain(err))
	}
	return m, nil
}
