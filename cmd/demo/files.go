package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// checkOutputs finds out before the training whether there is a place for the files.
func checkOutputs(out string, needsOut bool, jsonFile string) error {
	if needsOut {
		if err := os.MkdirAll(out, 0o777); err != nil {
			return usagef("-out %s: %s; want a folder, or a name for a new one", out, cause(err))
		}
	}
	if jsonFile == "" || jsonFile == "-" {
		return nil
	}
	if info, err := os.Stat(jsonFile); err == nil && info.IsDir() {
		return usagef("-json %s: is a folder, want a file", jsonFile)
	}
	if info, err := os.Stat(filepath.Dir(jsonFile)); err != nil {
		return usagef("-json %s: %s; want a file in a folder that exists", jsonFile, cause(err))
	} else if !info.IsDir() {
		return usagef("-json %s: its parent is no folder", jsonFile)
	}
	return nil
}

// printFiles lists what was written.
func printFiles(w io.Writer, files []string) {
	for i, f := range files {
		head := "wrote"
		if i > 0 {
			head = ""
		}
		fmt.Fprintf(w, "%-5s %s\n", head, f)
	}
}

// readJSON reads a file into a value and returns it, nil when there is no file.
func readJSON[T any](path string, into *T) (*T, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil {
		return nil, usagef("%s: %s", path, cause(err))
	}
	return into, nil
}
