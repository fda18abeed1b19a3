package agsclient

import (
	"errors"
	"fmt"
)

// TooMuch tells that an answer went over one of the client's [Options]: asking
// again would only cost as much again.
func TooMuch(err error) bool {
	_, ok := errors.AsType[*boundError](err)
	return ok
}

// boundError marks what [TooMuch] tells.
type boundError struct{ error }

func (e *boundError) Unwrap() error { return errors.Unwrap(e.error) }

func tooMuch(format string, args ...any) error {
	return &boundError{fmt.Errorf(format, args...)}
}
