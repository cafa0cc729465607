package losses

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// SmoothingRule is a formula for label smoothing. For a row t of K labels with
// the sum S and the strength α:
//
//	SmoothPrior     (1-α) t_k + α S μ_k        sum S; μ is the prior, uniform unless given
//	SmoothUniform   (1-α) t_k + α/K            sum (1-α)S + α: PyTorch, optax, Keras, timm, fastai
//	SmoothNotebook  max(t_k - α/nnz, 0) + α/K  sum >= S; nnz counts t_k > 0
//
// On one-hot rows with a uniform prior the three agree. Libraries that spread α
// over the K-1 other classes do what SmoothUniform does with α K/(K-1).
//
// The notebook's rule takes α in equal parts from the positive labels. A label smaller than its
// part α/nnz is cut at 0, and what could not be taken from it makes the row larger: the sum grows
// by Σ_{t_k>0} max(0, α/nnz - t_k). It jumps where a label leaves 0, because nnz does, and on a row
// of positive labels it is max(t_k, α/K). A row without a positive label has nothing to take from
// and becomes α/K everywhere.
//
// Sources: Szegedy et al. 2016, arXiv:1512.00567, section 7; Müller, Kornblith
// and Hinton 2019, arXiv:1906.02629; the notebook's smooth_soft_labels.
type SmoothingRule uint8

// The smoothing rules.
const (
	SmoothPrior    SmoothingRule = iota // the zero value: keeps the mass of the row
	SmoothUniform                       // what other libraries do
	SmoothNotebook                      // the notebook's
	smoothingRules                      // how many there are
)

// String returns prior, uniform or notebook.
func (r SmoothingRule) String() string {
	switch r {
	case SmoothPrior:
		return "prior"
	case SmoothUniform:
		return "uniform"
	case SmoothNotebook:
		return "notebook"
	}
	return fmt.Sprintf("SmoothingRule(%d)", uint8(r))
}

// Smoothing moves part of every label's mass to all classes. Its zero value does nothing.
type Smoothing struct {
	Rule  SmoothingRule
	Alpha float64 // strength: 0 is off; in [0,1], for SmoothNotebook any finite number >= 0

	// Prior is where SmoothPrior sends the mass: K finite numbers >= 0 that sum
	// to 1 within 1e-6. Nil means 1/K each.
	Prior []float64
}

var priorNumbers = numberPerClass{"prior", ErrSmoothing, nonNegative}

// on reports whether the smoothing changes anything.
func (s Smoothing) on() bool { return s.Alpha != 0 }

// byNotebook reports whether it does so by the notebook's rule, which counts the labels above 0.
func (s Smoothing) byNotebook() bool { return s.on() && s.Rule == SmoothNotebook }

// Validate returns an error that is [ErrAlpha] when the strength is out of the
// rule's range, NaN or infinite, and [ErrSmoothing] when rule or prior are wrong.
func (s Smoothing) Validate() error {
	if s.Rule >= smoothingRules {
		return argError(ErrSmoothing, "smoothing rule", s.Rule, "is unknown",
			"SmoothPrior, SmoothUniform or SmoothNotebook")
	}
	if !(s.Alpha >= 0) || math.IsInf(s.Alpha, 1) {
		return argError(ErrAlpha, "alpha", s.Alpha, "is out of range", "a finite number; alpha must be non-negative")
	}
	if s.Rule != SmoothNotebook && s.Alpha > 1 {
		return argError(ErrAlpha, "alpha", s.Alpha, "is out of range", "a number in [0, 1]")
	}
	if s.Prior == nil {
		return nil
	}
	if s.Rule != SmoothPrior {
		return argError(ErrSmoothing, "prior", fmt.Sprintf("rule %v", s.Rule), "takes no prior",
			"SmoothPrior or a nil prior")
	}
	if err := priorNumbers.validate(s.Prior); err != nil {
		return err
	}
	if sum := total(s.Prior); !(math.Abs(sum-1) <= 1e-6) {
		return argError(ErrSmoothing, "prior", fmt.Sprintf("its sum %v", sum), "is not 1", "numbers that sum to 1")
	}
	return nil
}

