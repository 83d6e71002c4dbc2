// Package plain reads files of bounded length, and gives their text in UTF-8 without a
// byte order mark.
package plain

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Text takes the byte order mark off a file's text. It refuses UTF-16 and UTF-32,
// and names them.
func Text(data []byte) ([]byte, error) {
	if name := wide(data); name != "" {
		return nil, fmt.Errorf("the text is in %s: save it as UTF-8", name)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

// Latin1 is text in UTF-8 of text that may be in Latin-1 or Windows-1252, as old
// spreadsheets write it. Text that is UTF-8 stays as it is.
func Latin1(data []byte) []byte {
	if utf8.Valid(data) {
		return data
	}
	var b bytes.Buffer
	for _, c := range data {
		b.WriteRune(rune(c))
	}
	return b.Bytes()
}

// wide names the encoding of a text whose characters are of two bytes or four, by
// its mark or by the zero bytes that such a text has between its letters.
func wide(data []byte) string {
	for _, mark := range []struct{ bytes, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"}, {"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"},
	} {
		if bytes.HasPrefix(data, []byte(mark.bytes)) {
			return mark.name
		}
	}
	if len(data) < 4 {
		return ""
	}
	switch head := data[:4]; bytes.Count(head, []byte{0}) {
	case 3:
		return "UTF-32"
	case 2:
		if (head[0] == 0) == (head[2] == 0) {
			return "UTF-16"
		}
	}
	return ""
}
