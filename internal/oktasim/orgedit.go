package oktasim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// AddUser adds a user and returns the id: the given one or, when it is empty, a new one that sorts after all before it. Status, dates,
// credentials, mobilePhone and secondEmail are filled in when absent. A login is needed, and one that nobody has yet.
func (o *Org) AddUser(u User) (id string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.addUser(u)
}

func (o *Org) addUser(u User) (string, error) {
	if u.ID == "" {
		u.ID = o.mint()
	}
	if u.Login() == "" {
		return "", fmt.Errorf("user %s has no login: give profile.login", u.ID)
	}
	if u.Status == "" {
		u.Status = "ACTIVE"
	}
	now := o.stamp()
	if u.Created == "" {
		u.Created = now
		if u.Activated == "" && u.Status != "STAGED" {
			u.Activated, u.StatusChanged = now, now
		}
	}
	if u.LastUpdated == "" {
		u.LastUpdated = u.Created
	}
	u.Profile = maps.Clone(u.Profile)
	for _, key := range []string{"firstName", "lastName", "mobilePhone", "secondEmail"} {
		if _, ok := u.Profile[key]; !ok {
			u.Profile[key] = nil
		}
	}
	if _, ok := u.Profile["email"]; !ok {
		u.Profile["email"] = u.Login()
	}
	if u.Credentials == nil {
		u.Credentials = json.RawMessage(`{"password":{},"provider":{"type":"OKTA","name":"OKTA"}}`)
	}
	if _, taken := o.find(u.ID); taken {
		return "", fmt.Errorf("there is a user with the id %s already", u.ID)
	}
	return u.ID, o.put(u, u.ID)
}

func (o *Org) mint() string {
	id := o.gen.userID(o.minted)
	o.minted++
	return id
}

// put stores a user in the place of oldID, or as a new one. The caller holds the lock.
func (o *Org) put(u User, oldID string) error {
	if i, taken := o.loginTaken(u.Login(), oldID); taken {
		return fmt.Errorf("the login %s belongs to user %s: logins are unique, whatever their case", u.Login(), o.idOf(o.entries[i]))
	}
	for key, value := range u.Profile {
		if value == nil && !slices.Contains(alwaysThere, key) {
			delete(u.Profile, key)
		}
	}
	body, err := u.encode()
	if err != nil {
		return err
	}
	o.insert(&record{key: u.ID, body: body, state: u.Status, signIn: u.Login()})
	o.noteAttributes(gjson.GetBytes(body, "profile"))
	return nil
}

// alwaysThere are the attributes that a profile shows also when they have no value, then as null. All others are absent.
var alwaysThere = []string{"firstName", "lastName", "login", "email", "mobilePhone", "secondEmail"}

func (o *Org) insert(r *record) {
	i, found := o.find(r.key)
	if found {
		o.entries[i] = entry{rec: r}
	} else {
		o.entries = slices.Insert(o.entries, i, entry{rec: r})
	}
	o.version.Add(1)
}

func (o *Org) loginTaken(login, exceptID string) (int, bool) {
	i := slices.IndexFunc(o.entries, func(e entry) bool {
		return strings.EqualFold(o.loginOf(e), login) && o.idOf(e) != exceptID
	})
	return max(i, 0), i >= 0
}

// Edit changes the user of an id or login: change gets a copy that is stored when it returns nil. lastUpdated follows the clock, and
// statusChanged when the status changed. The id cannot change.
func (o *Org) Edit(idOrLogin string, change func(*User) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	i, ok := o.lookUp(idOrLogin)
	if !ok {
		return fmt.Errorf("the org has no user %s", idOrLogin)
	}
	if r := o.entries[i].rec; r != nil && r.odd {
		return fmt.Errorf("user %s is a raw record, which is served as it was given: remove it and add another", idOrLogin)
	}
	u, err := o.user(o.entries[i])
	if err != nil {
		return fmt.Errorf("user %s: %w", idOrLogin, err)
	}
	id, status := u.ID, u.Status
	if err := change(&u); err != nil {
		return err
	}
	if u.ID != id {
		return errors.New("an id never changes: Recreate gives a person a new one")
	}
	if u.Login() == "" {
		return fmt.Errorf("user %s cannot be without a login", id)
	}
	u.LastUpdated = o.stamp()
	if u.Status != status {
		u.StatusChanged = u.LastUpdated
	}
	return o.put(u, id)
}

