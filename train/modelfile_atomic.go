package train

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// A temporary file is named .NAME.RANDOM.tmp, beside what it becomes.
const tempEnd = ".tmp"

// writeTemp writes a new file beside path, which is not touched, and returns its name once its bytes are on the disk. On an
// error no file is left.
func writeTemp(path string, content []byte) (temp string, err error) {
	temp = filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%016x%s", filepath.Base(path), rand.Uint64(), tempEnd))
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", fmt.Errorf("train: %w", err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(temp)
		return "", fmt.Errorf("train: %w", err)
	}
	return temp, nil
}

// writeAtomic replaces the file at path, if there is one: at every moment, a crash of the machine included, there is
// either the old file or the new one, whole.
func writeAtomic(path string, content []byte) error {
	temp, err := writeTemp(path, content)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return fmt.Errorf("train: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes renames in a folder last. Where a system cannot do that for folders, it does nothing.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	err = d.Sync()
	d.Close()
	if err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}
