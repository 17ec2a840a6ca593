package boxapi

import (
	"context"
	"fmt"
	"net/http"
)

// EmailAlias is an address of a user besides the login.
type EmailAlias struct {
	ID          ID     `json:"id"`
	Type        string `json:"type"` // email_alias
	Email       string `json:"email"`
	IsConfirmed bool   `json:"is_confirmed"` // the user has shown that the address is theirs
}

func (a EmailAlias) identity() ID { return a.ID }

// ListEmailAliases reads all addresses of a user but the login, which is never
// among them, GET /users/:id/email_aliases. Box does not page this list, and an
// answer with fewer rows than its total is an error. A user who is gone, or not
// visible, is [NotFound]. It costs one call for each user; there is no way to
// ask whose alias an address is.
func (c *Client) ListEmailAliases(ctx context.Context, user ID) ([]EmailAlias, error) {
	var got []EmailAlias
	err := c.send(ctx, newRequest(http.MethodGet, "/users/%s/email_aliases", user), func(body []byte) error {
		page, err := decodeList[EmailAlias](body)
		if err != nil {
			return err
		}
		if len(page.Entries) < page.TotalCount {
			return fmt.Errorf("%d of %d aliases", len(page.Entries), page.TotalCount)
		}
		got = page.Entries
		return nil
	})
	return got, err
}
