package policy

// Timed is an optional interface of policies. A policy implements it to say that it
// needs no time. A pool reads no clock if none of its policies needs the time.
type Timed interface {
	// Timed reports whether the policy's answers depend on the time.
	Timed() bool
}

// IsTimed reports whether a policy needs the time. Nil does not, and neither does a
// policy whose method of [Timed] returns false. Every other policy is timed.
func IsTimed(policy any) bool {
	if policy == nil {
		return false
	}
	t, ok := policy.(Timed)
	return !ok || t.Timed()
}
