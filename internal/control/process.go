package control

import "os"

// A process is a process as others can recognise it.
type process struct {
	host    string
	machine string // where the pid means something: host, boot and process namespace; "" when unknown
	pid     int
	start   string // when it began, in whatever form the system has it; "" when unknown
}

func thisProcess() process {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	pid := os.Getpid()
	_, start := processState(pid)
	machine := ""
	if suffix, known := machineSuffix(); known {
		machine = host + suffix
	}
	return process{host: host, machine: machine, pid: pid, start: start}
}

// dead reports whether other, a process of the same machine, is certainly gone.
// A pid that is in use again by another process counts as gone.
func (p process) dead(other process) bool {
	if !p.near(other) {
		return false
	}
	alive, start := processState(other.pid)
	if !alive {
		return true
	}
	return other.start != "" && start != "" && other.start != start
}

// near reports whether the pid of other means something to p.
func (p process) near(other process) bool {
	return p.machine != "" && other.machine == p.machine
}
