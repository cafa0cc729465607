package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// processor emits a look at the first letters of the processor's vendor, and at its family.
func processor() {
	TEXT("processor", attr.NOSPLIT, "func() (amd bool, family uint32)")
	Doc("processor reports whether AMD has made the processor, and its family.")
	XORL(reg.EAX, reg.EAX)
	CPUID()
	CMPL(reg.EBX, U32(0x68747541)) // Auth
	is := GP8()
	SETEQ(is)
	Store(is, ReturnIndex(0))
	MOVL(U32(1), reg.EAX)
	XORL(reg.ECX, reg.ECX)
	CPUID()
	family, more := GP32(), GP32()
	MOVL(reg.EAX, family)
	SHRL(Imm(8), family)
	ANDL(Imm(0xf), family)
	MOVL(reg.EAX, more)
	SHRL(Imm(20), more)
	ANDL(U32(0xff), more)
	ADDL(more, family)
	Store(family, ReturnIndex(1))
	RET()
}
