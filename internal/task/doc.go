// Package task holds the stealable side of a future: the record that sits in a deque, its identity, its outcome, and the
// form in which it crosses the wire once a remote thief has won it.
//
// A [Task] costs nothing but memory until then: it has no [ID], no bytes and no name on the network. The owner gives it
// an ID in the moment it is lent to another peer.
package task
