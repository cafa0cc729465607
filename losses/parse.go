package losses

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// named are the losses that text can name, with the parameters they have when the text gives none.
var named = []struct {
	name string
	loss Loss
}{
	{"ce", CrossEntropy{}},
	{"mae", MAE{}},
	{"gce", GCE{Q: 0.7}},
	{"focal", Focal{Gamma: 2}},
	{"poly1", Poly1{Epsilon: 1}},
	{"nce", NCE{}},
	{"rce", ReverseCrossEntropy{A: -4}},
	{"sce", SymmetricCrossEntropy{Alpha: 0.1, Beta: 1, A: -6}},
	{"kl", KL{}},
	{"confidence", ConfidencePenalty{Beta: 0.1}},
	{"bitempered", BiTempered{T1: 0.8, T2: 1.2}},
}

// exponent finds the plus sign of a number such as 1e+6, which joins no terms.
var exponent = regexp.MustCompile(`([0-9.])[eE]\+`)

// formatNumber formats a number without a plus sign.
func formatNumber(x float64) string {
	return strings.ReplaceAll(strconv.FormatFloat(x, 'g', -1, 64), "e+", "e")
}

// LossNames returns what [ParseLoss] reads: every name, with its parameters and the values they have by default, such as gce:q=0.7.
func LossNames() (names []string) {
	for _, n := range named {
		text, _ := FormatLoss(n.loss)
		names = append(names, text)
	}
	return names
}

// ParseLoss returns the loss that a text names:
//
//	loss  = term { "+" term }
//	term  = [ weight "*" ] name [ ":" parameter "=" number { "," parameter "=" number } ]
//
// such as ce, gce:q=0.5 or 10*nce+1*mae. A sum is a [WeightedSum]. Parameters that are not given have the values that
// [LossNames] shows. Errors: [ErrParam] that says what was read and what can be.
func ParseLoss(text string) (Loss, error) {
	var sum WeightedSum
	text = exponent.ReplaceAllString(text, "${1}e")
	for _, part := range strings.Split(text, "+") {
		weight, name := 1.0, strings.TrimSpace(part)
		if w, rest, ok := strings.Cut(name, "*"); ok {
			x, err := strconv.ParseFloat(strings.TrimSpace(w), 64)
			if err != nil {
				return nil, argError(ErrParam, "loss", strconv.Quote(w), "is no weight", "a number")
			}
			weight, name = x, strings.TrimSpace(rest)
		} else if !strings.Contains(text, "+") {
			return parseTerm(name)
		}
		l, err := parseTerm(name)
		if err != nil {
			return nil, err
		}
		sum = append(sum, Term{weight, l})
	}
	if err := sum.Validate(); err != nil {
		return nil, err
	}
	return sum, nil
}

func parseTerm(text string) (Loss, error) {
	name, params, _ := strings.Cut(text, ":")
	i := slices.IndexFunc(named, func(n struct {
		name string
		loss Loss
	}) bool {
		return n.name == strings.TrimSpace(name)
	})
	if i < 0 {
		return nil, argError(ErrParam, "loss", strconv.Quote(name), "is unknown", "one of "+strings.Join(LossNames(), ", "))
	}
	v := reflect.New(reflect.TypeOf(named[i].loss)).Elem()
	v.Set(reflect.ValueOf(named[i].loss))
	for _, p := range strings.Split(params, ",") {
		if strings.TrimSpace(p) == "" {
			continue
		}
		key, value, _ := strings.Cut(p, "=")
		field := v.FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, strings.TrimSpace(key)) })
		if !field.IsValid() {
			want, _ := FormatLoss(named[i].loss)
			return nil, argError(ErrParam, "loss "+name, strconv.Quote(key), "is no parameter", want)
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return nil, argError(ErrParam, "loss "+name, fmt.Sprintf("%s=%q", key, value), "is no number", "such as "+strings.ToLower(key)+"=0.5")
		}
		field.SetFloat(x)
	}
	l := v.Interface().(Loss)
	if val, ok := l.(Validator); ok {
		if err := val.Validate(); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// FormatLoss returns the text that [ParseLoss] reads back as l; ok is false for a loss that has none, such as one of your own.
// A nil loss is ce.
func FormatLoss(l Loss) (text string, ok bool) {
	if l == nil {
		l = CrossEntropy{}
	}
	if sum, isSum := l.(WeightedSum); isSum {
		var terms []string
		for _, t := range sum {
			s, ok := FormatLoss(t.Loss)
			if _, nested := t.Loss.(WeightedSum); !ok || nested {
				return "", false
			}
			terms = append(terms, formatNumber(t.Weight)+"*"+s)
		}
		return strings.Join(terms, "+"), len(terms) > 0
	}
	for _, n := range named {
		if reflect.TypeOf(n.loss) != reflect.TypeOf(l) {
			continue
		}
		v := reflect.ValueOf(l)
		var params []string
		for i := range v.NumField() {
			params = append(params, strings.ToLower(v.Type().Field(i).Name)+"="+formatNumber(v.Field(i).Float()))
		}
		if len(params) == 0 {
			return n.name, true
		}
		return n.name + ":" + strings.Join(params, ","), true
	}
	return "", false
}
