package oktasim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"

	"github.com/tidwall/gjson"
)

// A Group is one group of an org, as Groups returns it.
type Group struct {
	ID, Name, Description, Type string
	Members                     []string // ids, ascending
}

// A group is the stored form. Its methods are those of an item.
type group struct {
	key, name, kind   string
	description       string // empty is null, as genuine answers have it
	created, updated  string
	membershipUpdated string
	members           []string // ids, ascending
	everyone          bool     // all users of the org, whatever members says
}

func (g *group) id() string     { return g.key }
func (g *group) status() string { return "" }

func (g *group) get(path string) gjson.Result {
	return gjson.GetBytes(g.appendJSON(nil, ""), path)
}

func (g *group) appendJSON(b []byte, base string) []byte {
	text := func(s string) {
		quoted, err := json.Marshal(s)
		if err != nil { // a string always has a JSON form
			panic(err)
		}
		b = append(b, quoted...)
	}
	b = append(b, `{"id":`...)
	text(g.key)
	b = append(b, `,"created":"`+g.created+`","lastUpdated":"`+g.updated+`","lastMembershipUpdated":"`+g.membershipUpdated+
		`","objectClass":["okta:user_group"],"type":"`+g.kind+`","profile":{"name":`...)
	text(g.name)
	b = append(b, `,"description":`...)
	if g.description == "" {
		b = append(b, "null"...)
	} else {
		text(g.description)
	}
	self := base + "/api/v1/groups/" + g.key
	b = append(b, `},"_links":{"logo":[{"name":"medium","href":"`+base+`/img/logos/groups/odyssey/okta-medium.png","type":"image/png"}],`...)
	return append(b, `"users":{"href":"`+self+`/users"},"apps":{"href":"`+self+`/apps"}}}`...)
}

func (o *Org) addEveryone() {
	day := string(appendTime(nil, firstSecond))
	o.groups = []*group{{
		key: string(o.gen.appendID(nil, "00g", 0)), name: "Everyone", kind: "BUILT_IN", description: "All users in your organization",
		created: day, updated: day, membershipUpdated: day, everyone: true,
	}}
}

func (o *Org) generateGroups(count int) {
	for n := range count {
		g := &group{key: string(o.gen.appendID(nil, "00g", int64(n+1))), kind: "OKTA_GROUP"}
		h := o.gen.hash(int64(n), 9)
		g.created = string(appendTime(nil, firstSecond+h%86400*300))
		g.updated, g.membershipUpdated = g.created, string(appendTime(nil, lastSecond-h%86400))
		switch {
		case n >= 2 && n == count-1:
			g.name = "Nobody yet"
		case n < len(departments):
			g.name, g.description = departments[n], "Members of "+departments[n]
			for i := range o.gen.n {
				if o.gen.department(i) == departments[n] {
					g.members = append(g.members, o.gen.userID(i))
				}
			}
		default:
			p := n - len(departments)
			g.name = "Project " + projectNames[p%len(projectNames)]
			if round := p / len(projectNames); round > 0 {
				g.name += " " + strconv.Itoa(round+1)
			}
			if h%4 == 0 {
				g.kind = "APP_GROUP"
			}
			step := max(o.gen.n/int64(1+h>>8%300), 1)
			for i := int64(h >> 20 % uint64(step)); i < o.gen.n; i += step {
				g.members = append(g.members, o.gen.userID(i))
			}
		}
		o.groups = append(o.groups, g)
	}
}

// Groups returns all groups in the order of their ids.
func (o *Org) Groups() []Group {
	o.mu.RLock()
	defer o.mu.RUnlock()
	groups := make([]Group, len(o.groups))
	for i, g := range o.groups {
		groups[i] = Group{ID: g.key, Name: g.name, Description: g.description, Type: g.kind, Members: slices.Clone(g.members)}
		if g.everyone {
			groups[i].Members = make([]string, len(o.entries))
			for k, e := range o.entries {
				groups[i].Members[k] = o.idOf(e)
			}
		}
	}
	return groups
}

// group finds a group by id, else by name. The caller holds the lock.
func (o *Org) group(idOrName string) (*group, error) {
	if g := o.groupByID(idOrName); g != nil {
		return g, nil
	}
	for _, g := range o.groups {
		if g.name == idOrName {
			return g, nil
		}
	}
	return nil, fmt.Errorf("the org has no group %q", idOrName)
}

