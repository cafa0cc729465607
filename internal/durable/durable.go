// Package durable writes files that are there, whole, once its functions return, even if the
// process is killed or the machine stops right after.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Disk is what a file system is asked for: [OS], or a stand-in that a test watches.
type Disk interface {
	Create(path string) (File, error) // a new file; an error if there is one
	Rename(from, to string) error
	Remove(path string) error
	MakeFolder(path string) error // with its parents; no error if it is there
	List(folder string) ([]fs.DirEntry, error)
	OpenFolder(path string) (File, error) // to sync the names in it
}

// File is a file that is written, or a folder.
type File interface {
	Write(p []byte) (int, error)
	Sync() error
	Close() error
}

// A temporary file is named .NAME.RANDOM.tmp, beside what it becomes.
const tempEnd = ".tmp"

// WriteTemp writes a new file beside path, which is not touched, and returns its name once its
// bytes are on the disk. On an error, which is about path, no file is left.
func WriteTemp(d Disk, path string, content []byte) (temp string, err error) {
	temp = filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%016x%s", filepath.Base(path), rand.Uint64(), tempEnd))
	f, err := d.Create(temp)
	if err != nil {
		return "", about(path, err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		d.Remove(temp)
		return "", about(path, err)
	}
	return temp, nil
}

// about returns an error of a file with the name that its user knows.
func about(path string, err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return &fs.PathError{Op: at.Op, Path: path, Err: at.Err}
	}
	return err
}

// RemoveTemps removes the temporary files for path that a killed process left.
func RemoveTemps(d Disk, path string) error {
	folder, prefix := filepath.Dir(path), "."+filepath.Base(path)+"."
	entries, err := d.List(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), tempEnd) {
			if err := d.Remove(filepath.Join(folder, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// Replace puts a file written by [WriteTemp] at a path, and keeps what was there as previous,
// unless that is "". The new file lasts once it returns; on an error the temporary file is gone.
func Replace(d Disk, temp, path, previous string) error {
	if previous != "" {
		if err := d.Rename(path, previous); err != nil && !errors.Is(err, fs.ErrNotExist) {
			d.Remove(temp)
			return err
		}
	}
	if err := d.Rename(temp, path); err != nil {
		d.Remove(temp)
		return err
	}
	return syncFolder(d, filepath.Dir(path))
}

// Write replaces the file at path, if there is one: at every moment, a crash of the machine
// included, there is either the old file or the new one, whole.
func Write(d Disk, path string, content []byte) error {
	temp, err := WriteTemp(d, path, content)
	if err != nil {
		return err
	}
	return Replace(d, temp, path, "")
}

// WriteFile is Write for a user's own file on [OS], whose permissions stay. What is no regular
// file, such as a pipe or a link, is written to where it is.
func WriteFile(path string, content []byte) error {
	old, none := os.Lstat(path)
	if none == nil && !old.Mode().IsRegular() {
		return os.WriteFile(path, content, 0o666)
	}
	temp, err := WriteTemp(OS{}, path, content)
	if err != nil {
		return err
	}
	if none == nil {
		if err := os.Chmod(temp, old.Mode().Perm()); err != nil {
			os.Remove(temp)
			return about(path, err)
		}
	}
	return Replace(OS{}, temp, path, "")
}

// MakeFolder makes a folder, unless it is there, so that it lasts.
func MakeFolder(d Disk, path string) error {
	if _, err := d.List(path); err == nil {
		return nil
	}
	if err := d.MakeFolder(path); err != nil {
		return err
	}
	return syncFolder(d, filepath.Dir(filepath.Clean(path)))
}

// syncFolder makes the names in a folder last. Where a system cannot do that for folders, it does
// nothing.
func syncFolder(d Disk, path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := d.OpenFolder(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// OS is the disk of the operating system.
type OS struct{}

var _ Disk = OS{}

// Create implements [Disk].
func (OS) Create(path string) (File, error) {
	return file(os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666))
}

// Rename implements [Disk].
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements [Disk].
func (OS) Remove(path string) error { return os.Remove(path) }

// MakeFolder implements [Disk].
func (OS) MakeFolder(path string) error { return os.MkdirAll(path, 0o777) }

// List implements [Disk].
func (OS) List(folder string) ([]fs.DirEntry, error) { return os.ReadDir(folder) }

// OpenFolder implements [Disk].
func (OS) OpenFolder(path string) (File, error) { return file(os.Open(path)) }

// file returns f, nil on an error.
func file(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}
