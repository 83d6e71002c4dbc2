package plain

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Most is the longest file that is read whole, apart from logs.
const Most int64 = 256 << 20

// Read reads a text to its end, and refuses one that is longer than most bytes. So a text
// without an end, such as a device's, does not fill the memory.
func Read(r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		return nil, fmt.Errorf("it is longer than %d MB: take a part of it", most>>20)
	}
	return data, err
}

// ReadFile is Read for a file. Its errors name it.
func ReadFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() > most {
		return nil, fmt.Errorf("%s: it is longer than %d MB: take a part of it", path, most>>20)
	}
	data, err := Read(f, most)
	if named := (*os.PathError)(nil); err != nil && !errors.As(err, &named) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return data, err
}
