package study

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
)

// studyKind is the first line's kind in a file of finished runs.
const studyKind = "softloss compare 2"

// studyHead is the first line of that file: what its runs have in common.
type studyHead struct {
	Kind     string `json:"kind"`
	Settings string `json:"settings"`
}

// journal is a file of finished runs, a line of JSON each, behind a line that says what they have
// in common.
type journal struct {
	file *os.File
	done map[record.Job]record.Result
}

// openJournal reads the finished runs of a study and opens the file for more. A last line that a
// killed process left unfinished is taken away. Runs of other settings are [cli.ErrUsage].
func openJournal(path, settings string, fresh bool) (*journal, error) {
	head, err := json.Marshal(studyHead{studyKind, settings})
	if err != nil {
		return nil, err
	}
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if fresh {
		old = nil
	}
	old = old[:bytes.LastIndexByte(old, '\n')+1]
	j := &journal{done: map[record.Job]record.Result{}}
	for i, line := range bytes.Split(bytes.TrimSuffix(old, []byte("\n")), []byte("\n")) {
		if len(old) == 0 {
			break
		}
		if i == 0 {
			if err := checkHead(path, line, settings); err != nil {
				return nil, err
			}
			continue
		}
		var r record.Result
		if err := json.Unmarshal(line, &r); err != nil || r.Loss == "" || r.Seed == 0 {
			return nil, cli.Usagef("%s: line %d is no result of a run; delete the file or add -fresh", path, i+1)
		}
		j.done[r.Job] = r
	}
	if len(old) == 0 {
		old = append(head, '\n')
	}
	if j.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return nil, err
	}
	if _, err = j.file.Write(old); err == nil {
		err = j.file.Truncate(int64(len(old)))
	}
	if err != nil {
		j.file.Close()
		return nil, err
	}
	return j, nil
}

// checkHead wants runs of the same settings.
func checkHead(path string, line []byte, settings string) error {
	var h studyHead
	if json.Unmarshal(line, &h) != nil || h.Kind != studyKind {
		return cli.Usagef("%s: is no file of finished runs; use another -out or add -fresh", path)
	}
	if h.Settings != settings {
		return cli.Usagef("%s has runs of other settings (%s; now %s); use another -out, or add -fresh to forget them", path,
			h.Settings, settings)
	}
	return nil
}

// add keeps a finished run.
func (j *journal) add(r record.Result) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return err
	}
	j.done[r.Job] = r
	return nil
}
