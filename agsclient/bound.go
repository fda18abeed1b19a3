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
type boundError struct{ text string }

func (e *boundError) Error() string { return e.text }

func tooMuch(format string, args ...any) error {
	return &boundError{fmt.Sprintf(format, args...)}
}
