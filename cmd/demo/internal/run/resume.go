package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/train"
)

// openCheckpoint reads the run to go on with, and refuses to write over another one.
func (s *session) openCheckpoint() error {
	if s.checkpoint == "" {
		return nil
	}
	if info, err := os.Stat(s.checkpoint); err == nil && !info.IsDir() {
		return cli.Usagef("-checkpoint %s: is a file, want a folder, or a name for a new one", s.checkpoint)
	}
	if !s.resume {
		if err := cli.MakeFolder("checkpoint", s.checkpoint); err != nil {
			return err
		}
	}
	state, err := train.ReadCheckpoint(s.checkpoint)
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case s.resume && missing:
		return cli.Usagef("-resume: no checkpoint in %s", s.checkpoint)
	case missing:
		return nil
	case !s.resume:
		return cli.Usagef("-checkpoint %s: there is a run already; add -resume to go on with it, or take another folder",
			s.checkpoint)
	case err != nil:
		var damage *train.FileError
		if errors.As(err, &damage) && damage.Previous {
			return cli.Usagef("-checkpoint: %s: %s; the checkpoint before it is there: rename checkpoint.prev.safetensors to "+
				"checkpoint.safetensors to go on from it", damage.Path, damage.Text)
		}
		return cli.Usagef("-checkpoint: %s", cli.Plain(err))
	}
	switch err := state.SameRun(s.trainConfig(), s.train, s.watch()); {
	case errors.Is(err, train.ErrState):
		return s.otherRun(err)
	case err != nil:
		return err
	case state.Epoch > s.Epochs:
		return cli.Usagef("-epochs %d: the run in %s has %d already", s.Epochs, s.checkpoint, state.Epoch)
	}
	s.state = state
	return nil
}

// otherRun is the error of -resume for a run that is not the one of the flags.
func (s *session) otherRun(err error) error {
	var differs *train.OtherRunError
	if !errors.As(err, &differs) {
		return cli.Usagef("-resume: %s: %s", s.checkpoint, cli.Plain(err))
	}
	const advice = "give the same flags, or another -checkpoint"
	field := differs.Field
	if strings.HasPrefix(field, "Teacher") && (differs.Run == 0.0 || differs.Now == 0.0) { // one run has no -teacher
		field = "Teacher"
	}
	switch field {
	case "TrainSet", "ValidSet":
		return cli.Usagef("-resume: the run in %s has other training rows: other -data, flags about it, -test, -validation, "+
			"-noise or -link; %s", s.checkpoint, advice)
	case "Teacher":
		return cli.Usagef("-resume: the run in %s has another -teacher, or none; %s", s.checkpoint, advice)
	case "Criterion":
		return cli.Usagef("-resume: the run in %s was made with another -loss, -link, -alpha, -smoothing or -weights (%v, "+
			"not %v); %s", s.checkpoint, differs.Run, differs.Now, advice)
	}
	name, run, now := s.settingFlag(differs)
	return cli.Usagef("-resume: the run in %s was made with %s %s, not %s; %s", s.checkpoint, name, run, now, advice)
}

// settingFlag returns the flag of a field of the configuration, and its values in the run and
// here.
func (s *session) settingFlag(e *train.OtherRunError) (name, run, now string) {
	if a, ok := e.Run.(train.Schedule); ok {
		b := e.Now.(train.Schedule)
		if a.Curve != b.Curve {
			return "-schedule", a.Curve.String(), b.Curve.String()
		}
		epochs := func(steps int) string { return fmt.Sprintf("%.4g", float64(steps)/float64(s.batches())) }
		return "-warmup", epochs(a.Warmup), epochs(b.Warmup)
	}
	return s.flagOf(e.Field), flagValue(e.Run), flagValue(e.Now)
}

// flagValue returns a value as a flag takes it.
func flagValue(v any) string {
	sizes, ok := v.([]int)
	switch {
	case !ok:
		return fmt.Sprint(v)
	case len(sizes) == 0:
		return "none"
	}
	return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(sizes), "[]")), ",")
}
