package losses

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
)

var lossType = reflect.TypeFor[Loss]()

// checkLoss returns what is wrong with a loss before any row is looked at: a nil pointer, a loss
// that contains itself, what its Validate returns, and a panic in it or in LinearInTarget or the
// end of its goroutine.
func checkLoss(l Loss) error {
	if _, ok := l.(CrossEntropy); ok {
		return nil
	}
	v := reflect.ValueOf(l)
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil():
		return argError(ErrLoss, fmt.Sprintf("%T", l), "nil", "is no loss", "a value")
	case containsItself(v, nil, nil):
		return argError(ErrLoss, fmt.Sprintf("%T", l), "the loss", "contains itself", "one made of others")
	}
	if _, ok := l.(Validator); ok {
		if err := guarded(l, "Validate", validate); err != nil {
			return err
		}
	}
	_, err := linearOf(l)
	return err
}

// linearOf is isLinear for a loss whose LinearInTarget may do anything.
func linearOf(l Loss) (linear bool, err error) {
	if _, ok := l.(LinearLoss); ok && foreign(l) {
		return guardedLinear(l)
	}
	return isLinear(l), nil
}

func guardedLinear(l Loss) (linear bool, err error) {
	err = guarded(l, "LinearInTarget", func(l Loss) error {
		linear = isLinear(l)
		return nil
	})
	return linear, err
}

// validate returns what l's Validate does, which it has.
func validate(l Loss) error { return l.(Validator).Validate() }

// guarded returns what f does, which calls a method of l, or the error of its panic or of the end
// of its goroutine.
func guarded(l Loss, method string, f func(Loss) error) error {
	if !foreign(l) {
		return recovered(l, method, f)
	}
	var err error = argError(ErrLoss, fmt.Sprintf("%T", l), method, "ended its goroutine", "")
	apart(func() { err = recovered(l, method, f) })
	return err
}

// recovered returns what f does, which calls a method of l, or the error of its panic.
func recovered(l Loss, method string, f func(Loss) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = argError(ErrLoss, fmt.Sprintf("%T", l), method, fmt.Sprintf("panicked: %v", cause), "")
		}
	}()
	return f(l)
}

// apart runs f on a goroutine of its own, which f may end, and waits for it.
func apart(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		deepen()
		f()
	}()
	<-done
}

// deepen makes the stack of its goroutine as deep as an evaluation wants it, at once and while
// there is nothing on it to move.
//
//go:noinline
func deepen() {
	var room [4 << 10]byte
	runtime.KeepAlive(&room)
}

// foreign reports whether l, or a term of it, is not of this package, so that its methods may do
// anything. A pointer counts as one.
func foreign(l Loss) bool {
	switch s := l.(type) {
	case CrossEntropy: // which is most often asked for
		return false
	case WeightedSum:
		return slices.ContainsFunc(s, func(t Term) bool { return t.Loss != nil && foreign(t.Loss) })
	}
	return reflect.TypeOf(l).PkgPath() != lossType.PkgPath()
}

// trail is the losses that lead to a value, each a pointer, a slice or a map.
type trail struct {
	from *trail
	at   uintptr
	of   reflect.Type
}

type place struct {
	at uintptr
	of reflect.Type
}

// containsItself reports whether v, or something in it, is a loss that can be reached from itself.
// seen are the places behind pointers, slices and maps in which there is none.
func containsItself(v reflect.Value, on *trail, seen map[place]bool) bool {
	switch v.Kind() {
	case reflect.Interface, reflect.Struct, reflect.Array:
		return anyIn(v, func(v reflect.Value) bool { return containsItself(v, on, seen) })
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if v.IsNil() || !mayHold(v.Type()) {
			return false
		}
		here := place{v.Pointer(), v.Type()}
		isLoss := v.Type().Implements(lossType)
		for t := on; isLoss && t != nil; t = t.from {
			if t.at == here.at && t.of == here.of {
				return true
			}
		}
		if isLoss {
			on = &trail{on, here.at, here.of}
		} else if seen[here] {
			return false
		} else {
			if seen == nil {
				seen = map[place]bool{}
			}
			seen[here] = true
		}
		return anyIn(v, func(v reflect.Value) bool { return containsItself(v, on, seen) })
	}
	return false
}

// anyIn reports whether f is true of a value that v holds or points to. The keys of a map are not
// among them.
func anyIn(v reflect.Value, f func(reflect.Value) bool) bool {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f(v.Field(i)) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		if !mayHold(v.Type()) {
			return false
		}
		for i := range v.Len() {
			if f(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if f(it.Value()) {
				return true
			}
		}
	case reflect.Interface, reflect.Pointer:
		return !v.IsNil() && f(v.Elem())
	}
	return false
}

// holders says of types whether a value can lead to a loss.
var holders sync.Map

// mayHold reports whether a value of type t can lead to a loss: through an interface that a loss
// has.
func mayHold(t reflect.Type) bool {
	if may, ok := holders.Load(t); ok {
		return may.(bool)
	}
	may := leadsToLoss(t, map[reflect.Type]bool{})
	holders.Store(t, may)
	return may
}

func leadsToLoss(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return t.NumMethod() == 0 || t.Implements(lossType)
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return leadsToLoss(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if leadsToLoss(t.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}
