package sim

import (
	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/sim/internal/setting"
)

// config returns the ledger's configuration for the scenario's pool.
func (s *Scenario) config(newSlot func() *ledger.Slot) ledger.Config {
	c := setting.PoolOf(s).Config()
	c.NewSlot = newSlot
	p := &s.Pool
	if p.Lifetime != nil {
		c.Lifetime = p.Lifetime
	}
	if p.Eviction != nil {
		c.Eviction = p.Eviction
	}
	if p.Gate != nil {
		c.Gates = []policy.Gate{p.Gate}
	}
	return c
}
