package batch

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/amsx-lang/amsx/internal/redact"
	"github.com/amsx-lang/amsx/internal/webapi"
)

// TestPack asks the host of a pack whether the pack is right, the way OKTA
// answers: its public description of the org, then one user with the token.
// It returns what it found, a line each, and the first thing that is wrong.
func TestPack(ctx context.Context, packs *Packs, name string, cfg webapi.Config) ([]string, error) {
	c, err := packs.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	cfg.Policy.AllowLoopbackHosts = append(cfg.Policy.AllowLoopbackHosts, c.Domain)
	cfg.Secrets = redact.New(c.Password)
	cfg.Limits.MaxRetries = -1 // a person waits for the answer
	client, err := webapi.New(cfg)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()

	resp, err := client.Do(ctx, &webapi.Request{URL: c.URL + "/.well-known/okta-organization"})
	if err != nil {
		return nil, err
	}
	var org struct{ ID string }
	if err := json.Unmarshal(resp.Body, &org); err != nil || org.ID == "" {
		return nil, fmt.Errorf("%s answers, but not as an OKTA org does: is the pack's Domain right?", c.Domain)
	}
	found := []string{fmt.Sprintf("%s answers: it is the OKTA org %s", c.Domain, org.ID)}
	resp, err = client.Do(ctx, &webapi.Request{
		URL: c.URL + "/api/v1/users?limit=1", Credential: webapi.StaticCredential(c.Name, c.Hosts, "SSWS "+c.Password),
	})
	if err != nil {
		return found, err
	}
	var users []json.RawMessage
	if err := json.Unmarshal(resp.Body, &users); err != nil {
		return found, fmt.Errorf("%s does not answer with a list of users: is it an OKTA org?", c.Domain)
	}
	found = append(found, "The token is accepted and may read users.")
	if limit := resp.Header.Get("X-Rate-Limit-Limit"); limit != "" {
		found = append(found, "Calls a minute that OKTA grants it: "+limit)
	}
	return found, nil
}
