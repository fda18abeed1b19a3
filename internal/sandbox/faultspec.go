package sandbox

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// FaultSpec is the form that ParseFault reads.
const FaultSpec = "[ON:]KIND[:SHARE%][:NAME=VALUE]..."

// maxRetryAfter bounds retry-after: nobody waits for longer than a day.
const maxRetryAfter = 24 * 60 * 60

// ParseFault reads a fault from a command line, in the form of FaultSpec:
//
//	503:25%
//	scores:drop-after:10%
//	POST lineitems:429:5%:retry-after=2
//	stale:30%:behind=3s
//	clock:behind=-5m
//	token:hang:times=1:skip=2
//
// KIND is a FaultKind, where a number stands for FaultStatus. Without a share
// it goes wrong each time.
func ParseFault(spec string) (Fault, error) {
	f, err := parseFault(spec)
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", spec, err)
	}
	return f, nil
}

func parseFault(spec string) (f Fault, err error) {
	parts := strings.Split(spec, ":")
	if len(parts) > 1 && !f.takeKind(parts[0]) {
		f.On = parts[0]
		parts = parts[1:]
	}
	if !f.takeKind(parts[0]) {
		kinds := words(FaultKinds()[1:]) // but for status, which is written as a number
		return f, fmt.Errorf("%q is no kind of fault; write %s with one of 429, 500, 502, 503, %s", parts[0], FaultSpec, strings.Join(kinds, ", "))
	}
	if !(Fault{On: f.On}).somewhere() {
		return f, fmt.Errorf("there are no requests %q; they are %s, or just the second word", f.On, strings.Join(placeNames(), ", "))
	}
	f.Share = 1
	seen := map[string]bool{}
	for _, part := range parts[1:] {
		name, value, named := strings.Cut(part, "=")
		if !named {
			name, value = "share", part
		}
		if seen[name] {
			return f, fmt.Errorf("%s is there twice", name)
		}
		seen[name] = true
		if err := f.set(name, value); err != nil {
			return f, err
		}
	}
	return f, nil
}

// takeKind reads a kind or a status; the word status alone says too little.
func (f *Fault) takeKind(word string) bool {
	if n, err := strconv.Atoi(word); err == nil {
		f.Kind, f.Status = FaultStatus, n
		return true
	}
	kind := FaultKind(word)
	if kind == FaultStatus || kind.Means() == "" {
		return false
	}
	f.Kind = kind
	return true
}

func (f *Fault) set(name, value string) (err error) {
	switch name {
	case "share":
		number, percent := strings.CutSuffix(value, "%")
		n, err := strconv.ParseFloat(number, 64)
		if !percent || err != nil || !(n >= 0 && n <= 100) {
			return fmt.Errorf("%q is neither a share from 0%% to 100%% nor NAME=VALUE", value)
		}
		f.Share = math.Abs(n) / 100 // -0 becomes 0
	case "retry-after":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > maxRetryAfter {
			return fmt.Errorf("retry-after=%s is not a whole number of seconds from 1 to %d", value, maxRetryAfter)
		}
		f.RetryAfter = time.Duration(n) * time.Second
	case "behind":
		if f.Behind, err = time.ParseDuration(value); err != nil {
			return fmt.Errorf("behind=%s is not a duration such as 3s or -5m", value)
		}
	case "skip", "times":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("%s=%s is not a whole number of 0 or more", name, value)
		}
		if name == "skip" {
			f.Skip = n
		} else {
			f.Times = n
		}
	default:
		return fmt.Errorf("%q is not known; the names are behind, retry-after, skip and times", name)
	}
	return nil
}

// String is the fault in the form of FaultSpec, the share to 12 digits.
func (f Fault) String() string {
	var b strings.Builder
	if f.On != "" {
		b.WriteString(f.On + ":")
	}
	if f.Kind == FaultStatus {
		b.WriteString(strconv.Itoa(f.Status))
	} else {
		b.WriteString(string(f.Kind))
	}
	if f.Kind != FaultClock {
		b.WriteString(":" + strconv.FormatFloat(f.Share*100, 'g', 12, 64) + "%")
	}
	if f.RetryAfter != 0 {
		fmt.Fprintf(&b, ":retry-after=%d", f.RetryAfter/time.Second)
	}
	if f.Behind != 0 {
		fmt.Fprintf(&b, ":behind=%v", f.Behind)
	}
	if f.Skip != 0 {
		fmt.Fprintf(&b, ":skip=%d", f.Skip)
	}
	if f.Times != 0 {
		fmt.Fprintf(&b, ":times=%d", f.Times)
	}
	return b.String()
}
