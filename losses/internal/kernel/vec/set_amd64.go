//go:build !purego

package vec

import (
	"softloss/internal/isa"
	"softloss/losses/internal/kernel/spec"
)

//go:generate go -C _asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg vec -adapters ../units_amd64.go -constants ../constants_amd64.go

// unitOf returns the kernels for an element type.
func unitOf[T spec.Float]() (u unit[T]) {
	switch u := any(&u).(type) { // which takes less time than an assertion that the kernels are a unit[T]
	case *unit[float32]:
		if *u = (f32AVX2{}); inUse == isa.AVX512 {
			*u = f32AVX512{}
		}
	case *unit[float64]:
		if *u = (f64AVX2{}); inUse == isa.AVX512 {
			*u = f64AVX512{}
		}
	}
	return u
}

// doubles returns the kernels for float64.
func doubles() double {
	if inUse == isa.AVX512 {
		return f64AVX512{}
	}
	return f64AVX2{}
}

// doublesFor returns doubles for results that are rounded to an element type.
func doublesFor[T spec.Float]() double {
	switch {
	case spec.Size[T]() == 8:
		return doubles()
	case inUse == isa.AVX512:
		return shortAVX512{}
	}
	return shortAVX2{}
}

// wideOf returns the kernels that compute in float64 for an element type.
func wideOf[T spec.Float]() (v wide[T]) {
	switch v := any(&v).(type) { // as in unitOf
	case *wide[float32]:
		if *v = (wideAVX2{}); inUse == isa.AVX512 {
			*v = wideAVX512{}
		}
	case *wide[float64]:
		if *v = (f64AVX2{}); inUse == isa.AVX512 {
			*v = f64AVX512{}
		}
	}
	return v
}

// single512 reports whether elements of a type have the kernels that compute in float32 what others
// do in float64.
func single512[T spec.Float]() bool { return inUse == isa.AVX512 && spec.Size[T]() == 4 }
