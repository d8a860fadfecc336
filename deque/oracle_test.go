package deque

import "sync"

// oracle is the slow and obvious deque: a mutex around a slice, oldest first. The fast one must agree with it.
type oracle[T any] struct {
	mu sync.Mutex
	xs []*T
}

func (o *oracle[T]) Push(x *T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.xs = append(o.xs, x)
}

func (o *oracle[T]) Pop() *T {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.xs) == 0 {
		return nil
	}
	x := o.xs[len(o.xs)-1]
	o.xs = o.xs[:len(o.xs)-1]
	return x
}

func (o *oracle[T]) steal() (*T, Outcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.xs) == 0 {
		return nil, Empty
	}
	x := o.xs[0]
	o.xs = o.xs[1:]
	return x, Stolen
}

func (o *oracle[T]) oldest() *T {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.xs) == 0 {
		return nil
	}
	return o.xs[0]
}

func (o *oracle[T]) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.xs)
}
