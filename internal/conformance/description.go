package conformance

import (
	"context"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// tokenPath is the one operation that is not below the API's root.
const tokenPath = "/oauth2/token"

// Description is Box's description of the part of its API that is ours.
type Description struct {
	router routers.Router
}

// Load reads a description from a file. It takes a third of a second: share it.
func Load(path string) (*Description, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the description %s: %w", path, err)
	}
	if doc.Paths.Value("/group_memberships") == nil || doc.Paths.Value(tokenPath) == nil {
		return nil, fmt.Errorf("read the description %s: it is not of Box's API: no memberships or no tokens", path)
	}
	// Box's examples do not fit Box's schemas.
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("read the description %s: %w", path, err)
	}
	trim(doc)
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("read the description %s: %w", path, err)
	}
	return &Description{router: router}, nil
}

// trim leaves the paths that are about groups, users, events and tokens, on any
// host. Each path costs time in every search for a route.
func trim(doc *openapi3.T) {
	doc.Servers = openapi3.Servers{{URL: "/2.0"}}
	for path, item := range doc.Paths.Map() {
		switch {
		case path == tokenPath:
			item.Servers = openapi3.Servers{{URL: "/"}}
		case !ours(path):
			doc.Paths.Delete(path)
		}
	}
}

func ours(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "groups", "group_memberships", "users", "events":
		return true
	}
	return false
}
