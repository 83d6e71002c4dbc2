package sim

// ledgerOracle is the ledger's own look at its invariants, and whether an event
// that the contract allows makes it panic.
func ledgerOracle() oracle {
	return oracle{name: "ledger", after: func(w *witness) string {
		if w.broken != nil {
			return w.broken.Error()
		}
		return ""
	}}
}
