package losses

import "math"

// EvalLinearInBlocks is EvalLinear with other sizes of its blocks.
func (c Criterion) EvalLinearInBlocks(dst LinearOutputs, in LinearInputs, logits, grad int) error {
	return c.evalLinear(dst, in, blocks{rows: math.MaxInt, logits: logits, grad: grad})
}
