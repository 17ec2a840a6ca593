package csv

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/source"
)

// Columns says which columns of the file mean what, by the names in its header
// row. Names are compared trimmed and without regard to case.
type Columns struct {
	Group string // required
	Login string // required
	// Role is the column of roles; "" means there is none. If the file has no
	// column of that name, everybody has Config.DefaultRole, unless
	// RoleRequired is set.
	Role string
	// Name is the column of display names; "" means there is none. A name that
	// is given must be in the file.
	Name string
	// SourceID is the column of the groups' stable ids; "" means there is none,
	// and a group is known by its name. A name that is given must be in the file.
	SourceID string
	// Description is the column of the groups' descriptions; "" means there is
	// none. A name that is given must be in the file.
	Description string
	// BoxID is the column of the ids of the Box groups that the groups are; ""
	// means there is none. A name that is given must be in the file.
	BoxID string
	// RoleRequired makes a missing role column an error. It is for a name that
	// somebody chose, so that a misspelt one is not taken for a file without
	// roles.
	RoleRequired bool
}

// DefaultColumns returns the columns of a configuration that names none.
func DefaultColumns() Columns {
	return Columns{Group: "group", Login: "login", Role: "role"}
}

// Config says what to read and what to expect of it.
type Config struct {
	Name string // the source's name in the configuration
	// Path is the file; a pattern of [filepath.Match], which means all the files
	// that match it, unless a file of that very name is there; or "-", which means
	// Stdin. A relative one starts at Dir.
	Path string
	// Dir is where relative paths start, and is no pattern; "" is the working
	// directory.
	Dir string
	// Stdin is read where Path is "-", once.
	Stdin io.Reader
	// Delimiter is between the fields; 0 means the one of , ; | and tab with which
	// the header row has the columns. Each file may have its own.
	Delimiter rune
	Columns   Columns
	// MaxAge is how long ago a file may have been modified; 0 is any time.
	MaxAge time.Duration
	// Now is the clock that MaxAge goes by; nil is [time.Now].
	Now func() time.Time
	// ChecksumFile lists the digests of the files, as sha256sum writes them; ""
	// means that nobody says what they must be.
	ChecksumFile string
	// DefaultRole is the role where the role column is missing or blank.
	DefaultRole source.Role
	// FailOnBadRow makes the fault of a single row fail the read, instead of
	// making the row's group partial. Rows that contradict each other count.
	FailOnBadRow bool
	// MinGroups and MinMemberships are how many there must be, at the least,
	// after duplicates are folded.
	MinGroups, MinMemberships int
}

// New checks the configuration and returns the source. It does not open the
// file. All problems are reported at once.
func New(config Config) (*Source, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("configure source %q: %w", config.Name, err)
	}
	return &Source{config: config, maxUnpacked: maxUnpacked}, nil
}

func (c Config) check() error {
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf("sources.%s.%s %s", c.Name, key, fmt.Sprintf(format, args...)))
	}
	if c.Name == "" || strings.ContainsRune(c.Name, ':') {
		fault("name", "is %q; give it a name without a colon", c.Name)
	}
	if c.Path == "" {
		fault("csv.path", "is empty; name the file to read")
	}
	if c.Path == stdin {
		c.checkStdin(fault)
	}
	if c.MaxAge < 0 {
		fault("csv.max_age", "is %s; use 0 or more", c.MaxAge)
	}
	if c.Delimiter != 0 && !validDelimiter(c.Delimiter) {
		fault("csv.delimiter", "is %q, which cannot separate fields; use a comma, a semicolon, a tab or |", c.Delimiter)
	}
	if c.DefaultRole > source.Admin {
		fault("csv.default_role", "is no role; use unstated, member or admin")
	}
	if c.MinGroups < 0 {
		fault("expect.min_groups", "is %d; use 0 or more", c.MinGroups)
	}
	if c.MinMemberships < 0 {
		fault("expect.min_memberships", "is %d; use 0 or more", c.MinMemberships)
	}
	seen := map[string]string{}
	for _, column := range c.Columns.list() {
		folded := foldHeader(column.name)
		switch other, taken := seen[folded]; {
		case folded == "" && column.required:
			fault("csv.columns."+column.key, "is empty; name the column")
		case folded != "" && taken:
			fault("csv.columns."+column.key, "is %q, and so is %s; one column cannot be both", column.name, other)
		case folded != "":
			seen[folded] = column.key
		}
	}
	return errors.Join(faults...)
}

// checkStdin checks what cannot be asked of standard input.
func (c Config) checkStdin(fault func(key, format string, args ...any)) {
	if c.Stdin == nil {
		fault("csv.path", "is -, and there is no standard input to read")
	}
	if c.MaxAge != 0 {
		fault("csv.max_age", "is about a file, and standard input has no age")
	}
	if c.ChecksumFile != "" {
		fault("csv.checksum_file", "is about a file, and standard input has no name to look for in it")
	}
}

// column is one entry of Columns, in a form that can be ranged over.
type column struct {
	key      string // in the configuration
	name     string
	required bool // to be in the file
}

// The places of the columns in Columns.list, and in reader.at.
const (
	groupColumn = iota
	loginColumn
	roleColumn
	nameColumn
	sourceIDColumn
	descriptionColumn
	boxIDColumn
	columnCount
	writtenCount = boxIDColumn // a Writer writes those before
)

func (c Columns) list() [columnCount]column {
	return [columnCount]column{
		groupColumn:    {key: "group", name: c.Group, required: true},
		loginColumn:    {key: "login", name: c.Login, required: true},
		roleColumn:     {key: "role", name: c.Role, required: c.RoleRequired},
		nameColumn:     {key: "name", name: c.Name, required: c.Name != ""},
		sourceIDColumn: {key: "source_id", name: c.SourceID, required: c.SourceID != ""},

		descriptionColumn: {key: "description", name: c.Description, required: c.Description != ""},

		boxIDColumn: {key: "box_id", name: c.BoxID, required: c.BoxID != ""},
	}
}

// validDelimiter keeps to what encoding/csv accepts: otherwise it would fail at
// the first row, with a message that names no key of the configuration.
func validDelimiter(r rune) bool {
	return r != 0 && r != '"' && r != '\r' && r != '\n' && utf8.ValidRune(r) && r != utf8.RuneError
}

func foldHeader(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
