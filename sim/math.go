package sim

import "github.com/respool/respool/sim/internal/exact"

// The logarithm and exponential of package math differ in their last digits from
// machine to machine, and with a last digit a whole run changes.

// ln returns the natural logarithm of a positive number.
func ln(x float64) float64 { return exact.Ln(x) }

// exp returns e to the power of x.
func exp(x float64) float64 { return exact.Exp(x) }
