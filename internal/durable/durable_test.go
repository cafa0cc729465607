package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// watched is a disk that writes down what it is asked for, and refuses one thing.
type watched struct {
	OS
	log    []string
	refuse string // the first word of what is refused
}

var errRefused = errors.New("refused")

func (w *watched) note(what, path string) error {
	name := filepath.Base(path)
	if strings.HasSuffix(name, tempEnd) {
		name = "temp"
	}
	w.log = append(w.log, what+" "+name)
	if what == w.refuse {
		return errRefused
	}
	return nil
}

func (w *watched) Create(path string) (File, error) {
	if err := w.note("create", path); err != nil {
		return nil, err
	}
	f, err := w.OS.Create(path)
	return &watchedFile{w, path, f}, err
}

func (w *watched) Rename(from, to string) error {
	if err := w.note("rename", to); err != nil {
		return err
	}
	return w.OS.Rename(from, to)
}

func (w *watched) Remove(path string) error {
	if err := w.note("remove", path); err != nil {
		return err
	}
	return w.OS.Remove(path)
}

func (w *watched) MakeFolder(path string) error {
	if err := w.note("make", path); err != nil {
		return err
	}
	return w.OS.MakeFolder(path)
}

func (w *watched) List(folder string) ([]fs.DirEntry, error) {
	if w.refuse == "list" {
		return nil, errRefused
	}
	return w.OS.List(folder)
}

func (w *watched) OpenFolder(path string) (File, error) { return watchedFolder{w: w, path: path}, nil }

// watchedFolder is a folder that is only synced.
type watchedFolder struct {
	File
	w    *watched
	path string
}

func (f watchedFolder) Sync() error  { return f.w.note("syncfolder", f.path) }
func (f watchedFolder) Close() error { return nil }

type watchedFile struct {
	w    *watched
	path string
	f    File
}

func (f *watchedFile) Write(p []byte) (int, error) {
	if err := f.w.note("write", f.path); err != nil {
		return 0, err
	}
	return f.f.Write(p)
}

func (f *watchedFile) Sync() error {
	if err := f.w.note("sync", f.path); err != nil {
		return err
	}
	return f.f.Sync()
}

func (f *watchedFile) Close() error {
	if err := f.w.note("close", f.path); err != nil {
		f.f.Close()
		return err
	}
	return f.f.Close()
}

// The bytes are on the disk before the name points to them, and the name is before Write returns.
func TestWriteOrder(t *testing.T) {
	dir := t.TempDir()
	w := &watched{}
	require.NoError(t, Write(w, filepath.Join(dir, "file"), []byte("new")))
	require.Equal(t, []string{"create temp", "write temp", "sync temp", "close temp", "rename file",
		"syncfolder " + filepath.Base(dir)}, w.log)
	got, err := os.ReadFile(filepath.Join(dir, "file"))
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
}

// Whatever fails is reported, and what was there stays.
func TestWriteFails(t *testing.T) {
	for _, refuse := range []string{"create", "write", "sync", "close", "rename"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
		require.ErrorIs(t, Write(&watched{refuse: refuse}, path, []byte("new")), errRefused, refuse)
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "old", string(got), refuse)
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, left, 1, refuse)
	}
	require.ErrorIs(t, Write(&watched{refuse: "syncfolder"}, filepath.Join(t.TempDir(), "file"), nil), errRefused)
}

func TestReplaceKeepsThePrevious(t *testing.T) {
	dir := t.TempDir()
	path, previous := filepath.Join(dir, "file"), filepath.Join(dir, "previous")
	for i, content := range []string{"1", "2", "3"} {
		w := &watched{}
		temp, err := WriteTemp(w, path, []byte(content))
		require.NoError(t, err)
		require.NoError(t, Replace(w, temp, path, previous))
		require.Equal(t, []string{"rename previous", "rename file", "syncfolder " + filepath.Base(dir)}, w.log[4:])
		if i > 0 {
			got, err := os.ReadFile(previous)
			require.NoError(t, err)
			require.Equal(t, []string{"1", "2", "3"}[i-1], string(got))
		}
	}
	temp, err := WriteTemp(OS{}, path, nil)
	require.NoError(t, err)
	require.ErrorIs(t, Replace(&watched{refuse: "rename"}, temp, path, previous), errRefused)
	require.NoFileExists(t, temp)
}

func TestRemoveTemps(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	_, err := WriteTemp(OS{}, path, nil)
	require.NoError(t, err)
	_, err = WriteTemp(OS{}, filepath.Join(dir, "other"), nil)
	require.NoError(t, err)
	require.ErrorIs(t, RemoveTemps(&watched{refuse: "remove"}, path), errRefused)
	require.ErrorIs(t, RemoveTemps(&watched{refuse: "list"}, path), errRefused)
	require.NoError(t, RemoveTemps(OS{}, path))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.True(t, strings.HasPrefix(left[0].Name(), ".other."))
}

// A folder that is made lasts: its name is synced, too.
func TestMakeFolder(t *testing.T) {
	dir := t.TempDir()
	w := &watched{}
	require.NoError(t, MakeFolder(w, filepath.Join(dir, "new")))
	require.Equal(t, []string{"make new", "syncfolder " + filepath.Base(dir)}, w.log)
	w.log = nil
	require.NoError(t, MakeFolder(w, filepath.Join(dir, "new")))
	require.Empty(t, w.log, "it is there")
	for _, refuse := range []string{"make", "syncfolder"} {
		require.ErrorIs(t, MakeFolder(&watched{refuse: refuse}, filepath.Join(dir, refuse)), errRefused)
	}
	require.Error(t, syncFolder(OS{}, filepath.Join(dir, "none")))
}

// An error names the file that was asked for, not the one beside it.
func TestWriteErrorNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "a")
	err := Write(OS{}, path, nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, path+": ")
}
