// Package arch holds the rules of the house as tests: the floor plan (who may import whom, and why), the size and
// tidiness of files, and a snapshot of the exported API. It has no code of its own.
//
// A rule that fails names the place and its reason. Rules change like code does, in a commit that says why; the API
// snapshots are rewritten with
//
//	go test ./internal/arch -run TestAPI -update
//
// Model: go/build/deps_test.go and api/ of the Go repository, tidy.zig of TigerBeetle.
package arch
