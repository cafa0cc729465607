package losses

// EvalPlain is EvalInto by its short way alone, and reports whether that was for what was asked.
func (c Criterion) EvalPlain(dst Outputs, in Inputs) bool {
	return c.plain() && c.evalPlainly(&dst, &in)
}
