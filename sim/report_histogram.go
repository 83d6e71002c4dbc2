package sim

// WaitHistogram returns the waits of the requests that were granted. A report that
// was read from JSON has none.
func (r *Report) WaitHistogram() Histogram {
	if r.histogramsOf == nil {
		return Histogram{}
	}
	return r.histogramsOf.wait.clone()
}

// TotalHistogram returns the times from arrival to the end of the lease. A report
// that was read from JSON has none.
func (r *Report) TotalHistogram() Histogram {
	if r.histogramsOf == nil {
		return Histogram{}
	}
	return r.histogramsOf.total.clone()
}
