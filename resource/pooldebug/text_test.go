package pooldebug

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/resource"
)

// TestTextHasEveryFigure gives each figure of Stats a number of its own, and looks for it.
func TestTextHasEveryFigure(t *testing.T) {
	var st resource.Stats
	next := int64(100_000)
	want := map[string]string{}
	fillIn(reflect.ValueOf(&st).Elem(), "", &next, want)
	delete(want, "WaitDuration") // the mean wait is shown instead
	delete(want, "MaxIdle")
	st.WaitDuration = time.Duration(st.WaitCount) * 7 * time.Millisecond
	want["the mean wait"] = "7ms"
	text := summary(st)
	for _, table := range totals(st) {
		text += "\n" + table.nonZero()
	}
	text += "\n" + strings.Join(findings(resource.Inspection{Stats: st}, nil), "\n")
	for name, figure := range want {
		if !strings.Contains(text, figure) {
			t.Errorf("%s, %s, is not in\n%s", name, figure, text)
		}
	}
	if len(want) < 30 {
		t.Errorf("there are only %d figures", len(want))
	}
}

func fillIn(v reflect.Value, prefix string, next *int64, want map[string]string) {
	for i := range v.NumField() {
		field, name := v.Field(i), prefix+v.Type().Field(i).Name
		switch field.Kind() {
		case reflect.Struct:
			fillIn(field, name+".", next, want)
			continue
		case reflect.Int, reflect.Int64:
			field.SetInt(*next)
		case reflect.Uint64:
			field.SetUint(uint64(*next))
		default:
			continue
		}
		want[name] = fmt.Sprint(*next)
		*next++
	}
}
