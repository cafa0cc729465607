package record

import (
	"runtime"
	"runtime/debug"
	"time"
)

// Made says how and when a run was made.
type Made struct {
	Command string    `json:"command"`
	Version string    `json:"version"` // of this program, and of Go
	Date    time.Time `json:"date"`
}

// MadeNow is a run that this program makes now.
func MadeNow(command string) *Made {
	version := "unknown version"
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				version = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return &Made{Command: command, Version: version + ", " + runtime.Version(), Date: time.Now().Truncate(time.Second)}
}
