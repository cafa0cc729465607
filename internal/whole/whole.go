// Package whole writes files that are there whole or not at all.
package whole

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Write writes a file under another name, beside path, and gives it its own once it is complete: on
// an error, or when the process is killed, what was at path before is there still. The permissions
// of a file that is replaced stay. What is no regular file, such as a pipe or a link, is written to
// where it is.
func Write(path string, content []byte) error {
	old, none := os.Lstat(path)
	if none == nil && !old.Mode().IsRegular() {
		return os.WriteFile(path, content, 0o666)
	}
	temp := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%016x.tmp", filepath.Base(path), rand.Uint64()))
	err := os.WriteFile(temp, content, 0o666)
	if err == nil && none == nil {
		err = os.Chmod(temp, old.Mode().Perm())
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err == nil {
		return nil
	}
	os.Remove(temp)
	var at *fs.PathError
	if errors.As(err, &at) { // of a name that nobody gave
		return &fs.PathError{Op: at.Op, Path: path, Err: at.Err}
	}
	return err
}
