package losses_test

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/cpu"
)

// TestOtherInstructionSets runs the short tests again, in a process of its own for each set of
// instructions that the machine has beyond those that the kernels choose by themselves.
func TestOtherInstructionSets(t *testing.T) {
	if testing.Short() {
		t.Skip("short: one set of instructions")
	}
	for off, has := range map[string]bool{
		"avx512f=off":                          cpu.X86.HasAVX512F,
		"avx512f=off,cpu.avx2=off,cpu.fma=off": cpu.X86.HasAVX2,
	} {
		t.Run(off, func(t *testing.T) {
			if !has {
				t.Skip("the machine has no such instructions")
			}
			run := exec.Command(os.Args[0], "-test.short", "-test.count=1")
			run.Env = append(os.Environ(), "GODEBUG=cpu."+off)
			if out, err := run.CombinedOutput(); err != nil {
				t.Errorf("with GODEBUG=cpu.%s: %v\n%s", off, err, out[max(0, len(out)-4000):])
			}
		})
	}
}
