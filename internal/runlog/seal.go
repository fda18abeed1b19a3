package runlog

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"

	"filippo.io/age"
)

// sealOverhead is more than age adds: a header of 2 MiB at most, and 16 bytes
// for every 64 KiB.
const sealOverhead = 3 << 20

// maxSealedLine is the longest line, without its newline, of a sealed log.
const maxSealedLine = (maxLine + sealOverhead + 2) / 3 * 4

func seal(recipients []age.Recipient, data []byte) ([]byte, error) {
	if slices.Contains(recipients, nil) {
		return nil, errors.New("the record of a run cannot be sealed: a recipient is nil")
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipients...)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("the record of a run cannot be sealed for these recipients: %w", err)
	}
	return out.Bytes(), nil
}

func sealLine(recipients []age.Recipient, line []byte) ([]byte, error) {
	sealed, err := seal(recipients, line)
	if err != nil {
		return nil, err
	}
	// Room for the newline that follows.
	out := make([]byte, 0, base64.StdEncoding.EncodedLen(len(sealed))+1)
	return base64.StdEncoding.AppendEncode(out, sealed), nil
}

// unseal gives at most limit bytes of what was sealed; more is an error.
func unseal(ids []age.Identity, sealed io.Reader, limit int) ([]byte, error) {
	plain, err := age.Decrypt(sealed, ids...)
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return nil, fmt.Errorf("it is sealed for others: none of the identities given opens it: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("it cannot be unsealed: %w", err)
	}
	data, err := readAll(plain, limit)
	if err != nil {
		return nil, fmt.Errorf("it cannot be unsealed: %w", err)
	}
	return data, nil
}

func unsealLine(ids []age.Identity, line []byte) ([]byte, error) {
	sealed, err := base64.StdEncoding.Strict().AppendDecode(nil, line)
	if err != nil {
		return nil, errors.New("it is not base64")
	}
	return unseal(ids, bytes.NewReader(sealed), maxLine)
}

// readAll reads to the end, and no further than limit.
func readAll(r io.Reader, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}
