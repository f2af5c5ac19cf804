package builtins

import (
	"time"

	"github.com/amsx-lang/amsx/runtime"
)

func logCommands() []*runtime.Command {
	return []*runtime.Command{
		{
			Name: "Log", Group: "Progress", Summary: "Writes a line to the run's log.", Doc: "A secret of a credential pack is refused.", Statement: true,
			Params: []runtime.Param{{Name: "level", Type: runtime.TextParam, Doc: "how grave it is", OneOf: []string{"debug", "info", "warning", "error"}},
				required("text", runtime.TextParam, "the line")},
			Examples: []runtime.Example{script("Set n = 3\nLog \"info\", \"%n% records\"\n", "3 records\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if l := c.Host().Log; l != nil {
					l.Line(c.Text(0), c.Text(1), c.Pos())
				}
				return runtime.Null(), nil
			},
		},
		{
			Name: "Warn", Group: "Progress", Summary: "Notes a warning, which is counted and shown with the run.", Doc: "Equal warnings are counted together.", Statement: true,
			Params:   []runtime.Param{required("text", runtime.TextParam, "the warning")},
			Examples: []runtime.Example{script("Warn \"No manager: %TRANSFORMATION%\"\n", "warning: No manager: example\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				if l := c.Host().Log; l != nil {
					l.Warn("", c.Text(0), c.Pos())
				}
				return runtime.Null(), nil
			},
		},
		{
			Name: "Progress", Group: "Progress", Summary: "Shows what the run is doing, in the batch job's Update column and on the terminal.", Statement: true,
			Params: []runtime.Param{required("text", runtime.TextParam, "what it is doing"), optional("done", runtime.NumberParam, "how much of it is done"),
				optional("total", runtime.NumberParam, "how much there is to do")},
			Examples: []runtime.Example{script("Progress \"Reading groups\", 2, 10\n", "progress: Reading groups 2/10\n")},
			Run: func(c *runtime.Call) (runtime.Value, error) {
				done, err := c.Int(1)
				if err != nil {
					return runtime.Null(), err
				}
				total, err := c.Int(2)
				if l := c.Host().Log; l != nil && err == nil {
					l.Progress(c.Text(0), done, total)
				}
				return runtime.Null(), err
			},
		},
		{
			Name: "Sleep", Group: "Progress", Summary: "Waits.", Doc: "Cancelling the run ends the wait at once.", Statement: true,
			Params: []runtime.Param{required("seconds", runtime.NumberParam, "how long; parts of a second count")}, Errors: []string{"the time is negative or longer than a day"},
			Examples: []runtime.Example{script("Sleep 0.01\nLog \"info\", \"awake\"\n", "awake\n")},
			Run:      func(c *runtime.Call) (runtime.Value, error) { return runtime.Null(), sleep(c, c.Arg(0)) },
		},
	}
}

// sleep waits for a number of seconds, or until the run is cancelled.
func sleep(c *runtime.Call, seconds runtime.Value) error {
	ms, err := runtime.Mul(seconds, runtime.Int(1000))
	if err != nil || seconds.IsNull() {
		return err
	}
	ms, err = runtime.Trunc(ms)
	n, ok := ms.Int64()
	if err != nil || !ok || n < 0 || n > 86_400_000 {
		return failf("the schedule of a transformation waits longer", "a script waits between 0 seconds and a day, not %s", seconds.Text())
	}
	t := time.NewTimer(time.Duration(n) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.Context().Done():
		return c.Context().Err()
	}
}