func (o *Org) groupByID(id string) *group {
	i := sort.Search(len(o.groups), func(i int) bool { return o.groups[i].key >= id })
	if i < len(o.groups) && o.groups[i].key == id {
		return o.groups[i]
	}
	return nil
}

// AddGroup adds a group and returns its id: the given one or, when it is empty, a new one. Members are ids or logins.
func (o *Org) AddGroup(g Group) (id string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.stamp()
	stored := &group{key: g.ID, name: g.Name, kind: g.Type, description: g.Description, created: now, updated: now, membershipUpdated: now}
	if stored.key == "" {
		stored.key = string(o.gen.appendID(nil, "00g", o.minted+int64(len(o.groups))))
		o.minted++
	}
	if stored.kind == "" {
		stored.kind = "OKTA_GROUP"
	}
	if o.groupByID(stored.key) != nil {
		return "", fmt.Errorf("there is a group with the id %s already", stored.key)
	}
	if err := o.nameIsFree(stored.name); err != nil {
		return "", err
	}
	for _, m := range g.Members {
		i, ok := o.lookUp(m)
		if !ok {
			return "", fmt.Errorf("group %q: the org has no user %s", g.Name, m)
		}
		o.addMember(stored, o.idOf(o.entries[i]))
	}
	i := sort.Search(len(o.groups), func(i int) bool { return o.groups[i].key >= stored.key })
	o.groups = slices.Insert(o.groups, i, stored)
	o.version.Add(1)
	return stored.key, nil
}

// RemoveGroup deletes a group; its members stay.
func (o *Org) RemoveGroup(idOrName string) error {
	return o.editGroup(idOrName, func(g *group) error {
		o.groups = slices.DeleteFunc(o.groups, func(other *group) bool { return other == g })
		return nil
	})
}

// nameIsFree returns an error unless a group may be given the name.
func (o *Org) nameIsFree(name string) error {
	if name == "" {
		return errors.New("a group needs a name")
	}
	for _, g := range o.groups {
		if g.name == name {
			return fmt.Errorf("there is a group %s with the name %q already", g.key, name)
		}
	}
	return nil
}

// RenameGroup gives a group another name, which no other group has.
func (o *Org) RenameGroup(idOrName, name string) error {
	return o.editGroup(idOrName, func(g *group) error {
		if err := o.nameIsFree(name); err != nil {
			return err
		}
		g.name, g.updated = name, o.stamp()
		return nil
	})
}

// AddMember puts a user, by id or login, into a group.
func (o *Org) AddMember(idOrName, user string) error {
	return o.editGroup(idOrName, func(g *group) error {
		i, ok := o.lookUp(user)
		if !ok {
			return fmt.Errorf("the org has no user %s", user)
		}
		o.addMember(g, o.idOf(o.entries[i]))
		return nil
	})
}

// RemoveMember takes a user, by id or login, out of a group.
func (o *Org) RemoveMember(idOrName, user string) error {
	return o.editGroup(idOrName, func(g *group) error {
		i, ok := o.lookUp(user)
		if !ok || !o.dropMember(g, o.idOf(o.entries[i])) {
			return fmt.Errorf("group %q has no member %s", g.name, user)
		}
		return nil
	})
}

func (o *Org) editGroup(idOrName string, change func(*group) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	g, err := o.group(idOrName)
	if err != nil {
		return err
	}
	if g.everyone {
		return fmt.Errorf("the group %s cannot be changed: it always holds all users", g.name)
	}
	if err := change(g); err != nil {
		return err
	}
	o.version.Add(1)
	return nil
}

func (o *Org) addMember(g *group, userID string) {
	if i, in := slices.BinarySearch(g.members, userID); !in {
		g.members, g.membershipUpdated = slices.Insert(g.members, i, userID), o.stamp()
	}
}

func (o *Org) dropMember(g *group, userID string) bool {
	i, in := slices.BinarySearch(g.members, userID)
	if in {
		g.members, g.membershipUpdated = slices.Delete(g.members, i, i+1), o.stamp()
	}
	return in
}
