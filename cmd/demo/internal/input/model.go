package input

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/train"
)

// Model reads a model that a flag, "" for none, names. What is wrong with it is [cli.ErrUsage].
func Model(flag, path string) (*train.Saved, error) {
	name := ""
	if flag != "" {
		name = "-" + flag
		flag = name + " "
	}
	if isFolder(path) {
		return nil, cli.Usagef("%s%s: is a folder; want the model file in it, %s", flag, path,
			filepath.Join(path, record.ModelFile))
	}
	saved, err := train.Load(path)
	switch {
	case errors.Is(err, train.ErrFile) && strings.HasSuffix(path, ".onnx"):
		return nil, cli.Usagef("%s%s: is an ONNX file, which is for other programs; want the one beside it, %s", flag,
			path, filepath.Join(filepath.Dir(path), record.ModelFile))
	case errors.Is(err, fs.ErrNotExist):
		return nil, cli.Usagef("%s%s: no such file; demo train saves one", flag, path)
	case err != nil:
		if name != "" {
			name += ": "
		}
		return nil, cli.Usagef("%s%s", name, cli.Plain(err))
	}
	return saved, nil
}
