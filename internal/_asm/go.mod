module softloss/internal/_asm

go 1.26.0

require golang.org/x/arch v0.20.0
