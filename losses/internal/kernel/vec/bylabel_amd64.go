//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// SignedLabels says that kernels of elements take negative labels.
const SignedLabels = true

// SigmoidByLabel is [spec.SigmoidByLabel].
func SigmoidByLabel[T spec.Float](l spec.ByLabel, dst []float64, z, yes, no []T) {
	if len(z) == 0 {
		return
	}
	v, par := wideOf[T](), (*float64)(nil)
	run := v.absoluteByLabel
	switch l.Kind {
	case spec.DivergenceByLabel:
		run = v.divergenceByLabel
	case spec.SparsemaxByLabel:
		run = v.sparsemaxByLabel
	case spec.Entmax15ByLabel:
		run = v.entmaxByLabel
	case spec.SymmetricByLabel:
		run = v.symmetricByLabel
		par = &parametersOf(spec.Question{Kind: spec.Symmetric, A: l.A, B: l.B, C: l.C}).par[0]
	case spec.BiTemperedByLabel:
		temperedByLabel(l, dst, z, yes, no)
		return
	}
	if run(&dst[0], &z[0], &yes[0], first(no), len(z), par); l.Kind == spec.DivergenceByLabel {
		byTinyLabels(l, dst, z, yes, no)
	}
}

// temperedByLabel is SigmoidByLabel of BiTempered.
func temperedByLabel[T spec.Float](l spec.ByLabel, dst []float64, z, yes, no []T) {
	p := temperedPlanFor(spec.Question{Kind: spec.BiTempered, A: l.A, B: l.B})
	if single512[T]() && p.whole > 0 {
		temperedWholeByLabelWideAVX512(&dst[0], floats(z), floats(yes), floats(no), len(z), &p.wholePar()[0])
		return
	}
	if !temperedLogits(p, dst, z) {
		spec.SigmoidByLabel(l, dst, z, yes, no)
		return
	}
	wideOf[T]().temperedByLabel(&dst[0], &z[0], &yes[0], first(no), len(z), &p.par[0])
	byTinyLabels(l, dst, z, yes, no)
}

// byTinyLabels computes anew what there are float64 for that kernels do not take: labels whose
// logarithms are not theirs, and logits whose products may be no numbers.
func byTinyLabels[T spec.Float](l spec.ByLabel, dst []float64, z, yes, no []T) {
	if spec.Size[T]() == 4 {
		return
	}
	const least, most = 0x1p-1000, 0x1p1000
	for i, x := range z {
		t, u, _ := spec.BothLabels(yes, no, i)
		if t > 0 && t < least || u > 0 && u < least || math.Abs(float64(x)) > most {
			spec.SigmoidByLabel(l, dst[i:i+1], z[i:i+1], yes[i:i+1], part(no, i, i+1))
		}
	}
}
