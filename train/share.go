package train

import (
	"encoding/binary"
	"fmt"

	"softloss/train/internal/safetensors"
)

// share gives every rank the state of rank 0: the first one, or the one to resume from.
//
// Errors, on the ranks where a run differs from that of rank 0: [*OtherRunError], on the others
// [*RankError].
func (f *fitting) share() error {
	g := f.cfg.Group
	if g == nil {
		return nil
	}
	var content []byte
	var err error
	if g.Rank() == 0 {
		content, err = encodeState(f.state())
	}
	if err := agree(g, err); err != nil {
		return err
	}
	if content, err = broadcast(g, content); err != nil {
		return wrap(err, "")
	}
	if g.Rank() != 0 {
		if err = f.join(content); err != nil {
			err = &failure{fmt.Sprintf("rank %d, compared with rank 0: %s", g.Rank(), plain(err)), err}
		}
	}
	return agree(g, err)
}

// broadcast returns the bytes that rank 0 has.
func broadcast(g Group, content []byte) ([]byte, error) {
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], uint64(len(content)))
	if err := g.Broadcast(size[:]); err != nil {
		return nil, err
	}
	if g.Rank() != 0 {
		content = make([]byte, binary.LittleEndian.Uint64(size[:]))
	}
	return content, g.Broadcast(content)
}

// join takes the run to the state of rank 0, which must be of the same run, as long, on the same
// kind of processor.
func (f *fitting) join(content []byte) error {
	file, err := safetensors.Decode(content, checkpointKind)
	if err != nil {
		return err
	}
	s, err := decodeState(file)
	if err != nil {
		return err
	}
	if s.Config.Epochs != f.cfg.Epochs {
		return &OtherRunError{"Epochs", s.Config.Epochs, f.cfg.Epochs}
	}
	if err := s.SameMachine(); err != nil {
		return err
	}
	return f.restore(s)
}
