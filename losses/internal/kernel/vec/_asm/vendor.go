package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// amd emits a look at the first letters of the processor's vendor.
func amd() {
	TEXT("amd", attr.NOSPLIT, "func() bool")
	Doc("amd reports whether AMD has made the processor.")
	XORL(reg.EAX, reg.EAX)
	CPUID()
	CMPL(reg.EBX, U32(0x68747541)) // Auth
	is := GP8()
	SETEQ(is)
	Store(is, ReturnIndex(0))
	RET()
}
