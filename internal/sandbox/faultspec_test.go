package sandbox

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestParseFault(t *testing.T) {
	for spec, want := range map[string]Fault{
		"503:25%":                                {Kind: FaultStatus, Status: 503, Share: 0.25},
		"scores:drop-after:10%":                  {Kind: FaultDropAfter, On: "scores", Share: 0.1},
		"POST lineitems:429:5%:retry-after=2":    {Kind: FaultStatus, On: "POST lineitems", Status: 429, Share: 0.05, RetryAfter: 2 * time.Second},
		"stale:30%:behind=3s":                    {Kind: FaultStale, Share: 0.3, Behind: 3 * time.Second},
		"clock:behind=-5m":                       {Kind: FaultClock, Share: 1, Behind: -5 * time.Minute},
		"token:hang:times=1:skip=2":              {Kind: FaultHang, On: "token", Share: 1, Skip: 2, Times: 1},
		"html":                                   {Kind: FaultHTML, Share: 1},
		"json:0%":                                {Kind: FaultJSON},
		"GET results:stale:behind=1m:0.5%":       {Kind: FaultStale, On: "GET results", Share: 0.005, Behind: time.Minute},
		"memberships:repeat:share=50%:times=100": {Kind: FaultRepeat, On: "memberships", Share: 0.5, Times: 100},
	} {
		got, err := ParseFault(spec)
		require.NoError(t, err, spec)
		require.Empty(t, cmp.Diff(want, got), spec)
		again, err := ParseFault(got.String())
		require.NoError(t, err, got.String())
		require.Empty(t, cmp.Diff(want, again), got.String())
	}
}

func TestParseFaultErrors(t *testing.T) {
	for spec, why := range map[string]string{
		"":                        `"" is no kind of fault`,
		"5o3":                     `"5o3" is no kind of fault; write [ON:]KIND`,
		"status:25%":              "no kind of fault", // which one?
		"404":                     "status 404: it is one of 429, 500, 502 and 503",
		"score:503":               `no requests "score"; they are POST token, GET lineitems`,
		"GET scores:503":          `no requests "GET scores"`,
		"other:503":               "no requests",
		"503:25":                  `"25" is neither a share`,
		"503:101%":                "neither a share",
		"503:-1%":                 "neither a share",
		"503:NaN%":                "neither a share",
		"503:%":                   "neither a share",
		"503:5%:6%":               "share is there twice",
		"503:skip=1:skip=1":       "skip is there twice",
		"503:retry-after=0":       "retry-after=0 is not a whole number of seconds",
		"503:retry-after=2s":      "whole number",
		"503:retry-after=9999999": "from 1 to 86400",
		"html:retry-after=2":      "do not go with html",
		"503:behind=3s":           "behind does not go with status",
		"stale":                   "stale wants to know how far behind: behind=3s",
		"stale:behind=-3s":        "stale wants",
		"clock:behind=0":          "clock wants",
		"stale:behind=3":          "not a duration",
		"clock:behind=3s:times=1": "all the time",
		"scores:clock:behind=3s":  "all the time",
		"scores:stale:behind=3s":  `stale cannot happen to "scores"`,
		"PUT lineitem:repeat":     `repeat cannot happen to "PUT lineitem"`,
		"token:revoke":            `revoke cannot happen to "token"`,
		"hang:skip=-1":            "whole number of 0 or more",
		"hang:times=many":         "times=many is not",
		"hang:after=2":            `"after" is not known; the names are`,
	} {
		_, err := ParseFault(spec)
		require.ErrorContains(t, err, why, spec)
		require.ErrorContains(t, err, "fault ", spec)
	}
}

func TestOpenChecksFaultsAndRates(t *testing.T) {
	for want, o := range map[string]Options{
		`fault "boom:100%": "boom" is no kind`: {Faults: []Fault{{Kind: "boom", Share: 1}}},
		"the share is from":                    {Faults: []Fault{{Kind: FaultHang}, {Kind: FaultHang, Share: 1.5}}},
		"the share":                            {Faults: []Fault{{Kind: FaultHang, Share: math.NaN()}}},
		"status 0":                             {Faults: []Fault{{Kind: FaultStatus, Share: 1}}},
		"whole seconds":                        {Faults: []Fault{{Kind: FaultStatus, Status: 503, RetryAfter: time.Millisecond}}},
		"a status":                             {Faults: []Fault{{Kind: FaultHTML, Status: 503}}},
		"skip and times":                       {Faults: []Fault{{Kind: FaultHTML, Skip: -1}}},
		`cannot happen to "nowhere"`:           {Faults: []Fault{{Kind: FaultHTML, On: "nowhere"}}},
		"-1 requests a second":                 {RequestsPerSecond: -1},
		"NaN requests":                         {RequestsPerSecond: math.NaN()},
		"+Inf requests":                        {RequestsPerSecond: math.Inf(1)},
	} {
		o.Now = newClock().Now
		_, err := Open(o)
		require.ErrorContains(t, err, want)
	}
}

// The kinds have words, and the places are what the sandbox serves.
func TestFaultWords(t *testing.T) {
	for _, kind := range FaultKinds() {
		require.NotEmpty(t, kind.Means())
	}
	require.Empty(t, FaultKind("x").Means())
	served := map[string]bool{}
	for kind, res := range (&Sandbox{}).routes() {
		for method := range res {
			served[method+" "+kind] = true
		}
	}
	for _, one := range append((&studio{}).table(), (&ltiaas{}).table()...) {
		if one.kind != kindOther {
			served[one.method+" "+one.kind] = true
		}
	}
	for _, place := range placeNames() {
		require.True(t, served[place], place)
		delete(served, place)
	}
	require.Empty(t, served)
}

// What parses can be used, and is the same again when it is written.
func FuzzParseFault(f *testing.F) {
	for _, spec := range []string{"503:25%", "POST lineitems:429:5%:retry-after=2", "stale:30%:behind=3s", "clock:behind=-5m", "hang:skip=1:times=2", "::", "0503:1e-9%", "json:33.3333333333333333%"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		one, err := ParseFault(spec)
		if err != nil {
			require.Zero(t, one)
			return
		}
		require.NoError(t, one.check())
		written := one.String()
		again, err := ParseFault(written)
		require.NoError(t, err, written)
		require.Equal(t, written, again.String())
		require.InDelta(t, one.Share, again.Share, 1e-12)
		again.Share = one.Share
		require.Empty(t, cmp.Diff(one, again))
	})
}
