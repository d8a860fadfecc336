package steal

// assert stops the process when an invariant of the protocol is broken. That is always a bug of ours, never the doing of
// another peer: what peers send is checked, counted and dropped.
func assert(ok bool, invariant string) {
	if !ok {
		panic("steal: broken invariant: " + invariant)
	}
}
