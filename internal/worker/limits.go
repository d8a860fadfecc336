package worker

const (
	// windowSize is the number of newest tasks that a worker keeps to itself before it spills the older half of them to
	// its public deque. A thief never sees them; the owner publishes them when somebody hungers.
	windowSize = 256
	// maxInlineDepth bounds the tasks that run on top of each other on one goroutine's stack; deeper ones continue on
	// a fresh stack. A Go stack grows by copying, so that one huge stack costs more than many of a thousand levels.
	maxInlineDepth = 1 << 10
	// maxIdleStrands is how many goroutines per worker wait for a slot to be handed on to them; more than that end.
	maxIdleStrands = 8
	// maxFree bounds a worker's free list per function, in records.
	maxFree = 1 << 12
	// sweepChildren is the number of children at which a running task lets go of the records of finished ones.
	sweepChildren = 1 << 10
	// remoteHunger is what remote thieves add to the count of hungry workers: more than any number of public tasks, so that
	// they may take what they will.
	remoteHunger = 1 << 30
	// idleRounds is how often a worker looks everywhere again before it sleeps.
	idleRounds = 4
	// flushRuns is after how many tasks run in place a worker publishes its counters.
	flushRuns = 1 << 10
)
