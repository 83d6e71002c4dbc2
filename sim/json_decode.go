package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/respool/respool/sim/internal/nearest"
)

// decoder decodes a text, and notes the positions of its fields.
type decoder struct {
	text    []byte
	offsets map[string]int // the offset of each field's value, by its path
}

// decode fills v from data. Unlike encoding/json it refuses a field that occurs twice, names
// the path of an unknown field, and knows the position of a bad value.
func (d *decoder) decode(v reflect.Value, data json.RawMessage, path string, offset int) error {
	d.offsets[path] = offset
	if string(data) == "null" {
		return at(path, errors.New("null is no value: leave out what is not set"))
	}
	if dist, is := v.Addr().Interface().(*Dist); is && data[0] == '"' {
		return at(path, dist.UnmarshalJSON(data))
	} else if _, own := v.Addr().Interface().(json.Unmarshaler); own && !is {
		return at(path, json.Unmarshal(data, v.Addr().Interface()))
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.decode(v.Elem(), data, path, offset)
	case reflect.Struct:
		return d.decodeStruct(v, data, path, offset)
	case reflect.Slice:
		return d.decodeSlice(v, data, path, offset)
	}
	if err := json.Unmarshal(data, v.Addr().Interface()); err != nil {
		return at(path, fmt.Errorf("%s is not %s", clip(data), kindWord(v.Kind())))
	}
	return nil
}

func (d *decoder) decodeSlice(v reflect.Value, data json.RawMessage, path string, offset int) error {
	in := json.NewDecoder(bytes.NewReader(data))
	if t, err := in.Token(); err != nil || t != json.Delim('[') {
		return at(path, fmt.Errorf("%s is not a list", clip(data)))
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for i := 0; in.More(); i++ {
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return at(path, err)
		}
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		begin := offset + int(in.InputOffset()) - len(raw)
		if err := d.decode(v.Index(i), raw, fmt.Sprintf("%s[%d]", path, i), begin); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) decodeStruct(v reflect.Value, data json.RawMessage, path string, offset int) error {
	names, fields := jsonFields(v)
	seen := map[string]bool{}
	in := json.NewDecoder(bytes.NewReader(data))
	if t, err := in.Token(); err != nil || t != json.Delim('{') {
		return at(path, fmt.Errorf("%s is not an object", clip(data)))
	}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return at(path, err)
		}
		name := key.(string)
		field, known := fields[name]
		d.offsets[join(path, name)] = max(offset+int(in.InputOffset())-len(name)-2, 0) // the name, quotes included
		switch {
		case !known:
			return at(join(path, name), noField(name, names))
		case seen[name]:
			return at(join(path, name), errors.New("is there twice"))
		}
		seen[name] = true
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return at(join(path, name), err)
		}
		if err := d.decode(field, raw, join(path, name), offset+int(in.InputOffset())-len(raw)); err != nil {
			return err
		}
	}
	return nil
}

func noField(name string, names []string) error {
	text := "there is no such field; there are " + strings.Join(names, ", ")
	if n := nearest.Of(name, names); n != "" {
		text += "; did you mean " + n + "?"
	}
	return errors.New(text)
}

// jsonFields returns a struct's fields by their JSON names, and the names in order.
func jsonFields(v reflect.Value) (names []string, fields map[string]reflect.Value) {
	fields = map[string]reflect.Value{}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name != "-" {
			names = append(names, name)
			fields[name] = v.Field(i)
		}
	}
	return names, fields
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func at(path string, err error) error {
	if err == nil {
		return nil
	}
	if path == "" {
		path = "scenario"
	}
	return fmt.Errorf("%s: %w", path, err)
}

// clip shortens a long value in a message.
func clip(data []byte) string {
	const most = 40
	if len(data) > most {
		return string(bytes.ToValidUTF8(data[:most], nil)) + "..."
	}
	return string(data)
}

func kindWord(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number in range"
}
