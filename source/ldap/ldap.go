// Package ldap reads a roster from a directory: OpenLDAP, Active Directory, and what
// speaks as they do.
package ldap

import (
	"fmt"
	"time"
)

// Source is a directory as a source of a roster. It keeps nothing between reads, and
// may be used by several goroutines.
type Source struct {
	config   Config
	strategy strategy
}

// New checks the configuration and returns the source. It asks no server. All
// problems are reported at once.
func New(config Config) (*Source, error) {
	config = config.Resolved()
	if config.Now == nil {
		config.Now = time.Now
	}
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("configure source %q: %w", config.Name, err)
	}
	return &Source{config: config, strategy: strategy{largeDirectory, fewPeople}}, nil
}
