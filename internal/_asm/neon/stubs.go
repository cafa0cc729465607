package neon

import (
	"fmt"
	"regexp"
	"strings"
)

// stub is a kernel as Go sees it. T in its signature is the element type.
type stub struct {
	name, doc, params, results string
	types                      []elementType
}

type elementType struct {
	suffix, name string
	f64          bool
}

func (e elementType) size() int {
	if e.f64 {
		return 8
	}
	return 4
}

var elementTypes = []elementType{{suffix: "F32", name: "float32"}, {suffix: "F64", name: "float64", f64: true}}

// Kernel starts a function without a frame, for both element types one after another: emit writes
// its body. T in the lists of parameters and results is the element type.
func (a *Asm) Kernel(name, params, results, doc string, emit func()) {
	a.kernel(stub{name: name, doc: doc, params: params, results: results, types: elementTypes}, emit)
}

// Kernel32 is Kernel for float32 alone.
func (a *Asm) Kernel32(name, params, results, doc string, emit func()) {
	a.kernel(stub{name: name, doc: doc, params: params, results: results, types: elementTypes[:1]}, emit)
}

// Kernel64 is Kernel for float64 alone.
func (a *Asm) Kernel64(name, params, results, doc string, emit func()) {
	a.kernel(stub{name: name, doc: doc, params: params, results: results, types: elementTypes[1:]}, emit)
}

func (a *Asm) kernel(s stub, emit func()) {
	a.stubs = append(a.stubs, s)
	for _, t := range s.types {
		a.name, a.F64, a.free, a.numbers.at = s.name+t.suffix, t.f64, 0xffffffff, false
		size := a.layout(s.params, s.results, a.Size())
		fmt.Fprintf(a, "\n// func %s\n", signature(a.name, s.params, s.results, t.name))
		fmt.Fprintf(a, "TEXT ·%s(SB), NOSPLIT, $0-%d\n", a.name, size)
		emit()
		a.F("RET")
	}
}

func signature(name, params, results, element string) string {
	s := fmt.Sprintf("%s(%s)", name, params)
	if results != "" {
		s += " (" + results + ")"
	}
	return inElement(s, element)
}

var elementT = regexp.MustCompile(`\bT\b`)

// inElement replaces T.
func inElement(text, element string) string { return elementT.ReplaceAllString(text, element) }

// layout finds where arguments and results stand in the frame, and returns its size.
func (a *Asm) layout(params, results string, size int) (total int) {
	a.frame = map[string]int{}
	place := func(list string) {
		for _, p := range parse(list) {
			n := 8
			switch p.kind {
			case "T":
				n = size
			case "uint32":
				n = 4
			case "bool":
				n = 1
			}
			total = (total + n - 1) / n * n
			a.frame[p.name], total = total, total+n
		}
	}
	place(params)
	if results != "" {
		total = (total + 7) / 8 * 8
		place(results)
	}
	return total
}

type param struct{ name, kind string }

// parse reads a list like "e, z *T, n int".
func parse(list string) (ps []param) {
	if list == "" {
		return nil
	}
	pending := 0
	for _, part := range strings.Split(list, ",") {
		words := strings.Fields(part)
		ps = append(ps, param{name: words[0]})
		pending++
		if len(words) == 2 {
			for i := len(ps) - pending; i < len(ps); i++ {
				ps[i].kind = words[1]
			}
			pending = 0
		}
	}
	return ps
}

// goFile is the file of the stubs: the declarations, and for each kernel a function over element
// types, which the compiler resolves.
func (a *Asm) goFile(spec, preamble string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%spackage vec\n\nimport (\n\t\"unsafe\"\n\n\t%q\n)\n%s", header, spec, preamble)
	for _, s := range a.stubs {
		doc := "// " + strings.ReplaceAll(s.doc, "\n", "\n// ")
		returns := ""
		if s.results != "" {
			returns = "return "
		}
		generic := signature(s.name+"[T spec.Float]", s.params, s.results, "T")
		first := s.types[0]
		fmt.Fprintf(&b, "\n%s\nfunc %s {\n\tif unsafe.Sizeof(T(0)) == %d {\n", doc, generic, first.size())
		fmt.Fprintf(&b, "\t\t%s%s\n", returns, s.call(first.suffix, first.name))
		if returns == "" {
			b.WriteString("\t\treturn\n")
		}
		if len(s.types) == 1 {
			fmt.Fprintf(&b, "\t}\n\tpanic(%q)\n}\n", s.name+" is of "+first.name+" alone")
		} else {
			fmt.Fprintf(&b, "\t}\n\t%s%s\n}\n", returns, s.call("F64", "float64"))
		}
		for _, t := range s.types {
			fmt.Fprintf(&b, "\n//go:noescape\nfunc %s\n", signature(s.name+t.suffix, s.params, s.results, t.name))
		}
	}
	return b.String()
}

// call is the call of the kernel for one element type from the function over both.
func (s stub) call(suffix, element string) string {
	var args []string
	for _, p := range parse(s.params) {
		switch p.kind {
		case "T":
			args = append(args, element+"("+p.name+")")
		case "*T":
			args = append(args, "(*"+element+")(unsafe.Pointer("+p.name+"))")
		default:
			args = append(args, p.name)
		}
	}
	call := s.name + suffix + "(" + strings.Join(args, ", ") + ")"
	if s.results == "m T" { // the only result of the element type
		return "T(" + call + ")"
	}
	return call
}
