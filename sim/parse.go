package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Parse reads a scenario from JSON, and validates it. What it refuses it names
// by its path, such as pool.max_active.
func Parse(data []byte) (*Scenario, error) {
	s := new(Scenario)
	if err := decode(reflect.ValueOf(s).Elem(), data, ""); err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// decode fills v from data. encoding/json does the same, but says of a field
// that it does not know only its name, and of a bad value not where it stands.
func decode(v reflect.Value, data json.RawMessage, path string) error {
	if _, own := v.Addr().Interface().(json.Unmarshaler); own {
		return at(path, json.Unmarshal(data, v.Addr().Interface()))
	}
	switch v.Kind() {
	case reflect.Pointer:
		if bytes.Equal(data, []byte("null")) {
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return decode(v.Elem(), data, path)
	case reflect.Struct:
		return decodeStruct(v, data, path)
	case reflect.Slice:
		var items []json.RawMessage
		if err := json.Unmarshal(data, &items); err != nil {
			return at(path, fmt.Errorf("must be a list"))
		}
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			if err := decode(v.Index(i), item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := json.Unmarshal(data, v.Addr().Interface()); err != nil {
		return at(path, fmt.Errorf("%s is not %s", data, kindWord(v.Kind())))
	}
	return nil
}

func decodeStruct(v reflect.Value, data json.RawMessage, path string) error {
	var fields map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&fields); err != nil {
		return at(path, fmt.Errorf("must be an object: %v", err))
	}
	if path == "" && d.More() {
		return fmt.Errorf("scenario: there is something after its end")
	}
	byName := map[string]int{}
	var names []string
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name != "-" {
			byName[name] = i
			names = append(names, name)
		}
	}
	for name := range fields {
		if _, known := byName[name]; !known {
			return at(join(path, name), fmt.Errorf("there is no such field; there are %s", strings.Join(names, ", ")))
		}
	}
	for _, name := range names {
		if raw, set := fields[name]; set {
			if err := decode(v.Field(byName[name]), raw, join(path, name)); err != nil {
				return err
			}
		}
	}
	return nil
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
