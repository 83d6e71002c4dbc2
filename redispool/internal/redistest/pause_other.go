//go:build !unix

package redistest

// Pause skips the test: a process cannot be stopped and continued here.
func (s *Server) Pause() {
	s.t.Helper()
	s.t.Skip("needs SIGSTOP, which this system does not have")
}

// Resume does nothing, for nothing was paused.
func (s *Server) Resume() {}
