package report

import "testing"

func TestFillKeepsWhatIsNotTheProgrammes(t *testing.T) {
	const (
		begin = "<!-- the tables: written by the program, from results.json -->\n"
		end   = "<!-- end of the tables -->\n"
	)
	page, err := Fill("a\n"+begin+"old\n"+end+"b\n", "tables", "new")
	if want := "a\n" + begin + "\nnew\n" + end + "b\n"; page != want || err != nil {
		t.Errorf("got %q, %v", page, err)
	}
	if _, err := Fill("no marks", "tables", "new"); err == nil {
		t.Error("no error without marks")
	}
}
