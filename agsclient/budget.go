package agsclient

import "sync"

// Budget bounds what all the listings take in memory that the clients of one
// platform have read and that are still in use: limits that hold for one listing
// bound nothing where many are read at once. It is safe for concurrent use.
type Budget struct {
	max    int64
	advice string

	mu   sync.Mutex
	used int64
}

// NewBudget makes a budget of so many bytes. advice is what a person can do once
// it is spent, and ends the error's text.
func NewBudget(max int64, advice string) *Budget { return &Budget{max: max, advice: advice} }

// Raise makes the budget no less than so many bytes.
func (b *Budget) Raise(max int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.max < max {
		b.max = max
	}
}

// Account is for one client, or for several that are used and done with together.
func (b *Budget) Account() *Account { return &Account{budget: b, listings: map[string]int64{}} }

// Account is the part of a [Budget] that its listings take. A listing that is read
// again takes the place of what it was before, and one that failed takes nothing.
// A nil Account bounds nothing.
type Account struct {
	budget   *Budget
	listings map[string]int64 // by URL; under the budget's mutex, as the others are
	kept     int64
	used     int64 // all of its part
	crowded  bool
}

// take adds to what is used, of the budget and of the account's part of it.
func (a *Account) take(n int64) {
	a.used += n
	a.budget.used += n
}

// Crowded tells whether a listing was refused since it was last asked, while others
// than this account had a part of the budget: alone, there may be room.
func (a *Account) Crowded() bool {
	if a == nil {
		return false
	}
	a.budget.mu.Lock()
	defer a.budget.mu.Unlock()
	was := a.crowded
	a.crowded = false
	return was
}

// Keep says that of all that was read so far only so many bytes are still in use.
func (a *Account) Keep(n int64) {
	if a == nil {
		return
	}
	a.budget.mu.Lock()
	defer a.budget.mu.Unlock()
	for _, read := range a.listings {
		a.take(-read)
	}
	clear(a.listings)
	a.take(n - a.kept)
	a.kept = n
}

// Tally is what one reading of a listing takes, about. It is for one goroutine.
type Tally struct {
	account *Account
	url     string
	used    int64
}

// Tally begins a reading of the listing at a URL. It must be ended.
func (a *Account) Tally(url string) *Tally { return &Tally{account: a, url: url} }

// Add counts so many bytes more, as an element's Cost says. An error is one that
// [TooMuch] tells.
func (t *Tally) Add(n int) error {
	if t.account == nil {
		return nil
	}
	b := t.account.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+int64(n) > b.max {
		t.account.crowded = t.account.crowded || b.used > t.account.used
		return tooMuch("the platform shows more than %s in all: %s", size(b.max), b.advice)
	}
	t.account.take(int64(n))
	t.used += int64(n)
	return nil
}

// Forget says that nothing that was counted so far is in use: it has to be read
// again.
func (t *Tally) Forget() {
	if t.account == nil {
		return
	}
	b := t.account.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	t.account.take(-t.used)
	t.used = 0
}

// End tells whether the elements were of use to anyone.
func (t *Tally) End(useful bool) {
	if !useful {
		t.Forget()
		return
	}
	if t.account == nil {
		return
	}
	b := t.account.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	t.account.take(-t.account.listings[t.url])
	t.account.listings[t.url] = t.used
}

// What an element takes, in bytes, beside its texts: rather too much than too
// little, for each is kept in a map or is copied once more by who uses it.
const (
	resultCost   = 144
	memberCost   = 320
	roleCost     = 48
	lineItemCost = 1024
	extraCost    = 160
)

// Cost counts who has which grade. The other members name what has been asked for.
func (r Result) Cost() int { return resultCost + len(r.UserID) + len(r.Comment) }

// Cost is about how many bytes it takes.
func (m Member) Cost() int {
	n := memberCost + len(m.UserID) + len(m.Status) + len(m.Name) + len(m.Email) + len(m.SourcedID)
	for _, role := range m.Roles {
		n += roleCost + len(role)
	}
	return n
}

// Cost is about how many bytes it takes.
func (l LineItem) Cost() int {
	n := lineItemCost + 2*len(l.ID) + len(l.Label) + len(l.ResourceID) + len(l.Tag) + len(l.ResourceLinkID)
	for name, raw := range l.Extra {
		n += extraCost + len(name) + len(raw)
	}
	return n
}
