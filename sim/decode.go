package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// decode fills v from data. encoding/json does the same, but passes over a field
// that stands there twice, says of one that it does not know only its name, and
// of a bad value not where it stands.
func decode(v reflect.Value, data json.RawMessage, path string) error {
	if string(data) == "null" {
		return at(path, errors.New("null is no value: leave out what is not set"))
	}
	if _, own := v.Addr().Interface().(json.Unmarshaler); own {
		return at(path, json.Unmarshal(data, v.Addr().Interface()))
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return decode(v.Elem(), data, path)
	case reflect.Struct:
		return decodeStruct(v, data, path)
	case reflect.Slice:
		return decodeSlice(v, data, path)
	}
	if err := json.Unmarshal(data, v.Addr().Interface()); err != nil {
		return at(path, fmt.Errorf("%s is not %s", clip(data), kindWord(v.Kind())))
	}
	return nil
}

func decodeSlice(v reflect.Value, data json.RawMessage, path string) error {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return at(path, fmt.Errorf("%s is not a list", clip(data)))
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := decode(v.Index(i), item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

func decodeStruct(v reflect.Value, data json.RawMessage, path string) error {
	names, fields := jsonFields(v)
	seen := map[string]bool{}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); t != json.Delim('{') {
		if err == nil || err == io.EOF {
			err = fmt.Errorf("%s is not an object", clip(data))
		}
		return at(path, err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return at(path, err)
		}
		name := key.(string)
		field, known := fields[name]
		switch {
		case !known:
			return at(join(path, name), fmt.Errorf("there is no such field; there are %s", strings.Join(names, ", ")))
		case seen[name]:
			return at(join(path, name), errors.New("is there twice"))
		}
		seen[name] = true
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return at(join(path, name), err)
		}
		if err := decode(field, raw, join(path, name)); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return at(path, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return at(path, errors.New("there is something after its end"))
	}
	return nil
}

// jsonFields returns a struct's fields by their JSON names, and the names in
// order.
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
	switch err {
	case nil:
		return nil
	case io.EOF, io.ErrUnexpectedEOF:
		err = errors.New("the text ends too early")
	}
	if path == "" {
		path = "scenario"
	}
	return fmt.Errorf("%s: %w", path, err)
}

// clip keeps a message about a long value short.
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
