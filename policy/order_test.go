package policy_test

import (
	"testing"

	"github.com/respool/respool/policy"
)

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		order policy.Order
		name  string
		valid bool
	}{
		{policy.LIFO, "LIFO", true},
		{policy.FIFO, "FIFO", true},
		{policy.FIFO + 1, "Order(2)", false},
		{255, "Order(255)", false},
	} {
		if got := c.order.String(); got != c.name {
			t.Errorf("Order %d is called %q, want %q", uint8(c.order), got, c.name)
		}
		if got := c.order.Valid(); got != c.valid {
			t.Errorf("%v.Valid() = %v, want %v", c.order, got, c.valid)
		}
	}
}

func TestOrderOfZeroValueIsLIFO(t *testing.T) {
	var zero policy.Order
	if zero != policy.LIFO {
		t.Errorf("the zero Order is %v", zero)
	}
}
