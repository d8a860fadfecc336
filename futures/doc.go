// Package futures runs functions as futures on the cores of this machine and on the machines of a swarm.
//
// A function is declared in a package variable and handled in main. Inside a task, and in the function given to [Main],
// everything is done through the context:
//
//	var Fib = futures.Declare[int, int]("fib")
//
//	func fib(ctx context.Context, n int) (int, error) {
//		if n < 2 {
//			return n, nil
//		}
//		left := futures.Submit(ctx, Fib, n-1) // onto this worker's deque: run here, or stolen
//		right, err := fib(ctx, n-2)
//		if err != nil {
//			return 0, err
//		}
//		l, err := left.Result(ctx)
//		return l + right, err
//	}
//
//	func main() {
//		Fib.Handle(fib)
//		futures.Main(func(ctx context.Context) error { ... })
//	}
//
// # What a future costs
//
// Tens of nanoseconds and no allocation, until another worker takes it; and it becomes bytes only when another machine
// does. So there is no chunk size to choose and no second API for small work.
//
// # What is promised
//
// A future belongs to the task that submitted it: when that returns, unfinished children are cancelled. A task that waits
// never blocks its worker, and never has a strange task run on its stack. A function may be begun more than once, if peers
// are lost (but see [AtMostOnce]); a future is completed once. On its own peer an argument is handed over as it is, and
// elsewhere as a copy: treat arguments and results as immutable. A context carries no values across Submit.
package futures
