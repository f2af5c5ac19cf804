package oktasim

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/tidwall/gjson"
)

// A User is one person of an org. Dates are in OKTA's form (2006-01-02T15:04:05.000Z); an empty one is null.
type User struct {
	ID              string
	Status          string
	Created         string
	Activated       string
	StatusChanged   string
	LastLogin       string
	LastUpdated     string
	PasswordChanged string
	Profile         map[string]any  // attribute names as OKTA spells them; values as encoding/json makes them
	Credentials     json.RawMessage // an object
}

// Login returns the user's login, empty when the profile has none that is text.
func (u User) Login() string {
	login, _ := u.Profile["login"].(string)
	return login
}

// encode returns the user object without _links and without the closing brace, which only an answer knows.
func (u User) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	value := func(key string, v any) error {
		if b.Len() > 0 {
			b.Truncate(b.Len() - 1) // Encode ends with a line end
			b.WriteByte(',')
		} else {
			b.WriteByte('{')
		}
		fmt.Fprintf(&b, "%q:", key)
		return enc.Encode(v)
	}
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	for _, f := range []struct {
		key   string
		value any
	}{
		{"id", u.ID}, {"status", u.Status}, {"created", orNull(u.Created)}, {"activated", orNull(u.Activated)},
		{"statusChanged", orNull(u.StatusChanged)}, {"lastLogin", orNull(u.LastLogin)}, {"lastUpdated", orNull(u.LastUpdated)},
		{"passwordChanged", orNull(u.PasswordChanged)}, {"type", map[string]string{"id": "oty1a2b3c4d5e6f7g8h9"}},
		{"profile", u.Profile}, {"credentials", u.Credentials},
	} {
		if err := value(f.key, f.value); err != nil {
			return nil, fmt.Errorf("user %s: %s: %w", u.ID, f.key, err)
		}
	}
	b.Truncate(b.Len() - 1)
	return b.Bytes(), nil
}

// decodeUser reads a user object. Numbers keep their spelling.
func decodeUser(object []byte) (User, error) {
	var o struct {
		ID, Status      string
		Created         *string
		Activated       *string
		StatusChanged   *string
		LastLogin       *string
		LastUpdated     *string
		PasswordChanged *string
		Profile         map[string]any
		Credentials     json.RawMessage
	}
	dec := json.NewDecoder(bytes.NewReader(object))
	dec.UseNumber()
	if err := dec.Decode(&o); err != nil {
		return User{}, err
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return User{
		ID: o.ID, Status: o.Status, Created: text(o.Created), Activated: text(o.Activated), StatusChanged: text(o.StatusChanged),
		LastLogin: text(o.LastLogin), LastUpdated: text(o.LastUpdated), PasswordChanged: text(o.PasswordChanged),
		Profile: o.Profile, Credentials: o.Credentials,
	}, nil
}

// An item is a record of a list: what a search looks at, and what an answer is made of.
type item interface {
	id() string
	status() string // empty for what has none
	get(path string) gjson.Result
	appendJSON(b []byte, base string) []byte
}

// A record is a user who differs from what a generator gives, or comes from a seed.
type record struct {
	key    string // what the org sorts by: the id, also when the object shows none
	body   []byte // the object without _links and closing brace; all of it when odd
	odd    bool   // served exactly as the seed has it, to try what a client makes of a bad record
	state  string
	signIn string
}

func (r *record) id() string                   { return r.key }
func (r *record) status() string               { return r.state }
func (r *record) get(path string) gjson.Result { return gjson.GetBytes(r.body, path) }

func (r *record) appendJSON(b []byte, base string) []byte {
	b = append(b, r.body...)
	if r.odd {
		return b
	}
	return appendUserLinks(b, base, r.key)
}

func appendUserLinks(b []byte, base, id string) []byte {
	b = append(b, `,"_links":{"self":{"href":"`...)
	b = append(b, base...)
	b = append(b, "/api/v1/users/"...)
	b = append(b, id...)
	return append(b, `"}}}`...)
}

// A madeUp is a user that a generator gives. It is rendered when something asks for more than id and status.
type madeUp struct {
	gen  generator
	i    int64
	body []byte
}

func (m *madeUp) id() string     { return m.gen.userID(m.i) }
func (m *madeUp) status() string { return m.gen.statusOf(m.i) }

func (m *madeUp) get(path string) gjson.Result {
	if m.body == nil {
		m.body = m.gen.appendUser(nil, m.i)
	}
	return gjson.GetBytes(m.body, path)
}

func (m *madeUp) appendJSON(b []byte, base string) []byte {
	if m.body == nil {
		b = m.gen.appendUser(b, m.i)
	} else {
		b = append(b, m.body...)
	}
	b = append(b, `,"_links":{"self":{"href":"`...)
	b = append(b, base...)
	b = append(b, "/api/v1/users/"...)
	b = m.gen.appendID(b, "00u", m.i)
	return append(b, `"}}}`...)
}
