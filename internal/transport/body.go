package transport

import (
	"io"
	"sync"
)

// body is a response's body that is watched. Both functions may be nil.
type body struct {
	io.ReadCloser
	read   func(n int, err error) error // sees each Read; what it returns is its error
	closed func()                       // runs once, on the first Close
	once   sync.Once
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.read != nil {
		err = b.read(n, err)
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	if b.closed != nil {
		b.once.Do(b.closed)
	}
	return err
}
