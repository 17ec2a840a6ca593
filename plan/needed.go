package plan

// Words names the change as reports do, such as "add ann@acme.example in Board".
func (c *Change) Words() string {
	if c.User.ID != 0 {
		return c.Kind.String() + " " + c.User.Login + " in " + c.Group.Name
	}
	return c.Kind.String() + " " + c.Group.Name
}

// Needed returns the words of the changes that others of the plan need, by id. The
// words of one that the plan does not have are its id.
func (p *Plan) Needed() map[string]string {
	words := map[string]string{}
	for i := range p.Changes {
		for _, id := range p.Changes[i].Needs {
			words[id] = id
		}
	}
	for i := range p.Changes {
		if c := &p.Changes[i]; words[c.ID] != "" {
			words[c.ID] = c.Words()
		}
	}
	return words
}
