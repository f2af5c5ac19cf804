package oktasim

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"
)

// A Server is a simulator that listens on an address.
type Server struct {
	*Sim
	URL     string // scheme, host and port
	RootPEM []byte // with Config.TLS: the root certificate, in PEM form, that a client has to trust

	server *http.Server
	served chan error
}

// Start makes a simulator and serves it on a free port of 127.0.0.1. The caller closes the server.
func Start(cfg Config) (*Server, error) { return Listen(cfg, "127.0.0.1:0") }

// Listen is Start on an address of the caller's choice, such as 127.0.0.1:8080.
func Listen(cfg Config, address string) (*Server, error) {
	sim, err := New(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{Sim: sim, served: make(chan error, 1)}
	s.server = &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	if cfg.Log != nil {
		s.server.ErrorLog = log.New(lineWriter(cfg.Log), "", 0)
	}
	if cfg.TLS {
		pair, root, err := newCertificate(time.Now())
		if err != nil {
			return nil, fmt.Errorf("no certificate could be made: %w", err)
		}
		s.RootPEM = root
		s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the simulator cannot listen: %w", err)
	}
	s.URL = "http://" + listener.Addr().String()
	serve := s.server.Serve
	if cfg.TLS {
		s.URL = "https://" + listener.Addr().String()
		serve = func(l net.Listener) error { return s.server.ServeTLS(l, "", "") }
	}
	go func() { s.served <- serve(listener) }()
	return s, nil
}

// A lineWriter gives what net/http has to say, such as a failed TLS handshake, to a Config's Log.
type lineWriter func(string)

func (w lineWriter) Write(b []byte) (int, error) {
	w(string(bytes.TrimSpace(b)))
	return len(b), nil
}

// Close ends the server at once, answers under way included, and returns why it ended when that was not Close. It is called once.
func (s *Server) Close() error {
	if err := s.server.Close(); err != nil {
		return fmt.Errorf("the simulator cannot be closed: %w", err)
	}
	if err := <-s.served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
