package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
)

// stateVersion is the version of the state file that this package writes and
// the only one that it reads.
const stateVersion = 1

// tidy puts the lists in order, fills in defaults and compacts raw JSON, so
// that equal states are equal in memory and on disk. It leaves null entries to
// check.
func (st *State) tidy() {
	st.Client.PublicKey = compact(st.Client.PublicKey)
	if st.Courses == nil {
		st.Courses = map[string]*Course{}
	}
	for _, c := range st.Courses {
		if c != nil {
			c.tidy()
		}
	}
}

func (c *Course) tidy() {
	c.ResourceLinks = orEmpty(c.ResourceLinks)
	c.LineItems = order(c.LineItems, (*LineItem).key)
	for at, m := range c.Members {
		if m != nil {
			c.Members[at] = new(m.withDefaults())
		}
	}
	c.Members = order(c.Members, (*Member).key)
	next := 1
	for _, i := range c.LineItems {
		if i == nil {
			continue
		}
		next = max(next, i.Number+1)
		i.Results = order(i.Results, (*Result).key)
		if len(i.Extra) == 0 {
			i.Extra = nil
		}
		for name, value := range i.Extra {
			i.Extra[name] = compact(value)
		}
	}
	if c.NextLineItem == 0 {
		c.NextLineItem = next
	}
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func order[T any](list []*T, key func(*T) string) []*T {
	if !slices.Contains(list, nil) {
		slices.SortStableFunc(list, func(a, b *T) int { return strings.Compare(key(a), key(b)) })
	}
	return orEmpty(list)
}

// compact removes the space around JSON tokens. What is not JSON stays as it
// is, for check to find.
func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return raw
	}
	return b.Bytes()
}

// check tells the first thing that no request could have left behind. It
// expects a state that is tidy.
func (st *State) check() error {
	if st.Version != stateVersion {
		return fmt.Errorf("version %d of the state is not known (only %d is)", st.Version, stateVersion)
	}
	var key jose.JSONWebKey
	if err := json.Unmarshal(st.Client.PublicKey, &key); err != nil || !key.IsPublic() {
		return errors.New("client: publicKey is not the JWK of a public key")
	}
	if st.Client.ID == "" || st.Client.DeploymentID == "" {
		return errors.New("client: id and deploymentId are required")
	}
	for _, id := range slices.Sorted(maps.Keys(st.Courses)) {
		if err := checkCourseID(id); err != nil {
			return err
		}
		if err := st.Courses[id].check(); err != nil {
			return fmt.Errorf("course %q: %w", id, err)
		}
	}
	return nil
}

// checkCourseID refuses what cannot be a segment of a path.
func checkCourseID(id string) error {
	if isBlank(id) || id == "." || id == ".." || len(id) > 256 || !utf8.ValidString(id) {
		return fmt.Errorf("course id %q: it is blank, dots, longer than 256 bytes or not UTF-8", id)
	}
	return nil
}

func (c *Course) check() error {
	if c == nil || slices.Contains(c.LineItems, nil) || slices.Contains(c.Members, nil) {
		return errors.New("null where an object is expected")
	}
	if c.NextLineItem < 1 {
		return errors.New("nextLineItem is below 1")
	}
	for _, i := range c.LineItems {
		if i.Number < 1 || i.Number >= c.NextLineItem {
			return fmt.Errorf("line item %d is not below nextLineItem", i.Number)
		}
		if err := i.check(); err != nil {
			return fmt.Errorf("line item %d: %w", i.Number, err)
		}
	}
	for _, m := range c.Members {
		if err := m.check(); err != nil {
			return err
		}
	}
	return errors.Join(unique(c.LineItems, (*LineItem).key, "line item"), unique(c.Members, (*Member).key, "member"))
}

func (i *LineItem) check() error {
	if slices.Contains(i.Results, nil) {
		return errors.New("null where a result is expected")
	}
	if isBlank(i.Label) || !(i.ScoreMaximum > 0) || math.IsInf(i.ScoreMaximum, 0) {
		return errors.New("it needs a label and a scoreMaximum above 0")
	}
	if i.AllowedAttempts < 0 {
		return errors.New("allowedAttempts is below 0")
	}
	for name, value := range i.Extra {
		if !json.Valid(value) {
			return fmt.Errorf("extra member %q is not JSON", name)
		}
	}
	for _, r := range i.Results {
		if isBlank(r.UserID) {
			return errors.New("a result without a userId")
		}
		if r.Score != nil && (!(*r.Score >= 0) || math.IsInf(*r.Score, 0)) {
			return fmt.Errorf("the score of %q is not a number of 0 or more", r.UserID)
		}
		if !(r.Maximum >= 0) || math.IsInf(r.Maximum, 0) || r.Attempts < 0 {
			return fmt.Errorf("the maximum or attempts of %q are below 0", r.UserID)
		}
	}
	return unique(i.Results, (*Result).key, "result")
}

func (m *Member) check() error {
	if isBlank(m.UserID) || !utf8.ValidString(m.UserID) {
		return errors.New("a member without a user_id in UTF-8")
	}
	if !slices.Contains([]string{"Active", "Inactive", "Deleted"}, m.Status) {
		return fmt.Errorf("member %q: status %q is not Active, Inactive or Deleted", m.UserID, m.Status)
	}
	return nil
}

// unique looks at neighbours: the list is in order.
func unique[T any](list []*T, key func(*T) string, what string) error {
	for at := 1; at < len(list); at++ {
		if key(list[at-1]) == key(list[at]) {
			return fmt.Errorf("%s %q is there twice", what, key(list[at]))
		}
	}
	return nil
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }
