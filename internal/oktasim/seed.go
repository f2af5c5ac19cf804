package oktasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A seedFile is what ReadSeed reads.
type seedFile struct {
	Users  []json.RawMessage `json:"users"`
	Groups []seedGroup       `json:"groups"`
}

type seedGroup struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Type        string   `json:"type,omitempty"`
	Members     []string `json:"members"`
}

// A seedUser is a user object of OKTA's, of which only profile.login is needed.
type seedUser struct {
	ID              string          `json:"id"`
	Status          string          `json:"status"`
	Created         string          `json:"created"`
	Activated       string          `json:"activated"`
	StatusChanged   string          `json:"statusChanged"`
	LastLogin       string          `json:"lastLogin"`
	LastUpdated     string          `json:"lastUpdated"`
	PasswordChanged string          `json:"passwordChanged"`
	Profile         map[string]any  `json:"profile"`
	Credentials     json.RawMessage `json:"credentials"`
	Raw             json.RawMessage `json:"raw"`

	// What recorded answers have besides. It is read, so that an answer can be pasted into a seed, and not used.
	Type          json.RawMessage `json:"type"`
	Links         json.RawMessage `json:"_links"`
	Embedded      json.RawMessage `json:"_embedded"`
	RealmID       json.RawMessage `json:"realmId"`
	Transitioning json.RawMessage `json:"transitioningToStatus"`
}

// ReadSeed reads an org from JSON:
//
//	{"users":  [{"id": "00u1", "status": "ACTIVE", "profile": {"login": "zoe@example.com", "firstName": "Zoë"}}],
//	 "groups": [{"id": "00g1", "name": "Staff", "members": ["00u1"]}]}
//
// Of a user only profile.login is needed, of a group the name; members are ids or logins. What is absent is filled in: status ACTIVE,
// ids in the order of the file, e-mail from the login. A user written {"raw": …} is served exactly so, for bad records. The group
// Everyone is always there. Unknown keys are errors, so that a misspelled one is not taken for an absent one.
func ReadSeed(r io.Reader) (*Org, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	var file seedFile
	if err := strictly(data, &file); err != nil {
		return nil, err
	}
	org := NewOrg()
	for i, text := range file.Users {
		if err := org.addSeedUser(text); err != nil {
			return nil, fmt.Errorf("users[%d]: %w", i, err)
		}
	}
	for i, g := range file.Groups {
		if _, err := org.AddGroup(g.group()); err != nil {
			return nil, fmt.Errorf("groups[%d]: %w", i, err)
		}
	}
	return org, nil
}

func (g seedGroup) group() Group {
	return Group(g)
}

// seedTime is when everything in a seed happened that gives no time: fixtures must not depend on the day.
const seedTime = "2024-01-15T08:00:00.000Z"

func (o *Org) addSeedUser(text json.RawMessage) error {
	var u seedUser
	if err := strictly(text, &u); err != nil {
		return err
	}
	if u.Raw != nil {
		_, err := o.AddRaw(u.Raw)
		return err
	}
	user := User{
		ID: u.ID, Status: u.Status, Created: u.Created, Activated: u.Activated, StatusChanged: u.StatusChanged, LastLogin: u.LastLogin,
		LastUpdated: u.LastUpdated, PasswordChanged: u.PasswordChanged, Profile: u.Profile, Credentials: u.Credentials,
	}
	if user.Profile == nil {
		return errors.New("profile is missing: give at least {\"profile\": {\"login\": \"zoe@example.com\"}}")
	}
	if user.Created == "" {
		user.Created = seedTime
		if user.Activated == "" && user.Status != "STAGED" {
			user.Activated, user.StatusChanged = seedTime, seedTime
		}
	}
	_, err := o.AddUser(user)
	return err
}

// strictly decodes one JSON value without unknown keys and with numbers as they are written. Errors say where.
func strictly(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
			return fmt.Errorf("line %d is not JSON: %w", line, err)
		}
		return err
	}
	if dec.More() {
		return errors.New("something follows after the end of the JSON")
	}
	return nil
}