// Apply returns the smoothed labels as a new tensor of the same shape and dtype.
//
// Shapes: labels [N, K], or [K], or of more ranks, float32 or float64. Errors: those of
// [Smoothing.Validate], [ErrNil], [ErrShape], [ErrDtype], and [ErrLabel] for a negative, NaN or
// infinite label.
func (s Smoothing) Apply(labels tensor.Tensor) (*tensor.Dense, error) {
	t, err := s.labels(labels)
	if err != nil {
		return nil, err
	}
	out := dense.New(t.Dtype(), t.Shape()...)
	if t.Dtype() == tensor.Float32 {
		err = smoothAll[float32](s, out, t)
	} else {
		err = smoothAll[float64](s, out, t)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Grad returns the gradient with respect to the labels of Σ upstream·Apply(labels), the
// vector-Jacobian product of the smoothing. It has the shape of the labels, as upstream has.
//
//	SmoothPrior     (1-α) u_k + α Σ_j μ_j u_j
//	SmoothUniform   (1-α) u_k
//	SmoothNotebook  u_k where t_k > α/nnz, 0 elsewhere
//
// With α = 0 it is u. At the notebook's jumps it is the derivative beside them.
// Errors: those of [Smoothing.Apply], [ErrShape] and [ErrDtype] for an upstream unlike the labels.
func (s Smoothing) Grad(labels, upstream tensor.Tensor) (*tensor.Dense, error) {
	t, err := s.labels(labels)
	if err != nil {
		return nil, err
	}
	u, err := likeOf("upstream", upstream, t.Dtype(), t.Shape()...)
	if err != nil {
		return nil, err
	}
	out := dense.New(t.Dtype(), t.Shape()...)
	if t.Dtype() == tensor.Float32 {
		err = smoothGradAll[float32](s, out, t, u)
	} else {
		err = smoothGradAll[float64](s, out, t, u)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// labels checks the smoothing and the tensor it is to work on.
func (s Smoothing) labels(labels tensor.Tensor) (*tensor.Dense, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	t, err := denseOf("labels", labels)
	if err != nil {
		return nil, err
	}
	return t, s.Check(t)
}

// Check is Validate and says also whether labels has the shape and dtype that Apply wants. Errors:
// those of Validate, [ErrNil], [ErrShape] and [ErrDtype].
func (s Smoothing) Check(labels Operand) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if err := checkRows("labels", labels); err != nil {
		return err
	}
	if s.Prior == nil {
		return nil
	}
	return priorNumbers.checkLength(len(s.Prior), labels.Shape()[len(labels.Shape())-1], false)
}

func smoothAll[T kernel.Float](s Smoothing, out, labels *tensor.Dense) error {
	t, k, err := validRows[T]("labels", labels)
	if err != nil {
		return err
	}
	smoothRows(s, dense.Memory[T](out), t, k)
	return nil
}

func smoothGradAll[T kernel.Float](s Smoothing, out, labels, upstream *tensor.Dense) error {
	t, k, err := validRows[T]("labels", labels)
	if err != nil {
		return err
	}
	up, dst, g := dense.Rows(upstream, dense.Last, new([]T)), dense.Memory[T](out), make([]float64, k)
	for lo := 0; lo < len(t); lo += k {
		kernel.Widen(g, up[lo:lo+k])
		smoothGradRow(s, g, t[lo:lo+k])
		for j := range g {
			dst[lo+j] = T(g[j])
		}
	}
	return nil
}

// smoothRows smooths the rows of t into dst, which may be t. It returns the first row that
// holds an invalid label, or -1.
func smoothRows[T kernel.Float](s Smoothing, dst, t []T, k int) (bad int) {
	switch {
	case !s.on():
		return kernel.Smooth(dst, t, 1, 0, 0, 0, k)
	case s.Rule == SmoothNotebook:
		return kernel.Smooth(dst, t, 1, s.Alpha, s.each(k), 0, k)
	case s.Rule == SmoothUniform:
		return kernel.Smooth(dst, t, 1-s.Alpha, 0, s.each(k), 0, k)
	case s.Prior == nil:
		return kernel.Smooth(dst, t, 1-s.Alpha, 0, 0, s.each(k), k)
	}
	return kernel.Mix(dst, t, s.Prior, 1-s.Alpha, s.Alpha)
}

// smoothClasses stores in dst the smoothed one-hot rows of classes: as all have the same mass they
// differ in their classes alone.
func smoothClasses[T kernel.Float](s Smoothing, dst []T, classes []int, k int) {
	if len(classes) == 0 {
		return
	}
	row, y := dst[:k], classes[0]
	clear(row)
	row[y] = 1
	smoothRows(s, row, row, k)
	on := row[y] // of every class, but for a prior
	if s.Prior != nil {
		row[y] = T(s.mixed(0, y))
	} else if k > 1 {
		row[y] = row[(y+1)%k]
	}
	for n := k; n < len(dst); {
		n += copy(dst[n:], dst[:n])
	}
	for i, y := range classes {
		if s.Prior != nil {
			on = T(s.mixed(1, y))
		}
		dst[i*k+y] = on
	}
}

// mixed returns what a prior makes of the label t of class k, of a row whose sum is 1.
func (s Smoothing) mixed(t float64, k int) float64 {
	return (1-s.Alpha)*t + float64(s.Alpha*s.Prior[k]) // rounded, never fused
}

// ofElements returns what makes both labels of an element, smoothed. For the notebook's rule, which
// is one of rows, ok is false and the labels stay.
func (s Smoothing) ofElements() (e kernel.ElementSmoothing, ok bool) {
	if !s.on() || s.Rule == SmoothNotebook {
		return kernel.ElementSmoothing{Keep: 1}, !s.on()
	}
	e.Keep = 1 - s.Alpha
	if s.Rule == SmoothUniform {
		e.Add = s.Alpha / 2
		return e, true
	}
	prior := []float64{0.5, 0.5}
	if s.Prior != nil {
		prior = s.Prior
	}
	e.Yes, e.No = s.Alpha*prior[0], s.Alpha*prior[1]
	return e, true
}

// smoothGradRow replaces g = dL/dτ' by dL/dt for the row of labels t.
func smoothGradRow[T kernel.Float](s Smoothing, g []float64, t []T) {
	if !s.on() {
		return
	}
	switch s.Rule {
	case SmoothPrior:
		mean := 0.0
		if s.Prior != nil {
			mean = expected(s.Prior, g)
		} else {
			mean = total(g) / float64(len(g))
		}
		for j, v := range g {
			g[j] = times(1-s.Alpha, v) + times(s.Alpha, mean)
		}
	case SmoothUniform:
		for j := range g {
			g[j] = times(1-s.Alpha, g[j])
		}
	case SmoothNotebook:
		cut := s.cut(kernel.Positives(t))
		for j, v := range t {
			if !(float64(v) > cut) {
				g[j] = 0
			}
		}
	}
}

// stillPositive returns the product of a label and its weight, and a tiny one where rounding has
// taken it to 0 and the smoothing counts it.
func stillPositive[T kernel.Float](s Smoothing, product, label T, weight float64) T {
	if product == 0 && label > 0 && weight > 0 && s.byNotebook() {
		return T(kernel.Tiny[T]())
	}
	return product
}

// each is what smoothing gives each of k classes, of a row whose sum is 1.
func (s Smoothing) each(k int) float64 { return s.Alpha * (1 / float64(k)) }

// cut is what the notebook's rule takes from each label of a row with nnz positive ones.
func (s Smoothing) cut(nnz int) float64 {
	if nnz == 0 {
		return 0
	}
	return s.Alpha / float64(nnz)
}
