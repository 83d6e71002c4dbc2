package report

import "testing"

func TestFillKeepsWhatIsNotTheProgrammes(t *testing.T) {
	const (
		begin = "<!-- the tables: written by the program, from results.json -->\n"
		end   = "<!-- end of the tables -->\n"
	)
	page, err := Fill("a\n"+begin+"old\n"+end+"b\n", "the tables", "new")
	if want := "a\n" + begin + "\nnew\n" + end + "b\n"; page != want || err != nil {
		t.Errorf("got %q, %v", page, err)
	}
	if _, err := Fill("no marks", "the tables", "new"); err == nil {
		t.Error("no error without marks")
	}
}

func TestFillKeepsTheMarks(t *testing.T) {
	const page = "<!-- prometheus: written by go run . -write -->\nold\n<!-- end of prometheus -->\n"
	got, err := Fill(page, "prometheus", "new")
	if want := "<!-- prometheus: written by go run . -write -->\n\nnew\n<!-- end of prometheus -->\n"; got != want || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
