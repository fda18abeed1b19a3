package ltiaas

import (
	"context"
	"errors"
	"net/http"
)

// ErrNoIDToken says that a service key does not open the id token: what the
// launch may do can then only be tried.
var ErrNoIDToken = errors.New("the id token is shown to a ltik and not to a service key")

// IDToken is what a launch says of its context (GET /api/idtoken).
type IDToken struct {
	Course              string // its title; "" where the LMS does not tell
	AssignmentAndGrades Service
	NamesAndRoles       Service
	LineItemID          string // where just one line item belongs to the context
	ServiceKey          Secret // of this launch; "" where neither service is available
}

// Service tells whether the launch has a service.
type Service struct {
	Available bool
	Scopes    []string // full URLs; of AssignmentAndGrades alone
}

// Secret is a text that formatted output does not show.
type Secret string

// String hides it.
func (Secret) String() string { return "…" }

// GoString hides it.
func (Secret) GoString() string { return "…" }

// MarshalText hides it.
func (Secret) MarshalText() ([]byte, error) { return []byte("…"), nil }

type idToken struct {
	Launch struct {
		Context struct {
			Title text
		}
	}
	Services struct {
		AssignmentAndGrades struct {
			Available  bool
			LineItemID text
			Scopes     []text
		}
		NamesAndRoles struct {
			Available bool
		}
		ServiceKey text
	}
}

func (t *idToken) plain() IDToken {
	s := t.Services
	out := IDToken{
		Course:              string(t.Launch.Context.Title),
		AssignmentAndGrades: Service{Available: s.AssignmentAndGrades.Available},
		NamesAndRoles:       Service{Available: s.NamesAndRoles.Available},
		LineItemID:          string(s.AssignmentAndGrades.LineItemID),
		ServiceKey:          Secret(s.ServiceKey),
	}
	for _, scope := range s.AssignmentAndGrades.Scopes {
		out.AssignmentAndGrades.Scopes = append(out.AssignmentAndGrades.Scopes, string(scope))
	}
	return out
}

// Check reads the id token of the launch. With a service key the error is
// ErrNoIDToken; any other one is a *reconcile.Fault.
func (p *Platform) Check(ctx context.Context) (IDToken, error) {
	if !p.client.access.ltik {
		return IDToken{}, ErrNoIDToken
	}
	var t idToken
	err := p.client.one(ctx, call{op: "read id token", method: http.MethodGet, place: at("/api/idtoken")}, &t)
	if err != nil {
		return IDToken{}, p.fault(err, reading)
	}
	return t.plain(), nil
}
