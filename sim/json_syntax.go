package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// wellFormed returns an error that names the first syntax error of a JSON text, and its
// place.
func wellFormed(data []byte) error {
	var raw json.RawMessage
	bad := (*json.SyntaxError)(nil)
	if err := json.Unmarshal(data, &raw); !errors.As(err, &bad) {
		return err
	}
	// The offset is that of the character after the wrong one.
	offset := max(int(bad.Offset)-1, 0)
	before := bytes.TrimRight(data[:min(offset, len(data))], " \t\r\n")
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return at("", errors.New("the text is empty, and is not an object (line 1, column 1)"))
	case bytes.TrimSpace(data)[0] != '{':
		return at("", fmt.Errorf("the text does not begin with {, so it is no scenario in JSON; poolsim fit makes one of a log or a table (%s)", lineColumn(data, offset)))
	case strings.Contains(bad.Error(), "unexpected end"):
		return at("", fmt.Errorf("the text ends too early (%s)", lineColumn(data, len(data))))
	case strings.Contains(bad.Error(), "after top-level value"):
		return at("", fmt.Errorf("there is something after its end (%s)", lineColumn(data, offset)))
	case bytes.HasSuffix(before, []byte(",")) && offset < len(data) && (data[offset] == '}' || data[offset] == ']'):
		return at("", fmt.Errorf("a comma stands before %c: take it out (%s)", data[offset], lineColumn(data, len(before)-1)))
	case strings.Contains(bad.Error(), "after object key:value pair"), strings.Contains(bad.Error(), "after array element"):
		return at("", fmt.Errorf("%v: a comma is missing before it (%s)", bad, lineColumn(data, offset)))
	}
	return at("", fmt.Errorf("%v (%s)", bad, lineColumn(data, offset)))
}

// noKeyTwice returns an error that names the first key that an object of a JSON text has
// twice, and its place. encoding/json takes the last one silently.
func noKeyTwice(data []byte) error {
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	type level struct {
		keys map[string]bool // nil: a list
		key  bool            // the next token is a key
	}
	levels := []level{{}}
	for {
		token, err := in.Token()
		if err != nil {
			return nil // the end; the syntax is not judged here
		}
		at := &levels[len(levels)-1]
		switch token {
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
			continue
		}
		if name, is := token.(string); is && at.key {
			if at.keys[name] {
				return fmt.Errorf("the key %q is there twice (%s)", name, lineColumn(data, max(int(in.InputOffset())-len(name)-2, 0)))
			}
			at.keys[name], at.key = true, false
			continue
		}
		at.key = at.keys != nil
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{map[string]bool{}, true})
		case json.Delim('['):
			levels = append(levels, level{})
		}
	}
}

// lineColumn returns the line and the column of an offset, both from 1 on. Columns count
// characters.
func lineColumn(data []byte, offset int) string {
	before := data[:min(offset, len(data))]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return fmt.Sprintf("line %d, column %d", bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(line)+1)
}

// withPosition adds to an error about a field the position of the field in the text,
// or of the object that lacks it.
func (d *decoder) withPosition(err error) error {
	path, _, _ := strings.Cut(err.Error(), ":")
	for {
		if offset, is := d.offsets[path]; is {
			return fmt.Errorf("%w (%s)", err, lineColumn(d.text, offset))
		}
		shorter := strings.LastIndexAny(path, ".[")
		if shorter < 0 {
			return err
		}
		path = path[:shorter]
	}
}
