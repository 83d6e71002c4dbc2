package sim

// TotalQuantile returns the total time, in seconds, that a share q of the granted
// requests did not exceed.
func (r *Report) TotalQuantile(q float64) float64 { return r.histogramsOf.total.Quantile(q).Seconds() }
