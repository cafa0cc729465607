package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCommandLine(t *testing.T) {
	c := Console{Program: "demo"}
	args := []string{"-loss", "10*nce+mae", "--checkpoint", "a b", "-resume", "-hidden=8", "-checkpoint=x", "it's", ""}
	assert.Equal(t, `demo train -loss '10*nce+mae' -hidden=8 'it'\''s' ''`,
		c.Command("train", args, "checkpoint", "resume"))
	assert.Equal(t, "go run softloss/cmd/demo", ProgramName("/tmp/go-build123/b001/exe/demo"))
	assert.Equal(t, "./demo", ProgramName("./demo"))
}
