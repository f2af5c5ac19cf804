package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// boundMemory bounds the garbage of the program, for as long as it runs. What
// a run remembers of a million people is 12 MB, and with Go's own rule as much
// again of garbage: a run over them took 73 MB, and takes 60 with this bound.
// One over 100,000 is not slower for it. The rest of a run's memory is
// SQLite's and the program. A GOGC or GOMEMLIMIT of the administrator stays.
//
// The first collection comes at 8 MB instead of 4: a program that only starts,
// checks or reads a little ends before it, and it took a tenth of its time.
// From then on Go's own rule holds within the bound, so that a run's peak is
// what it was.
func boundMemory(getenv func(string) string) {
	if getenv("GOGC") != "" || getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(200)
	debug.SetMemoryLimit(heapLimit(0))
	afterCollection(func() {
		debug.SetGCPercent(100)
		followHeap(heapLimit(0))
	})
}

// afterCollection calls f once, some time after the next collection.
func afterCollection(f func()) {
	type collected struct{ _ *collected } // unreachable at once
	runtime.AddCleanup(&collected{}, func(f func()) { f() }, f)
}

// followHeap raises and lowers the memory limit with the live heap after each
// collection, since below what is live a limit would have Go collect without
// end.
func followHeap(limit int64) {
	afterCollection(func() {
		next := heapLimit(liveHeap())
		if next != limit {
			debug.SetMemoryLimit(next)
		}
		followHeap(next)
	})
}

// heapLimit is the memory limit for a live heap. Up to 16 MB a run of any size
// has room for 2 MB of garbage; of what a script holds beyond, half may lie
// about as garbage, so that collecting it does not become the work.
func heapLimit(live int64) int64 {
	const own = 5 << 20 // stacks, and the runtime's own tables
	return max(20<<20, own+live+max(2<<20, (live-12<<20)/2))
}

func liveHeap() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(s[0].Value.Uint64())
}
