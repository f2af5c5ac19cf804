package control

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
)

// PlanCode makes the code that signs a plan of a site, with the key of that id.
// It follows from the master key and from nothing that lies in the folder of
// the site, so a copy of that folder signs no plan.
func (k *Key) PlanCode(id, site string) (hash.Hash, error) {
	identity := k.identity(id)
	if identity == nil {
		return nil, fmt.Errorf("it was signed with the master key %s, and this account has %s: make and apply a plan as the same account, or with the same AMSX_MASTER_KEY", id, k)
	}
	key, err := hkdf.Key(sha256.New, []byte(identity.String()), []byte(site), "amsx plan v1", sha256.Size)
	if err != nil {
		return nil, err
	}
	return hmac.New(sha256.New, key), nil
}
