package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FaultKind is one way for an answer to go wrong.
type FaultKind string

// The kinds of faults. Means says what each does.
const (
	FaultStatus     FaultKind = "status"
	FaultDropBefore FaultKind = "drop-before"
	FaultDropAfter  FaultKind = "drop-after"
	FaultTruncate   FaultKind = "truncate"
	FaultDrip       FaultKind = "drip"
	FaultHang       FaultKind = "hang"
	FaultType       FaultKind = "type"
	FaultJSON       FaultKind = "json"
	FaultHTML       FaultKind = "html"
	FaultRepeat     FaultKind = "repeat"
	FaultStale      FaultKind = "stale"
	FaultRevoke     FaultKind = "revoke"
	FaultClock      FaultKind = "clock"
	FaultRedirect   FaultKind = "redirect"
)

// faultKinds is every kind with what happens.
var faultKinds = []struct {
	kind  FaultKind
	means string
}{
	{FaultStatus, "nothing happens, and the answer is 429, 500, 502 or 503, with Retry-After where one is given"},
	{FaultDropBefore, "nothing happens, and the connection ends"},
	{FaultDropAfter, "it happens, and the connection ends without an answer"},
	{FaultTruncate, "it happens, and the answer ends in the middle of its body"},
	{FaultDrip, "it happens, and the answer's body comes a byte a second"},
	{FaultHang, "nothing happens, and no answer comes"},
	{FaultType, "it happens, and the answer says that it is text/plain"},
	{FaultJSON, "it happens, and the answer is half of its JSON"},
	{FaultHTML, "nothing happens, and the answer is 200 with a web page"},
	{FaultRepeat, "a page of a listing names itself as the next"},
	{FaultStale, "a read of line items or results shows what was there some time ago"},
	{FaultRevoke, "nothing happens, the token that was sent is revoked, and the answer is 401"},
	{FaultClock, "the platform's clock is late, or early, all the time"},
	{FaultRedirect, "nothing happens, and the answer is 307 to the same path at another host"},
}

// FaultKinds is all kinds of faults.
func FaultKinds() []FaultKind {
	var all []FaultKind
	for _, k := range faultKinds {
		all = append(all, k.kind)
	}
	return all
}

// Means says what happens; "" for an unknown kind.
func (k FaultKind) Means() string {
	for _, known := range faultKinds {
		if known.kind == k {
			return known.means
		}
	}
	return ""
}

// Fault is one thing that goes wrong by chance. At most one goes wrong with a
// request: those of Options.Faults are drawn in their order.
type Fault struct {
	Kind   FaultKind
	On     string  // "" is every request; else a kind of Request, or METHOD and kind: "POST scores"
	Share  float64 // of the requests it is On, from 0 to 1
	Status int     // of FaultStatus: 429, 500, 502, 503
	// RetryAfter goes with FaultStatus, in whole seconds; 0 announces none.
	RetryAfter time.Duration
	// Behind is how old what FaultStale shows is, and how late the clock of
	// FaultClock is: below zero it is early. A late clock has no Share.
	Behind time.Duration
	// Skip requests go well first, and no more than Times go wrong; 0 is no bound.
	Skip, Times int
}

// places are the requests that a fault can be on.
var places = []struct{ method, kind string }{
	{"POST", kindToken},
	{"GET", kindLineItems}, {"POST", kindLineItems},
	{"GET", kindLineItem}, {"PUT", kindLineItem}, {"DELETE", kindLineItem},
	{"POST", kindScores}, {"PUT", kindScores}, {"DELETE", kindScores}, // the latter two on LearningStudio alone
	{"GET", kindResults},
	{"GET", kindMemberships},
}

// on tells whether the fault can happen to a request.
func (f Fault) on(method, kind string) bool {
	if f.On != "" && f.On != kind && f.On != method+" "+kind {
		return false
	}
	switch f.Kind {
	case FaultStale:
		return method == "GET" && slices.Contains([]string{kindLineItems, kindLineItem, kindResults}, kind)
	case FaultRepeat:
		return method == "GET" && slices.Contains([]string{kindLineItems, kindResults, kindMemberships}, kind)
	case FaultRevoke:
		return kind != kindToken
	}
	return true
}

// somewhere tells whether there are requests that the fault can happen to.
func (f Fault) somewhere() bool {
	for _, p := range places {
		if f.on(p.method, p.kind) {
			return true
		}
	}
	return false
}

// check tells what is wrong with a fault, in the words of ParseFault.
func (f Fault) check() error {
	stale, clock := f.Kind == FaultStale, f.Kind == FaultClock
	switch {
	case f.Kind.Means() == "":
		return fmt.Errorf("%q is no kind of fault; the kinds are %s", f.Kind, strings.Join(words(FaultKinds()), ", "))
	case f.Kind == FaultStatus && !slices.Contains(faultStatuses, f.Status):
		return fmt.Errorf("status %d: it is one of 429, 500, 502 and 503", f.Status)
	case f.Kind != FaultStatus && (f.Status != 0 || f.RetryAfter != 0):
		return fmt.Errorf("a status and retry-after do not go with %s", f.Kind)
	case f.RetryAfter < 0 || f.RetryAfter%time.Second != 0:
		return fmt.Errorf("retry-after %v: it is in whole seconds", f.RetryAfter)
	case !(f.Share >= 0 && f.Share <= 1): // NaN too
		return errors.New("the share is from 0% to 100%")
	case stale && f.Behind <= 0 || clock && f.Behind == 0:
		return fmt.Errorf("%s wants to know how far behind: behind=3s", f.Kind)
	case !stale && !clock && f.Behind != 0:
		return fmt.Errorf("behind does not go with %s, only with stale and clock", f.Kind)
	case f.Skip < 0 || f.Times < 0:
		return errors.New("skip and times are 0 or more")
	case clock && (f.On != "" || f.Skip != 0 || f.Times != 0):
		return errors.New("the clock is behind for every request, all the time: no endpoint, skip or times goes with it")
	case !f.somewhere():
		return fmt.Errorf("%s cannot happen to %q; requests are %s", f.Kind, f.On, strings.Join(placeNames(), ", "))
	}
	return nil
}

var faultStatuses = []int{429, 500, 502, 503}

func placeNames() []string {
	var all []string
	for _, p := range places {
		all = append(all, p.method+" "+p.kind)
	}
	return all
}

func words[T ~string](list []T) []string {
	all := make([]string, len(list))
	for at, one := range list {
		all[at] = string(one)
	}
	return all
}
