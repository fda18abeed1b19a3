package runlog

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
)

// ErrTorn is that of a last line without its end: the process, or the machine,
// stopped while it wrote it. That outcome was not recorded.
var ErrTorn = errors.New("the last line is cut off: the run stopped while it recorded the outcome of a write")

// errLong is that of a line that no Outcome wrote.
var errLong = errors.New("it is longer than an outcome may be")

// Outcomes gives the outcomes in the order in which they were recorded, one at
// a time. A line that cannot be read yields an error that names it, and the next
// one follows, so that damage costs no more than it must. A line that is cut off
// at the end yields ErrTorn, last. An error of the disk ends it.
func (f *Folder) Outcomes() iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		name, limit := outcomeName, maxLine
		if f.sealed {
			name, limit = name+sealedSuffix, maxSealedLine
		}
		path := filepath.Join(f.dir, name)
		file, err := f.open(name, 0)
		if err != nil {
			yield(nil, fmt.Errorf("%s: %w", path, reason(err)))
			return
		}
		defer func() { _ = file.Close() }()
		in := bufio.NewReaderSize(file, 64<<10)
		for n := 1; ; n++ {
			line, err := readLine(in, limit)
			if err == io.EOF {
				return
			}
			last := err != nil && err != errLong
			var outcome json.RawMessage
			if err == nil {
				if len(line) == 0 {
					continue // it ends what a full disk cut off
				}
				outcome, err = f.outcome(line)
			}
			if err != nil {
				err = fmt.Errorf("%s:%d: %w", path, n, reason(err))
			}
			if !yield(outcome, err) || last {
				return
			}
		}
	}
}

// outcome opens and checks a line.
func (f *Folder) outcome(line []byte) (json.RawMessage, error) {
	if f.sealed {
		var err error
		if line, err = unsealLine(f.ids, line); err != nil {
			return nil, err
		}
	}
	if !json.Valid(line) {
		return nil, errors.New("it is not a whole outcome")
	}
	return line, nil
}

// readLine gives the next line without its newline, in memory of its own, or
// io.EOF, or ErrTorn for an end without a newline. Of a line over the limit it
// keeps nothing, reads on to its end and returns errLong.
func readLine(in *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := in.ReadSlice('\n')
		size := len(line) + len(part)
		if err == nil {
			size-- // the newline
		}
		if long = long || size > limit; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && (long || len(line) > 0):
			return nil, ErrTorn
		case err != nil:
			return nil, err
		case long:
			return nil, errLong
		}
		return line[:len(line)-1], nil
	}
}
