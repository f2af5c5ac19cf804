// Package pgtest gives tests a PostgreSQL server of their own. A package whose
// tests need one says so in its TestMain, with [Run]; a test then asks for an
// empty database with [Database].
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Env names the server that tests use: a URL of a user who may make databases.
// Run sets it where it is not set; programs that a test starts inherit it.
const Env = "AMSX_TEST_POSTGRES"

// Run starts a server, runs the tests and stops it. Without the programs of
// PostgreSQL the tests that need it are skipped, by name.
func Run(m *testing.M) int {
	if os.Getenv(Env) != "" {
		return m.Run()
	}
	s, err := Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		if !errors.Is(err, exec.ErrNotFound) {
			return 1 // it is installed and does not start: that is a fault, not a reason to skip
		}
		return m.Run()
	}
	defer s.Stop()
	if err := os.Setenv(Env, s.URL("postgres")); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	return m.Run()
}

// Database makes an empty database and returns its URL. It skips the test where
// there is no server.
func Database(tb testing.TB) string {
	tb.Helper()
	return create(tb, "")
}

// Copy is Database for a copy of one that make has filled: the first test that
// names it makes it.
func Copy(tb testing.TB, name string, fill func(url string) error) string {
	tb.Helper()
	templates.Lock()
	defer templates.Unlock()
	made, ok := templates.names[name]
	if !ok {
		made = fmt.Sprintf("template%d", time.Now().UnixNano())
		do(tb, "CREATE DATABASE "+made)
		if err := fill(address(tb, made)); err != nil {
			tb.Fatal(err)
		}
		// A database can only be copied while nobody is connected to it.
		do(tb, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+made+"'")
		if templates.names == nil {
			templates.names = make(map[string]string)
		}
		templates.names[name] = made
	}
	return create(tb, " TEMPLATE "+made)
}

// templates are the databases that Copy has made for this test program.
var templates struct {
	sync.Mutex
	names map[string]string
}

func create(tb testing.TB, how string) string {
	tb.Helper()
	name := fmt.Sprintf("t%d", time.Now().UnixNano())
	do(tb, "CREATE DATABASE "+name+how)
	return address(tb, name)
}

// Drop removes a database before the tests end; of many, the disk would be full.
// "" is none.
func Drop(tb testing.TB, url string) {
	tb.Helper()
	if url == "" {
		return
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		tb.Fatal(err)
	}
	do(tb, "DROP DATABASE "+config.Database+" WITH (FORCE)")
}

// do runs a statement as the user who may make databases.
func do(tb testing.TB, q string) {
	tb.Helper()
	admin := os.Getenv(Env)
	if admin == "" {
		tb.Skip("needs PostgreSQL: install it (Debian: apt-get install postgresql), or give " + Env)
	}
	ctx := context.Background()
	c, err := pgx.Connect(ctx, admin)
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, q); err != nil {
		tb.Fatal(err)
	}
}

// address is the URL of a database of the server.
func address(tb testing.TB, name string) string {
	config, err := pgx.ParseConfig(os.Getenv(Env))
	if err != nil {
		tb.Fatal(err)
	}
	return fmt.Sprintf("postgres://%s@%s:%d/%s", config.User, config.Host, config.Port, name)
}

// A Server is a running PostgreSQL server that listens on loopback.
type Server struct {
	bin  string
	dir  string
	port int
	cmd  *exec.Cmd
	done chan struct{}
}

// program finds a program of PostgreSQL, which Debian keeps out of the path.
func program(name string) (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) > 0 {
		return found[len(found)-1], nil
	}
	return exec.LookPath(name)
}

// Start makes a data folder and starts a server on it. The error is
// exec.ErrNotFound where PostgreSQL is not installed.
func Start() (*Server, error) {
	initdb, err := program("initdb")
	if err != nil {
		return nil, err
	}
	s, err := startIn("", initdb)
	if err != nil && os.Geteuid() == 0 && os.TempDir() != "/tmp" {
		// The account that the server runs under may not get into root's own folder.
		s, err = startIn("/tmp", initdb)
	}
	return s, err
}

// startIn starts a server whose data is in a new folder in another one.
func startIn(folder, initdb string) (*Server, error) {
	dir, err := os.MkdirTemp(folder, "amsx-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: filepath.Dir(initdb), dir: dir}
	if err := own(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	cmd := exec.Command(initdb, "-D", s.data(), "-U", "amsx", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir = dir
	cmd.SysProcAttr = account(false)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w\n%s", err, out), os.RemoveAll(dir))
	}
	for range 5 {
		if err = s.begin(); err == nil {
			return s, nil
		}
	}
	return nil, errors.Join(err, os.RemoveAll(dir))
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// URL is the address of a database of the server.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://amsx@127.0.0.1:%d/%s", s.port, database)
}

// begin starts the server on its port, or on a free one.
func (s *Server) begin() error {
	port := s.port
	if port == 0 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		port = l.Addr().(*net.TCPAddr).Port
		l.Close()
	}
	var log strings.Builder
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", fmt.Sprint(port), "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200")
	cmd.Dir, cmd.Stderr, cmd.SysProcAttr = s.dir, &log, account(true)
	done := make(chan struct{})
	if err := launch(cmd, done); err != nil {
		return err
	}
	s.cmd, s.port, s.done = cmd, port, done
	for range 200 {
		select {
		case <-done:
			s.port = 0
			return fmt.Errorf("postgres ended: %s", log.String())
		case <-time.After(50 * time.Millisecond):
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		c, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			c.Close(ctx)
		}
		cancel()
		if err == nil {
			return nil
		}
	}
	s.halt(syscall.SIGQUIT)
	return errors.New("postgres did not answer within 10 seconds")
}

// halt ends the server with a signal and waits for it.
func (s *Server) halt(sig os.Signal) {
	_ = s.cmd.Process.Signal(sig) // an error: it has ended
	<-s.done
}

// Restart stops the server, at once as a power cut would when crash is set, and
// starts it again on the same port.
func (s *Server) Restart(crash bool) error {
	s.Halt(crash)
	return s.begin()
}

// Halt stops the server.
func (s *Server) Halt(crash bool) {
	if crash {
		s.halt(syscall.SIGQUIT)
		return
	}
	s.halt(os.Interrupt) // what PostgreSQL calls a fast shutdown
}

// Resume starts a server that was halted, on the same port.
func (s *Server) Resume() error { return s.begin() }

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	s.halt(syscall.SIGQUIT)
	_ = os.RemoveAll(s.dir) // in the folder for temporary files
}
