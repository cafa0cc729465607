package train

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gorgonia.org/tensor"

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
		return m, f.Rest()
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
		w, err := f.Tensor(fmt.Sprint(n, ".weight"), "F32", 2)
		if err != nil {
			return nil, err
		}
		b, err := f.Tensor(fmt.Sprint(n, ".bias"), "F32", 1)
		if err != nil {
			return nil, err
		}
		turned := tensor.New(tensor.WithShape(w.Ints()...), tensor.WithBacking(w.Float32s()))
		if err := turned.T(); err != nil {
			return nil, damaged("layer %d: %v", n, err)
		}
		layers = append(layers, Layer{turned, tensor.New(tensor.WithShape(b.Ints()...), tensor.WithBacking(b.Float32s()))})
	}
	if err := f.Rest(); err != nil {
		return nil, err
	}
	m, err := NewModel(layers)
	if err != nil {
		return nil, damaged("%s", plain(err))
	}
	return m, nil
}
