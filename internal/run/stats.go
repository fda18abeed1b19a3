package run

import (
	"maps"
	"slices"
	"time"

	"github.com/gradesync/gradesync/reconcile"
)

// ReadingFiles is the phase before a session is open.
const ReadingFiles reconcile.Phase = "read files"

// recordingBefore is the phase in which what will be overwritten is recorded.
const recordingBefore reconcile.Phase = "record"

// Stats tell where the time of a run went. Durations are in seconds.
type Stats struct {
	Seconds   float64         `json:"seconds"` // of the whole run; phases overlap where there are several contexts
	Phases    []PhaseStats    `json:"phases"`
	Platforms []PlatformStats `json:"platforms"`
}

// PhaseStats is for how long at least one context was in a phase.
type PhaseStats struct {
	Phase   reconcile.Phase `json:"phase"`
	Seconds float64         `json:"seconds"`
}

// PlatformStats are of all requests to one platform.
type PlatformStats struct {
	Platform  string         `json:"platform"`
	Requests  []RequestStats `json:"requests"`
	Throttled int64          `json:"throttled"` // answers which said that requests come too fast
	Paused    float64        `json:"paused"`    // for which nothing was sent because of them
	Waited    float64        `json:"waited"`    // of all requests together, for their turn within the limits
}

// Count is how many requests there were.
func (p *PlatformStats) Count() (n int64) {
	for i := range p.Requests {
		n += p.Requests[i].Requests
	}
	return n
}

// RequestStats are of the requests that were for one thing. Took is of all of
// them together, until the header of the answer.
type RequestStats struct {
	For      string  `json:"for"`
	Requests int64   `json:"requests"`
	Repeated int64   `json:"repeated"` // of these, because one before them failed, reads and writes
	BytesOut int64   `json:"bytesOut"`
	BytesIn  int64   `json:"bytesIn"`
	Took     float64 `json:"took"`
}

// Stats are the session's so far; the session may be closed.
func (s *Session) Stats() Stats {
	out := Stats{Seconds: s.opts.Times.Whole().Seconds(), Phases: []PhaseStats{}, Platforms: []PlatformStats{}}
	for _, p := range []reconcile.Phase{
		ReadingFiles, reconcile.ReadingRoster, reconcile.ReadingItems, reconcile.ReadingResults, reconcile.Deciding,
		recordingBefore, reconcile.LookingAgain, reconcile.WritingItems, reconcile.PostingScores, reconcile.ReadingBack,
	} {
		if took, ok := s.opts.Times.Total(p); ok {
			out.Phases = append(out.Phases, PhaseStats{p, took.Seconds()})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.links)) {
		out.Platforms = append(out.Platforms, s.links[name].stats())
	}
	return out
}

func (l *link) stats() PlatformStats {
	got := l.counts.Snapshot()
	out := PlatformStats{
		Platform: l.name, Requests: []RequestStats{}, Throttled: got.Throttled,
		Paused: got.Paused.Seconds(), Waited: got.Waited.Round(time.Microsecond).Seconds(),
	}
	for _, op := range slices.Sorted(maps.Keys(got.Kinds)) {
		k := got.Kinds[op]
		out.Requests = append(out.Requests, RequestStats{op, k.Requests, k.Repeated, k.BytesOut, k.BytesIn, k.Took.Round(time.Microsecond).Seconds()})
	}
	return out
}
