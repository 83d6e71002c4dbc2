package sim_test

import (
	"fmt"

	"github.com/respool/respool/sim"
)

// Stats come from a pool's own statistics, as encoding/json writes them, or from a debug
// page. [sim.Advise] takes the difference of two of them.
func ExampleParseStats() {
	earlier, err := sim.ParseStats([]byte(`{"MaxActive": 10, "Active": 10, "Acquired": 900, "TimedOut": 4}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	later, err := sim.ParseStats([]byte(`{"MaxActive": 10, "Active": 10, "Acquired": 1900, "TimedOut": 9}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	st, err := later[0].Since(&earlier[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d refused with %d connections\n", st.Refused, st.MaxActive)
	// Output:
	// 5 refused with 10 connections
}
