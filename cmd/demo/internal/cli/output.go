package cli

import (
	"os"
	"path/filepath"
)

// CheckOutputs finds out before the training whether there is a place for the files.
func CheckOutputs(out string, needsOut bool, jsonFile string) error {
	if needsOut {
		if err := os.MkdirAll(out, 0o777); err != nil {
			return Usagef("-out %s: %s; want a folder, or a name for a new one", out, Cause(err))
		}
	}
	if jsonFile == "" || jsonFile == "-" {
		return nil
	}
	if info, err := os.Stat(jsonFile); err == nil && info.IsDir() {
		return Usagef("-json %s: is a folder, want a file", jsonFile)
	}
	if info, err := os.Stat(filepath.Dir(jsonFile)); err != nil {
		return Usagef("-json %s: %s; want a file in a folder that exists", jsonFile, Cause(err))
	} else if !info.IsDir() {
		return Usagef("-json %s: its parent is no folder", jsonFile)
	}
	return nil
}
