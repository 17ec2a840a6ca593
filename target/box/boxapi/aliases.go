package boxapi

import (
	"context"
	"net/http"
)

// EmailAlias is an e-mail address that leads to a user beside their login.
type EmailAlias struct {
	ID          ID     `json:"id"`
	Type        string `json:"type"`
	Email       string `json:"email"`
	IsConfirmed bool   `json:"is_confirmed"`
}

func (a EmailAlias) identity() ID { return a.ID }

// ListEmailAliases reads the e-mail aliases of a user,
// GET /users/:id/email_aliases. The login is not among them.
func (c *Client) ListEmailAliases(ctx context.Context, user ID) ([]EmailAlias, error) {
	page, err := list[EmailAlias](ctx, c, newRequest(http.MethodGet, "/users/%s/email_aliases", user), 0)
	return page.Entries, err
}
