package batch

import (
	"context"

	"github.com/amsx-lang/amsx/amsx"
	"github.com/amsx-lang/amsx/internal/control"
	"github.com/amsx-lang/amsx/runtime"
)

// Packs gives runs the credential packs of a control database. Key is asked
// for when the first pack is opened, so that a run without packs needs none.
type Packs struct {
	DB   *control.DB
	Key  func() (*control.Key, error)
	Used string // the transformation, for the pack's list of users
}

// Open implements runtime.Packs.
func (p *Packs) Open(ctx context.Context, name string) (runtime.Credential, error) {
	key, err := p.Key()
	if err != nil {
		return runtime.Credential{}, err
	}
	c, err := p.DB.OpenPack(ctx, key, name, control.PackUse{Name: p.Used})
	if err != nil {
		return runtime.Credential{}, err
	}
	return amsx.Pack{Domain: c.Domain, Username: c.Username, Password: c.Password.Reveal(), Hosts: c.Hosts}.Credential(c.Name)
}

// Names implements runtime.Packs.
func (p *Packs) Names(ctx context.Context) ([]string, error) {
	names, err := p.DB.PackNames(ctx)
	if err == nil && names == nil {
		names = []string{} // no packs is known too
	}
	return names, err
}
