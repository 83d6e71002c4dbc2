package sim

import (
	"errors"
	"fmt"
	"math"
	"sort"
)

// Keys is several pools under limits that hold over all of them, as those of a
// resource.Keyed: the servers of many tenants, or the nodes of a cluster. Pool is that
// of each key. The workload is that of all keys together, and each request is for a key
// that is drawn. Its retries and all of its leases are for the same key. The budget for
// retries is that of all keys together.
type Keys struct {
	// Count is how many keys there are. Zero is one pool, and no keys.
	Count int `json:"count,omitempty"`
	// Skew is the exponent of Zipf's law: the requests for the n-th key are 1/n^Skew as many
	// as those for the first. Zero: all keys are alike.
	Skew float64 `json:"skew,omitempty"`
	// MaxActive is the most connections over all keys. Zero: no limit but that of each key.
	MaxActive int `json:"max_active,omitempty"`
	// MaxIdle is the most idle connections over all keys, with the meaning of Pool.MaxIdle.
	MaxIdle int `json:"max_idle,omitempty"`
}

// KeysReport is about the keys. Times are in seconds.
type KeysReport struct {
	Keys int `json:"keys"` // that had requests
	// LongestWait is that of a granted request, and WorstKey the key of that request.
	// LongestToMean is LongestWait, divided by the mean wait of all granted requests.
	LongestWait   float64 `json:"longest_wait"`
	LongestToMean float64 `json:"longest_to_mean"`
	WorstKey      int     `json:"worst_key"`
	// Displaced counts idle connections that were closed for a request of another key.
	// Reopens counts openings that follow: those of a key that had lost a connection so.
	Displaced  uint64      `json:"displaced"`
	Reopens    uint64      `json:"reopens"`
	PeakActive int         `json:"peak_active"` // the most connections over all keys
	Each       []KeyReport `json:"each"`
}

// KeyReport is about one key. The first is the one with the most requests. Times are in seconds.
type KeyReport struct {
	Key             int     `json:"key"` // from 0
	Share           float64 `json:"share"`
	Requests        uint64  `json:"requests"`
	Granted         uint64  `json:"granted"`
	RefusedFraction float64 `json:"refused_fraction"`
	WaitMean        float64 `json:"wait_mean"`
	WaitP99         float64 `json:"wait_p99"`
	WaitMax         float64 `json:"wait_max"`
	LongestToMean   float64 `json:"longest_to_mean"` // WaitMax by the mean wait over all keys
	PeakActive      int     `json:"peak_active"`
	Opens           uint64  `json:"opens"`
	Displaced       uint64  `json:"displaced"` // of its connections, for other keys
	Reopens         uint64  `json:"reopens"`
	// Calls is nil if each request is a call, as in [Report].
	Calls *CallCounts `json:"calls,omitempty"`
}

// zipf has the shares of keys, added up.
type zipf []float64

func newZipf(n int, skew float64) zipf {
	z := make(zipf, n)
	sum := 0.0
	for i := range z {
		sum += exp(float64(-skew * ln(float64(i+1))))
		z[i] = sum
	}
	return z
}

// pick returns the key at a point from 0 to 1.
func (z zipf) pick(x float64) int {
	at := float64(x * z[len(z)-1])
	return min(sort.Search(len(z), func(i int) bool { return z[i] > at }), len(z)-1)
}

func (z zipf) share(i int) float64 {
	before := 0.0
	if i > 0 {
		before = z[i-1]
	}
	return (z[i] - before) / z[len(z)-1]
}

const (
	mostKeys = 1000 // within memory
	mostSkew = 10
)

// validateKeys checks what depends on several fields.
func (s *Scenario) validateKeys() error {
	k, p := &s.Keys, &s.Pool
	switch {
	case k.Count == 0 && *k != (Keys{}):
		return errors.New("keys: there is no keys.count")
	case k.Count == 0:
		return nil
	case k.Count > mostKeys:
		return fmt.Errorf("keys.count: %d is above %d, the most that a simulation has", k.Count, mostKeys)
	case !(k.Skew >= 0 && k.Skew <= mostSkew):
		return fmt.Errorf("keys.skew: %v is not from 0 to %d", k.Skew, mostSkew)
	case s.Fleet.Instances > 0:
		return errors.New("keys.count: a fleet has no keys")
	case k.MaxIdle < 0 && p.MinIdle > 0:
		return errors.New("keys.max_idle: none may be idle, and pool.min_idle wants some")
	case k.MaxActive > 0 && p.MinIdle > k.MaxActive, k.MaxIdle > 0 && p.MinIdle > k.MaxIdle:
		return fmt.Errorf("pool.min_idle: %d of one key is above what all keys may have", p.MinIdle)
	case p.Lifetime != nil || p.Eviction != nil || p.Gate != nil:
		return errors.New("keys.count: policies of your own would be those of all keys at once")
	case s.Workload.Nested:
		return errors.New("workload.nested: a request for a key takes one connection at a time, since no run with keys looks for deadlocks")
	}
	return nil
}

// limits returns the limits over all keys, as a ledger.Total has them.
func (k *Keys) limits() (maxActive, maxIdle int) {
	maxActive, maxIdle = k.MaxActive, k.MaxIdle
	if maxActive == 0 {
		maxActive = math.MaxInt32
	}
	switch {
	case maxIdle < 0:
		maxIdle = 0
	case maxIdle == 0:
		maxIdle = maxActive
	}
	return maxActive, maxIdle
}

// capacity is the most connections that can be leased at a time; zero: any number.
func (s *Scenario) capacity() int {
	if s.Keys.Count == 0 {
		return s.Pool.MaxActive
	}
	most := s.Keys.MaxActive
	if each := s.Pool.MaxActive; each > 0 && (most == 0 || s.Keys.Count*each < most) {
		most = s.Keys.Count * each
	}
	return most
}
