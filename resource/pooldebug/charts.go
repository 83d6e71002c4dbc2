package pooldebug

import "github.com/respool/respool/resource"

// chartsOf draws the histograms of a pool. There are none without Config.Histograms.
func chartsOf(st resource.Stats) (all []chart) {
	for _, h := range histograms(st) {
		all = append(all, chartOf(h.name, h.about, h.of))
	}
	return all
}

type namedHistogram struct {
	name, about string
	of          resource.Histogram
}

func histograms(st resource.Stats) []namedHistogram {
	h := st.Histograms
	if h == nil {
		return nil
	}
	return []namedHistogram{
		{"Wait", "in the queue, until it ended in whatever way", h.Wait},
		{"Use", "from acquire to release", h.Use},
		{"Open", "that succeeded", h.Open},
		{"Test", "on borrow and in the background", h.Test},
		{"Close", "or until the pool no longer waited for it", h.Close},
	}
}
