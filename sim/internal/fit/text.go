package fit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/respool/respool/sim/internal/plain"
)

// MostText is the longest text that is read, or unpacked: a small file may unpack to a huge one.
const MostText int64 = 2 << 30

// Text returns the text of a file, which may be packed with gzip and begin with a byte
// order mark.
func Text(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err == nil {
			data, err = io.ReadAll(io.LimitReader(r, MostText+1))
		}
		if err != nil {
			return nil, fmt.Errorf("packed with gzip, and damaged: %w", err)
		}
		if int64(len(data)) > MostText {
			return nil, errors.New("packed with gzip, and longer than 2 GB: take a part of it")
		}
	}
	text, err := plain.Text(data)
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(text[:min(len(text), 4096)], 0) >= 0 {
		return nil, errors.New("it is not a text: unpack it, or export it as CSV")
	}
	if head := bytes.TrimSpace(text); len(head) > 0 && head[0] == '<' {
		return nil, errors.New("it is HTML or XML, and neither a log nor a table")
	}
	return plain.Latin1(text), nil
}
