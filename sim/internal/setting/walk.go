package setting

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// fieldCache has the result of Fields, by type.
var fieldCache sync.Map

// Fields returns the index of each field of a struct by its name in JSON. Fields that
// are not in the JSON form are left out.
func Fields(t reflect.Type) map[string]int {
	if known, ok := fieldCache.Load(t); ok {
		return known.(map[string]int)
	}
	fields := map[string]int{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields[name] = i
		}
	}
	fieldCache.Store(t, fields)
	return fields
}

// field returns the field of a struct by its name in JSON.
func field(v reflect.Value, name string) reflect.Value {
	i, ok := Fields(v.Type())[name]
	if !ok {
		panic(fmt.Sprintf("setting: %v has no field %s", v.Type(), name))
	}
	return v.Field(i)
}

// each follows the path from v.
func each(v reflect.Value, path string, f func(reflect.Value) error) (string, error) {
	name, rest, more := strings.Cut(path, ".")
	list := strings.HasSuffix(name, "[]")
	name = strings.TrimSuffix(name, "[]")
	v = field(v, name)
	if list {
		for i := range v.Len() {
			if at, err := into(v.Index(i), rest, more, f); err != nil {
				return join(fmt.Sprintf("%s[%d]", name, i), at), err
			}
		}
		return "", nil
	}
	at, err := into(v, rest, more, f)
	return join(name, at), err
}

// into calls f with v, or follows the rest of the path, if there is more of it.
func into(v reflect.Value, rest string, more bool, f func(reflect.Value) error) (string, error) {
	if !more {
		return "", f(v)
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", nil
		}
		v = v.Elem()
	}
	return each(v, rest, f)
}

func join(path, rest string) string {
	if rest == "" {
		return path
	}
	return path + "." + rest
}
