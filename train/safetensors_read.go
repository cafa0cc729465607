package train

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// stMaxDims is the most dimensions of a tensor that is read.
const stMaxDims = 8

// parseSafetensors reads a whole file in memory. The tensors, in the order of their data, are slices of file. It is strict: a
// header that is not exactly what the format says, tensors that overlap or leave a gap, and bytes behind the last one are errors
// of type *FileError. It allocates in proportion to the header.
func parseSafetensors(file []byte) (metadata map[string]string, tensors []stTensor, err error) {
	if err := checkStart(file, int64(len(file)), false); err != nil {
		return nil, nil, err
	}
	n := int(binary.LittleEndian.Uint64(file))
	header, data := bytes.TrimRight(file[8:8+n], " "), file[8+n:]
	switch {
	case !utf8.Valid(header):
		return nil, nil, damaged("header: got bytes that are not UTF-8")
	case len(header) == 0 || header[0] != '{' || !json.Valid(header):
		return nil, nil, damaged("header: got %s, want a JSON object", excerpt(header))
	}
	h := headerReader{dec: json.NewDecoder(bytes.NewReader(header))}
	h.dec.UseNumber()
	spans := h.header()
	if h.err != nil {
		return nil, nil, h.err
	}
	slices.SortStableFunc(spans, func(a, b stSpan) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	at := 0
	for _, s := range spans {
		if err := s.check(at, len(data)); err != nil {
			return nil, nil, err
		}
		s.data = data[s.begin:s.end:s.end]
		tensors, at = append(tensors, s.stTensor), s.end
	}
	if at != len(data) {
		return nil, nil, damaged("got %d bytes behind the last tensor, want the end of the file", len(data)-at)
	}
	return h.metadata, tensors, nil
}

// stSpan is a tensor and where its data lie.
type stSpan struct {
	stTensor
	begin, end int
}

// check wants the span to begin at a place, within so many bytes, with the size of its shape.
func (s stSpan) check(at, size int) error {
	switch {
	case s.begin > s.end || s.end > size:
		return damaged("tensor %s: got data_offsets [%d, %d], want a range within the %d bytes of data", excerpt(s.name), s.begin, s.end, size)
	case s.begin < at:
		return damaged("tensor %s: begins at %d, within the tensor before it, which ends at %d", excerpt(s.name), s.begin, at)
	case s.begin > at:
		return damaged("tensor %s: begins at %d, want %d: a gap behind the tensor before it", excerpt(s.name), s.begin, at)
	}
	width, ok := stSizes[s.dtype]
	if !ok {
		return damaged("tensor %s: got dtype %s, want F32, F64 or I64", excerpt(s.name), excerpt(s.dtype))
	}
	want, fits := width, true
	for _, d := range s.shape {
		if d == 0 {
			want, fits = 0, true
			break
		}
		if fits = fits && d <= size/want; fits {
			want *= d
		}
	}
	if !fits || want != s.end-s.begin {
		return damaged("tensor %s: got %d bytes of data, which are not those of shape %v of %s", excerpt(s.name), s.end-s.begin, s.shape, s.dtype)
	}
	return nil
}

// headerReader reads the tokens of a header that is valid JSON. After an error, err is set and the rest means nothing.
type headerReader struct {
	dec      *json.Decoder
	metadata map[string]string
	err      error
}

// fail sets the error unless there is one.
func (h *headerReader) fail(format string, args ...any) {
	if h.err == nil {
		h.err = damaged("header: "+format, args...)
	}
}

// token returns the next token.
func (h *headerReader) token() json.Token {
	t, err := h.dec.Token()
	if err != nil {
		h.fail("%v", err)
	}
	return t
}

// delim wants a delimiter.
func (h *headerReader) delim(where string, want json.Delim) {
	if t := h.token(); t != want {
		h.fail("%s: got %s, want %v", where, excerpt(t), want)
	}
}

// text wants a string.
func (h *headerReader) text(where string) string {
	t := h.token()
	s, ok := t.(string)
	if !ok {
		h.fail("%s: got %s, want a string", where, excerpt(t))
	}
	return s
}

// object reads an object and calls member for each of its keys, which differ.
func (h *headerReader) object(where string, member func(key string)) {
	h.delim(where, '{')
	seen := make(map[string]bool)
	for h.err == nil && h.dec.More() {
		key := h.text(where)
		if seen[key] {
			h.fail("%s: got the key %s twice", where, excerpt(key))
		}
		seen[key] = true
		member(key)
	}
	h.delim(where, '}')
}

// numbers reads a list of at most so many whole numbers >= 0.
func (h *headerReader) numbers(where string, most int) []int {
	list := []int{}
	h.delim(where, '[')
	for h.err == nil && h.dec.More() {
		t := h.token()
		s, _ := t.(json.Number)
		n, err := strconv.Atoi(string(s))
		if err != nil || n < 0 || s == "-0" || len(list) == most {
			h.fail("%s: got %s, want at most %d whole numbers >= 0", where, excerpt(t), most)
		}
		list = append(list, n)
	}
	h.delim(where, ']')
	return list
}

// header reads the whole header.
func (h *headerReader) header() (spans []stSpan) {
	h.object("top", func(name string) {
		if name == stMetadata {
			h.metadata = make(map[string]string)
			h.object(name, func(key string) { h.metadata[key] = h.text(name) })
			return
		}
		spans = append(spans, h.tensor(name))
	})
	return spans
}

// tensor reads a tensor's entry, its three members in any order.
func (h *headerReader) tensor(name string) (s stSpan) {
	where := "tensor " + excerpt(name)
	s.name = name
	members := 0
	h.object(where, func(key string) {
		members++
		switch key {
		case "dtype":
			s.dtype = h.text(where + ": dtype")
		case "shape":
			s.shape = h.numbers(where+": shape", stMaxDims)
		case "data_offsets":
			if o := h.numbers(where+": data_offsets", 2); len(o) == 2 {
				s.begin, s.end = o[0], o[1]
			} else {
				h.fail("%s: data_offsets: got %d numbers, want 2", where, len(o))
			}
		default:
			h.fail("%s: got the key %s, want dtype, shape and data_offsets", where, excerpt(key))
		}
	})
	if members != 3 {
		h.fail("%s: got %d keys, want dtype, shape and data_offsets", where, members)
	}
	return s
}

// excerpt returns a value for an error's text: quoted, short, on one line.
func excerpt(v any) string {
	const most = 40
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case []byte:
		s = string(v[:min(len(v), 2*most)])
	default:
		return fmt.Sprint(v)
	}
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}
