package plan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// fill gives every field of a value something: often nothing, often something
// that is there and empty or zero, else anything.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.Interface:
		if some := []any{nil, "", "x", 0.0, 2.5, false, true, []any{nil, 0.0}, map[string]any{"": nil}}[r.IntN(9)]; some != nil {
			v.Set(reflect.ValueOf(some))
		}
	case reflect.Slice:
		switch n := r.IntN(4); {
		case v.Type() == reflect.TypeFor[json.RawMessage]():
			v.SetBytes([]byte([]string{`null`, `0`, `""`, `{"b":1.50,"a":[]}`}[n]))
		case n > 0:
			v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
			for i := range n - 1 {
				fill(r, v.Index(i))
			}
		}
	case reflect.Map:
		if n := r.IntN(4); n > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for i := range n - 1 {
				e := reflect.New(v.Type().Elem()).Elem()
				fill(r, e)
				v.SetMapIndex(reflect.ValueOf(fmt.Sprint("k", i)).Convert(v.Type().Key()), e)
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			if r.IntN(2) > 0 {
				v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600*r.IntN(3)))))
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				fill(r, v.Field(i))
			}
		}
	case reflect.String:
		v.SetString([]string{"", " ", "x", "\u202e<b>\x1b"}[r.IntN(4)])
	case reflect.Bool:
		v.SetBool(r.IntN(2) > 0)
	case reflect.Int:
		v.SetInt(int64(r.IntN(3)))
	case reflect.Float64:
		v.SetFloat([]float64{0, 1, 0.1, -2.5}[r.IntN(4)])
	default:
		panic("a kind that the test does not know: " + v.Kind().String())
	}
}

// same tells apart all that a plan tells apart: an empty list is none, but
// results that are none are not results that could not be read.
var same = cmp.Options{
	cmp.FilterPath(func(p cmp.Path) bool {
		f, ok := p.Last().(cmp.StructField)
		return !ok || f.Name() != "Results"
	}, cmpopts.EquateEmpty()),
	cmp.Comparer(func(a, b json.RawMessage) bool {
		var x, y bytes.Buffer
		return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && x.String() == y.String()
	}),
}

// Whatever is in a plan or a report, JSON brings back what was there, was zero,
// or was not there, as that.
func TestJSONKeepsZeroAndNothing(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var f, again plan.File
		fill(r, reflect.ValueOf(&f).Elem())
		b, err := json.MarshalIndent(f, "", "  ")
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, &again))
		require.Empty(t, cmp.Diff(f, again, same), "seed %d", seed)

		var c, back plan.ContextReport
		fill(r, reflect.ValueOf(&c).Elem())
		b, err = json.Marshal(c)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, &back))
		require.Empty(t, cmp.Diff(c, back, same), "seed %d", seed)
	}
}

// A column that was seen to be empty stays so in a file also where its grades
// are not counted, as others may have some that are not shown.
func TestEmptyResultsStayUncounted(t *testing.T) {
	p := filed()
	p.Contexts[0].Items[1].Results = map[string]plan.Grade{}
	b, err := plan.Encode(p)
	require.NoError(t, err)
	require.Contains(t, string(b), `"results": {}`)
	again, err := plan.Decode(b)
	require.NoError(t, err)
	require.NotNil(t, again.Contexts[0].Items[1].Results)
}
