package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"

	"softloss/internal/phrase"
)

// maxDims is the most dimensions of a tensor that is read.
const maxDims = 8

// Parse reads a whole file in memory. The tensors, in the order of their data, are slices of file.
// It is strict: a header that is not exactly what the format says, tensors that overlap or leave a
// gap, and bytes behind the last one are errors of type *Error. It allocates in proportion to the
// header.
func Parse(file []byte) (metadata map[string]string, tensors []Tensor, err error) {
	if err := checkStart(file, int64(len(file)), false); err != nil {
		return nil, nil, err
	}
	n := int(binary.LittleEndian.Uint64(file))
	metadata, spans, err := parseHeader(file[8:8+n], int64(len(file)-8-n))
	for _, s := range spans {
		s.Data = file[8+n:][s.begin:s.end:s.end]
		tensors = append(tensors, s.Tensor)
	}
	return metadata, tensors, err
}

// parseHeader reads the header of a file with that many bytes of data. The spans are in the order
// of their data; nil with an error.
func parseHeader(header []byte, size int64) (metadata map[string]string, spans []span, err error) {
	header = bytes.TrimRight(header, " ")
	switch {
	case !utf8.Valid(header):
		return nil, nil, fail("header: got bytes that are not UTF-8")
	case len(header) == 0 || header[0] != '{' || !json.Valid(header):
		return nil, nil, fail("header: got %s, want a JSON object", phrase.Quote(string(header[:min(len(header), 200)])))
	}
	h := headerReader{dec: json.NewDecoder(bytes.NewReader(header))}
	h.dec.UseNumber()
	spans = h.header()
	if h.err != nil {
		return nil, nil, h.err
	}
	slices.SortStableFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	at := int64(0)
	for _, s := range spans {
		if err := s.check(at, size); err != nil {
			return nil, nil, err
		}
		at = s.end
	}
	if at != size {
		return nil, nil, fail("got %s behind the last tensor, want the end of the file", phrase.Plural(int(size-at), "byte"))
	}
	return h.metadata, spans, nil
}

// span is a tensor and where its data lie.
type span struct {
	Tensor
	begin, end int64
}

// check wants the span to begin at a place, within that many bytes, with the size of its shape.
func (s span) check(at, size int64) error {
	switch {
	case s.begin > s.end || s.end > size:
		return fail("tensor %s: got data_offsets [%d, %d], want a range within the %d bytes of data", phrase.Value(s.Name),
			s.begin, s.end, size)
	case s.begin < at:
		return fail("tensor %s: begins at %d, within the tensor before it, which ends at %d",
			phrase.Value(s.Name), s.begin, at)
	case s.begin > at:
		return fail("tensor %s: begins at %d, want %d: a gap behind the tensor before it", phrase.Value(s.Name), s.begin, at)
	}
	width, ok := widths[s.Dtype]
	if !ok {
		return fail("tensor %s: got dtype %s, want F32, F64 or I64", phrase.Value(s.Name), phrase.Value(s.Dtype))
	}
	want, fits := int64(width), true
	for _, d := range s.Shape {
		if d == 0 {
			want, fits = 0, true
			break
		}
		if fits = fits && d <= size/want; fits {
			want *= d
		}
	}
	if !fits || want != s.end-s.begin {
		return fail("tensor %s: got %s of data, not those of shape %v of %s", phrase.Value(s.Name),
			phrase.Plural(int(s.end-s.begin), "byte"), s.Shape, s.Dtype)
	}
	return nil
}

// headerReader reads the tokens of a header that is valid JSON. After an error, err is set and
// what is read means nothing.
type headerReader struct {
	dec      *json.Decoder
	metadata map[string]string
	err      error
}

// fail sets the error unless there is one.
func (h *headerReader) fail(format string, args ...any) {
	if h.err == nil {
		h.err = fail("header: "+format, args...)
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
		h.fail("%s: got %s, want %v", where, phrase.Value(t), want)
	}
}

// text wants a string.
func (h *headerReader) text(where string) string {
	t := h.token()
	s, ok := t.(string)
	if !ok {
		h.fail("%s: got %s, want a string", where, phrase.Value(t))
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
			h.fail("%s: got the key %s twice", where, phrase.Value(key))
		}
		seen[key] = true
		member(key)
	}
	h.delim(where, '}')
}

// numbers reads a list of at most that many whole numbers >= 0.
func (h *headerReader) numbers(where string, most int) []int64 {
	list := []int64{}
	h.delim(where, '[')
	for h.err == nil && h.dec.More() {
		t := h.token()
		s, _ := t.(json.Number)
		n, err := strconv.ParseInt(string(s), 10, 64)
		if err != nil || n < 0 || s == "-0" || len(list) == most {
			h.fail("%s: got %s, want at most %d whole numbers >= 0", where, phrase.Value(t), most)
		}
		list = append(list, n)
	}
	h.delim(where, ']')
	return list
}

// header reads the whole header.
func (h *headerReader) header() (spans []span) {
	h.object("top", func(name string) {
		if name == metadataKey {
			h.metadata = make(map[string]string)
			h.object(name, func(key string) { h.metadata[key] = h.text(name) })
			return
		}
		spans = append(spans, h.tensor(name))
	})
	return spans
}

// tensor reads a tensor's entry, its three members in any order.
func (h *headerReader) tensor(name string) (s span) {
	where := "tensor " + phrase.Value(name)
	s.Name = name
	members := 0
	h.object(where, func(key string) {
		members++
		switch key {
		case "dtype":
			s.Dtype = h.text(where + ": dtype")
		case "shape":
			s.Shape = h.numbers(where+": shape", maxDims)
		case "data_offsets":
			if o := h.numbers(where+": data_offsets", 2); len(o) == 2 {
				s.begin, s.end = o[0], o[1]
			} else {
				h.fail("%s: data_offsets: got %s, want 2", where, phrase.Plural(len(o), "number"))
			}
		default:
			h.fail("%s: got the key %s, want dtype, shape and data_offsets", where, phrase.Value(key))
		}
	})
	if members != 3 {
		h.fail("%s: got %s, want dtype, shape and data_offsets", where, phrase.Plural(members, "key"))
	}
	return s
}
