package sim

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/respool/respool/sim/internal/plain"
)

// cell is the first field of a row.
type cell struct {
	line int
	text string
}

// table is the first column of a CSV file. Rows without any text are left out.
type table struct {
	heading   string   // "" if the file has none
	others    []string // the headings of the other columns
	cells     []cell
	separator rune
	width     int // the number of fields in the heading, empty ones included
	columns   int // the most fields of a row, without empty ones at its end
}

// readTable reads a CSV file with commas, semicolons or tabs between its fields.
func readTable(dir fs.FS, name string) (*table, error) {
	f, err := dir.Open(name)
	if errors.Is(err, fs.ErrInvalid) {
		return nil, fmt.Errorf("%s: must be in the scenario's directory or below, with slashes", name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := plain.Read(f, plain.Most)
	if err == nil {
		data, err = plain.Text(data)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t, err := parseTable(plain.Latin1(data))
	if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
		return nil, fmt.Errorf("%s:%d: %w", name, bad.Line, bad.Err)
	} else if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	return t, nil
}

func parseTable(data []byte) (*table, error) {
	if !bytes.ContainsRune(data, '\n') {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n")) // lines of old Macs
	}
	t := &table{}
	t.separator, data = separatorOf(data)
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.Comment, r.FieldsPerRecord = t.separator, '#', -1
	r.TrimLeadingSpace = t.separator != '\t'
	var rows [][]string
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		width := len(row)
		row = trimmed(row)
		if len(row) == 0 {
			continue
		}
		if len(t.cells) == 0 && t.heading == "" && isHeading(row[0]) {
			t.heading, t.others, t.width = row[0], row[1:], width
			if i := slices.Index(t.others, t.heading); i >= 0 {
				return nil, fmt.Errorf("%d: columns 1 and %d have the same heading, %q: rename one", line, i+2, t.heading)
			}
		} else {
			t.cells = append(t.cells, cell{line, row[0]})
		}
		rows = append(rows, row)
	}
	for _, row := range rows {
		t.columns = max(t.columns, len(row))
	}
	joined, err := t.joinDecimals(rows)
	if err == nil && !joined && t.heading != "" {
		err = t.noLongerRow(rows[1:])
	}
	return t, err
}

// noLongerRow refuses a row with more fields than the heading: a number such as 1,234.5 was
// taken apart, or the heading lacks the name of the first column, as R writes it.
func (t *table) noLongerRow(rows [][]string) error {
	for i, row := range rows {
		if len(row) > t.width {
			return fmt.Errorf("%d: the row has %d fields, and the heading %d: quote a field that has the separator in it, or name all columns",
				t.cells[i].line, len(row), t.width)
		}
	}
	return nil
}

// trimmed removes the space around all fields, and the empty fields at the end.
func trimmed(row []string) []string {
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	for len(row) > 0 && row[len(row)-1] == "" {
		row = row[:len(row)-1]
	}
	return row
}

// isHeading reports whether a text can be the name of a column. A value begins with a
// digit, a sign or a dot.
func isHeading(text string) bool {
	return text != "" && !strings.ContainsRune("0123456789+-.,", rune(text[0])) && !notNumber[strings.ToLower(text)]
}

// notNumber is what programs write in place of a number.
var notNumber = map[string]bool{"nan": true, "inf": true, "infinity": true, "null": true, "none": true, "n/a": true, "na": true}

// separatorOf returns the separator of a file's fields. It empties a first line that names
// the separator, such as sep=;.
func separatorOf(data []byte) (rune, []byte) {
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	if text, is := strings.CutPrefix(strings.ToLower(strings.Trim(string(first), "\" \r")), "sep="); is {
		if text == "\\t" || text == "" {
			text = "\t"
		}
		if len(text) == 1 && strings.Contains(",;\t", text) {
			return rune(text[0]), append([]byte("\n"), rest...)
		}
	}
	found := ','
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		quoted := false
		for _, c := range strings.TrimRight(line, "\r\n") {
			switch {
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == '\t':
				return '\t', data
			case c == ';':
				found = ';'
			}
		}
	}
	return found, data
}

var digitsOnly = regexp.MustCompile(`^[0-9]+$`)

// joinDecimals looks for decimal commas that were taken for separators: then each row has
// two fields of digits, whatever the heading.
func (t *table) joinDecimals(rows [][]string) (joined bool, err error) {
	if t.separator != ',' || len(t.cells) == 0 {
		return false, nil
	}
	width := 0
	if t.heading != "" {
		width, rows = len(rows[0]), rows[1:]
	}
	sure := width == 1 || strings.HasPrefix(rows[0][0], "0") && len(rows[0][0]) == 1
	two := 0
	for _, row := range rows {
		if len(row) == 2 && digitsOnly.MatchString(strings.TrimLeft(row[0], "+-")) && digitsOnly.MatchString(row[1]) {
			two++
			sure = sure || row[1][0] == '0' && len(row[1]) > 1
		} else if len(row) != 1 || !digitsOnly.MatchString(row[0]) {
			return false, nil
		}
	}
	if two == 0 || width > 1 {
		return false, nil
	}
	if !sure {
		return false, fmt.Errorf("%d: %s,%s is two columns, or a number with a decimal comma: write a dot, or a heading", t.cells[0].line, rows[0][0], last(rows[0]))
	}
	for i, row := range rows {
		t.cells[i].text = strings.Join(row, ",")
	}
	t.columns = 1
	return true, nil
}

func last(row []string) string { return row[len(row)-1] }
