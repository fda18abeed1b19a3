package transport

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Config says what a [Stack] does. The zero value sets no limits but those that
// the platform asks for, repeats GETs, gives up on dead hosts, and is silent.
type Config struct {
	Concurrency       int           // requests at once, until their body is closed; 0: any number
	RequestsPerSecond float64       // with a burst of one second's worth; 0: unlimited
	Timeout           time.Duration // of one attempt, reading the body included; 0: none
	Retries           int           // of one GET; 0: 5; less than 0: none
	Counters          *Counters     // may be nil
	Log               *slog.Logger  // may be nil
	Skew              *ClockSkew    // learns the platform's clock; may be nil
	// Now is the clock that Log takes durations from, without it none are logged, and
	// that tells Breaker how long a dead host cost.
	Now func() time.Time
}

// Stack puts the round trippers that cfg asks for around base. A stack is for one
// platform: all that talk to it share one.
func Stack(base http.RoundTripper, cfg Config) http.RoundTripper {
	rt := base
	if cfg.Skew != nil {
		rt = Skew(rt, cfg.Skew)
	}
	if cfg.Log != nil {
		rt = Log(rt, cfg.Log, cfg.Now)
	}
	if cfg.Counters != nil {
		rt = Count(rt, cfg.Counters)
	}
	if cfg.Timeout > 0 {
		rt = Timeout(rt, cfg.Timeout)
	}
	rt = Breaker(rt, cfg.Now)
	rt = Pace(rt, cfg.Concurrency, cfg.RequestsPerSecond, cfg.Counters)
	if cfg.Retries >= 0 {
		rt = Retry(rt, cfg.Retries)
	}
	return rt
}

// Base makes the connections: TLS 1.2 or later, HTTP/2 where it is spoken, the
// environment's proxies, to one LMS no more connections than requests may run at
// once (0: any number) and all of them kept, and no more header in an answer than
// 256 KiB.
func Base(concurrency int) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          max(256, concurrency),
		MaxIdleConnsPerHost:   max(64, concurrency),
		MaxConnsPerHost:       concurrency,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,

		MaxResponseHeaderBytes: 256 << 10,
	}
}

// tripper is a function as an http.RoundTripper.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// refuse closes the body of a request that is not sent, as RoundTrip has to.
func refuse(r *http.Request, err error) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	return nil, err
}
