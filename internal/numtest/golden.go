package numtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Golden decodes the file of that name in the module's testdata directory into
// the value that into points to. It fails the test when the file is missing, does
// not decode, or holds a field that into has no place for.
func Golden(t testing.TB, name string, into any) {
	t.Helper()
	dir, err := Testdata()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// Testdata returns the module's testdata directory, found from the working
// directory (a test's is its package's) by going up to go.mod.
func Testdata() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata"), nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("numtest: no go.mod above the working directory")
		}
		dir = up
	}
}

// Provenance is what every golden file says about itself. Embed it.
type Provenance struct {
	About  string `json:"about"`
	Script string `json:"script"`
	Torch  string `json:"torch"`
	Numpy  string `json:"numpy"`
}

// Float is a float64 whose JSON is a number or one of "NaN", "Infinity", "-Infinity".
type Float float64

// UnmarshalJSON implements json.Unmarshaler.
func (f *Float) UnmarshalJSON(data []byte) error {
	switch s := string(data); s {
	case `"NaN"`:
		*f = Float(math.NaN())
	case `"Infinity"`:
		*f = Float(math.Inf(1))
	case `"-Infinity"`:
		*f = Float(math.Inf(-1))
	default:
		if data[0] == '"' || s == "null" {
			return fmt.Errorf("numtest: %s is no number", s)
		}
		return json.Unmarshal(data, (*float64)(f))
	}
	return nil
}

// Vector is a JSON list of [Float].
type Vector []float64

// UnmarshalJSON implements json.Unmarshaler.
func (v *Vector) UnmarshalJSON(data []byte) error {
	var fs []Float
	if err := json.Unmarshal(data, &fs); err != nil {
		return err
	}
	*v = make(Vector, len(fs))
	for i, f := range fs {
		(*v)[i] = float64(f)
	}
	return nil
}

// Matrix is a JSON list of rows of equal length, kept row by row.
type Matrix struct {
	N, K int
	Data []float64
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Matrix) UnmarshalJSON(data []byte) error {
	var rows []Vector
	if err := json.Unmarshal(data, &rows); err != nil {
		return err
	}
	*m = Matrix{N: len(rows)}
	for i, r := range rows {
		if i == 0 {
			m.K = len(r)
		}
		if len(r) != m.K {
			return fmt.Errorf("numtest: row %d has %d elements, row 0 has %d", i, len(r), m.K)
		}
		m.Data = append(m.Data, r...)
	}
	return nil
}