// SetStatus sets a user's status, for example to DEPROVISIONED.
func (o *Org) SetStatus(idOrLogin, status string) error {
	return o.Edit(idOrLogin, func(u *User) error {
		u.Status = status
		return nil
	})
}

// SetProfile sets an attribute of a user's profile; nil clears it, which makes it absent (mobilePhone, secondEmail and names: null).
func (o *Org) SetProfile(idOrLogin, attribute string, value any) error {
	return o.Edit(idOrLogin, func(u *User) error {
		u.Profile[attribute] = value
		return nil
	})
}

// Rename sets a user's first and last name; the login stays.
func (o *Org) Rename(idOrLogin, first, last string) error {
	return o.Edit(idOrLogin, func(u *User) error {
		u.Profile["firstName"], u.Profile["lastName"] = first, last
		if _, ok := u.Profile["displayName"]; ok {
			u.Profile["displayName"] = first + " " + last
		}
		return nil
	})
}

// SetLogin sets a user's login. It fails when another user has it.
func (o *Org) SetLogin(idOrLogin, login string) error { return o.SetProfile(idOrLogin, "login", login) }

// RemoveUser deletes a user, who is then in no answer and in no group.
func (o *Org) RemoveUser(idOrLogin string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	i, ok := o.lookUp(idOrLogin)
	if !ok {
		return fmt.Errorf("the org has no user %s", idOrLogin)
	}
	o.removeAt(i)
	return nil
}

func (o *Org) removeAt(i int) {
	id := o.idOf(o.entries[i])
	for _, g := range o.groups {
		o.dropMember(g, id)
	}
	o.entries = slices.Delete(o.entries, i, i+1)
	o.version.Add(1)
}

// Recreate deletes a user and makes the same person again, with the same profile and groups, under a new id, which it returns.
func (o *Org) Recreate(idOrLogin string) (newID string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i, ok := o.lookUp(idOrLogin)
	if !ok {
		return "", fmt.Errorf("the org has no user %s", idOrLogin)
	}
	oldID := o.idOf(o.entries[i])
	var groups []*group
	for _, g := range o.groups {
		if _, in := slices.BinarySearch(g.members, oldID); in {
			groups = append(groups, g)
		}
	}
	u, err := o.user(o.entries[i])
	if err != nil || u.ID != oldID {
		return "", fmt.Errorf("user %s is a raw record, which nobody can recreate", idOrLogin)
	}
	o.removeAt(i)
	newID, err = o.addUser(User{Status: u.Status, Profile: u.Profile, Credentials: u.Credentials})
	if err != nil {
		return "", err
	}
	for _, g := range groups {
		o.addMember(g, newID)
	}
	return newID, nil
}

// AddRaw adds a record that is served exactly as given, whatever it is: no object, no id, a status that OKTA does not have. Its place
// in the lists is that of its id or, when it has none, of a new one, which is returned and by which RemoveUser finds it.
func (o *Org) AddRaw(value json.RawMessage) (id string, err error) {
	if !json.Valid(value) {
		return "", errors.New("a raw record must be JSON: use a fault for a page that is not")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	key := gjson.GetBytes(value, "id").Str
	if key == "" {
		key = o.mint()
	}
	if _, taken := o.find(key); taken {
		return "", fmt.Errorf("there is a user with the id %s already", key)
	}
	o.insert(&record{key: key, body: value, odd: true, state: gjson.GetBytes(value, "status").Str, signIn: gjson.GetBytes(value, "profile.login").Str})
	return key, nil
}
