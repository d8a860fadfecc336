// Package launch holds the words that pass between the scoopp2p launcher and the processes it starts, and both ends of
// the pipes they travel on. The launcher uses [Start] and [Process]; the started program uses [FromEnv] and [Child].
//
// # Pipes
//
// Each process inherits two pipes. The environment variable SCOOPP2P_LAUNCH names them, as "version:down:up" with the
// numbers of the descriptors (on Windows: of the handles). Nothing else is passed by argument or environment; above all
// not the one-job key, which anybody on the machine could read there (CVE-2023-43621 was such a leak).
//
//   - Down, launcher to process: first a [Spec], then [Interrupt], [Gone] and [Leave]. It stays open for as long as the
//     launcher lives, so that its end of file is the lifeline: the launcher is gone, even by kill -9, and the process
//     must exit at once. No time-out can tell that so soon or so surely, and it needs no cooperation of the dying.
//   - Up, process to launcher: a [Hello], then [Ready], [Joined], [Lost], [Fatal], [Stats].
//
// # Lines
//
// Both carry lines of JSON, {"kind":"ready","body":{…}}, each at most [MaxLineBytes] long. Longer lines, lines that are
// not JSON, unknown kinds and unknown fields are skipped: a launcher and a program of different builds still understand
// what they share, and a program that is not ours but happens to write to the descriptor does no harm. JSON and not the
// codec of the network: a dozen messages in a job, and one can read them with strace.
//
// # Signals
//
// A program that called [FromEnv] hears of a Ctrl-C by [Interrupt]. On a terminal the origin shares the foreground group
// with the launcher and the terminal sends it the same SIGINT as well; it should ignore SIGINT from then on, or it counts
// one key press twice. Workers live in process groups of their own, which no key of the terminal reaches.
//
// # Goroutines
//
// A Child has two, one per pipe, both ended by Close or by the launcher's end. A Process has three: one waits for the
// process on a thread of its own (see Start), two serve the pipes; they end when the process has ended and Close was called.
package launch
