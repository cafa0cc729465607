package losses_test

import (
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/cpu"
)

// TestOtherInstructionSets runs the tests of values again, in a process of its own for each set of
// instructions that the machine has beyond those that the kernels choose by themselves.
func TestOtherInstructionSets(t *testing.T) {
	const child = "LOSSES_TEST_CHILD"
	if runtime.GOARCH != "amd64" || os.Getenv(child) != "" || testing.Short() {
		t.Skip("one set of instructions, or already the second process")
	}
	sets := map[string]bool{
		"avx512f=off":                          cpu.X86.HasAVX512F,
		"avx512f=off,cpu.avx2=off,cpu.fma=off": cpu.X86.HasAVX2,
	}
	for off, has := range sets {
		t.Run(off, func(t *testing.T) {
			if !has {
				t.Skip("the machine has no such instructions")
			}
			run := exec.Command(os.Args[0], "-test.count=1",
				"-test.run=^Test(Golden|FamilyTorch|FamilySpecial|FamilyOneClass|FamilySaturated|Poison|Huge|MinusInfinity|ExcludedClass|Zero|NaNOnZero|OneClass|Tiny|Float32|SumsIn|AgainstExact|Random|TargetForms|Kernels|ErrorOfTheLowest|Removed)")
			run.Env = append(os.Environ(), child+"=1", "GODEBUG=cpu."+off)
			if out, err := run.CombinedOutput(); err != nil {
				t.Errorf("with GODEBUG=cpu.%s: %v\n%s", off, err, tail(out, 4000))
			}
		})
	}
}

// tail returns the last n bytes of b.
func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }
