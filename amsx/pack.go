package amsx

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/amsx-lang/amsx/internal/webapi"
	"github.com/amsx-lang/amsx/lexer"
	"github.com/amsx-lang/amsx/runtime"
)

// A Pack is a credential pack that the program itself keeps. As the Packs of
// RunOptions it is opened by any name; use [Packs] for several. Printing one
// does not show the password.
type Pack struct {
	Domain   string // as administrators write it: acme.okta.com or https://acme.okta.com
	Username string
	Password string   // for OKTA the API token
	Hosts    []string // host[:port] that the password may go to besides Domain
}

// Credential is the pack as a script opens it under name. It fails when Domain
// is not the address of a host.
func (p Pack) Credential(name string) (runtime.Credential, error) {
	base, _, err := webapi.ParseDomain(p.Domain)
	if err != nil {
		return runtime.Credential{}, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return runtime.Credential{}, err
	}
	return runtime.Credential{
		Name: name, URL: base, Domain: u.Host, Username: p.Username, Password: p.Password,
		Hosts: append([]string{u.Host}, p.Hosts...),
	}, nil
}

// Open implements runtime.Packs.
func (p Pack) Open(_ context.Context, name string) (runtime.Credential, error) {
	return p.Credential(name)
}

// Names implements runtime.Packs: not known, so that no name is refused.
func (Pack) Names(context.Context) ([]string, error) { return nil, nil }

// String names the pack's domain.
func (p Pack) String() string { return "credential pack for " + p.Domain }

// GoString is String.
func (p Pack) GoString() string { return p.String() }

// Packs are credential packs by name. Case does not matter when one is opened.
type Packs map[string]Pack

// Open implements runtime.Packs.
func (p Packs) Open(ctx context.Context, name string) (runtime.Credential, error) {
	for known, pack := range p {
		if runtime.EqualFold(known, name) {
			return pack.Credential(known)
		}
	}
	names, _ := p.Names(ctx)
	if near := lexer.Nearest(name, names); near != "" {
		return runtime.Credential{}, fmt.Errorf("there is no credential pack %q; did you mean %s?", name, near)
	}
	return runtime.Credential{}, fmt.Errorf("there is no credential pack %q", name)
}

// Names implements runtime.Packs.
func (p Packs) Names(context.Context) ([]string, error) {
	return slices.AppendSeq(make([]string, 0, len(p)), maps.Keys(p)), nil
}
