package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// A Recorder writes every request and its answer into a case's folder. It
// keeps no request header, so no token; bodies are kept as they are, with the
// people in them. It is safe for concurrent use.
type Recorder struct {
	dir string
	mu  sync.Mutex
	n   int
}

// NewRecorder returns a recorder into dir, which is made. A folder that holds
// recordings is refused: two recordings in one would answer each other's
// requests.
func NewRecorder(dir string) (*Recorder, error) {
	old, err := filepath.Glob(filepath.Join(dir, "exchanges", "*.http"))
	if err != nil {
		return nil, err
	}
	if len(old) > 0 {
		return nil, fmt.Errorf("%s holds a recording already; name another folder", dir)
	}
	// Only this account may read what people's data is in.
	if err := os.MkdirAll(filepath.Join(dir, "exchanges"), 0o700); err != nil {
		return nil, err
	}
	return &Recorder{dir: dir}, nil
}

// Wrap returns a RoundTripper that records what next does.
func (r *Recorder) Wrap(next http.RoundTripper) http.RoundTripper { return recording{r, next} }

type recording struct {
	r    *Recorder
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper. A recording that cannot be written
// fails the request: half a case would replay as something that never was.
func (rec recording) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := rec.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, rerr := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), errReader{rerr}))
	if rerr != nil {
		return resp, nil // a body that broke off is for the client to see; there is nothing to record
	}
	e := &Exchange{Method: req.Method, URL: req.URL, Sent: sent, Status: resp.StatusCode, Header: resp.Header, Body: body}
	if err := rec.r.write(e); err != nil {
		return nil, errors.Join(fmt.Errorf("the exchange could not be recorded: %w", err))
	}
	return resp, nil
}

// errReader ends a body as the recorded one ended.
type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	return 0, io.EOF
}

func (r *Recorder) write(e *Exchange) error {
	r.mu.Lock()
	r.n++
	n := r.n
	r.mu.Unlock()
	name := filepath.Base(e.URL.Path)
	name = strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return '-'
	}, name)
	return os.WriteFile(filepath.Join(r.dir, "exchanges", fmt.Sprintf("%03d-%s.http", n, name)), e.Text(), 0o600)
}

// Finish writes everything of a case but its exchanges, which are there.
func (r *Recorder) Finish(c *Case) error {
	if c.Script != nil {
		if err := os.WriteFile(filepath.Join(r.dir, "script.amsx"), c.Script, 0o600); err != nil {
			return err
		}
	}
	return errors.Join(
		writeFiles(r.dir, c.Called),
		writeRows(filepath.Join(r.dir, "start"), c.Start),
		writeRows(filepath.Join(r.dir, "expect"), c.Rows),
		writeFiles(filepath.Join(r.dir, "files"), c.Files),
		writeFiles(filepath.Join(r.dir, "expect", "files"), c.FilesAfter),
		os.WriteFile(filepath.Join(r.dir, "case.toml"), c.settings(), 0o600),
	)
}
