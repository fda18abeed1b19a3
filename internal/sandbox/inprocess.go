package sandbox

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// InProcessURL is the base URL for requests through Transport.
const InProcessURL = "http://localhost"

// inProcess is a real HTTP server and a client transport that share a listener
// in memory, so that what is tested and embedded is what a network would see.
// Nothing runs until the transport is asked for.
type inProcess struct {
	listener  *pipeListener
	server    *http.Server
	transport *http.Transport
	start     sync.Once
	ended     chan struct{}
}

func newInProcess(handler http.Handler) *inProcess {
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	return &inProcess{
		listener:  l,
		server:    &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)},
		transport: &http.Transport{DialContext: l.dial, MaxIdleConnsPerHost: 64},
		ended:     make(chan struct{}),
	}
}

func (p *inProcess) roundTripper() http.RoundTripper {
	p.start.Do(func() {
		go func() {
			defer close(p.ended)
			_ = p.server.Serve(p.listener) // until close
		}()
	})
	return p.transport
}

func (p *inProcess) close() error {
	p.start.Do(func() { close(p.ended) })
	_ = p.listener.Close()
	err := p.server.Close()
	p.transport.CloseIdleConnections()
	<-p.ended
	return err
}

// pipeListener is a net.Listener whose connections are pipes.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "memory" }
func (pipeAddr) String() string  { return "localhost" }
