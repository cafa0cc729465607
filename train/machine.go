package train

import "gorgonia.org/gorgonia"

// machine runs the ops of a graph in order, on the goroutine of its caller. Gorgonia's machines
// hand each run to another thread and wait for it, which takes longer than a small mini-batch where
// a processor must be woken for it. BenchmarkStep measures both.
type machine struct {
	steps  []step
	values []gorgonia.Value // of the inputs, and of the last run
	in     []gorgonia.Value // of the step at hand
	loss   int              // where the value of the loss is
	into   *gorgonia.Value  // where a run puts it
}

var _ gorgonia.VM = (*machine)(nil)

// step is an op: where the values that it takes are, and where its own goes.
type step struct {
	op  gorgonia.Op
	in  []int
	out int
}

// newMachine returns a machine for a loss, which every run puts into a variable, and gradients.
// What neither needs does not run.
func newMachine(loss *gorgonia.Node, into *gorgonia.Value, grads gorgonia.Nodes) (*machine, error) {
	m := &machine{into: into}
	at := map[*gorgonia.Node]int{}
	for _, n := range append(gorgonia.Nodes{loss}, grads...) {
		if err := m.add(n, at); err != nil {
			return nil, err
		}
	}
	m.loss = at[loss]
	return m, nil
}

// add adds a node after those that it is computed from; at says where each node's value is.
func (m *machine) add(n *gorgonia.Node, at map[*gorgonia.Node]int) error {
	if _, known := at[n]; known {
		return nil
	}
	v := n.Value() // nil but for inputs and constants
	if v == nil {
		s := step{op: n.Op()}
		if s.op == nil {
			return fail(ErrMismatch, "graph: input %v has no value", n)
		}
		for inputs := n.Graph().From(n.ID()); inputs.Next(); {
			input, ok := inputs.Node().(*gorgonia.Node)
			if !ok {
				return fail(ErrMismatch, "graph: got a node of type %T", inputs.Node())
			}
			if err := m.add(input, at); err != nil {
				return err
			}
			s.in = append(s.in, at[input])
		}
		s.out = len(m.values)
		m.steps = append(m.steps, s)
	}
	at[n] = len(m.values)
	m.values = append(m.values, v)
	return nil
}

// RunAll implements gorgonia.VM.
func (m *machine) RunAll() error {
	for _, s := range m.steps {
		m.in = m.in[:0]
		for _, i := range s.in {
			m.in = append(m.in, m.values[i])
		}
		v, err := s.op.Do(m.in...)
		if err != nil {
			return err
		}
		m.values[s.out] = v
	}
	*m.into = m.values[m.loss]
	return nil
}

// Reset implements gorgonia.VM: every run is the same.
func (m *machine) Reset() {}

// Close implements gorgonia.VM: there is nothing but memory to free.
func (m *machine) Close() error { return nil }
