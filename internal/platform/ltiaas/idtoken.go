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
	ServiceKey          bool // it gives one
}

// Service tells whether the launch has a service.
type Service struct {
	Available bool
	Scopes    []string // full URLs; of AssignmentAndGrades alone; nil: it does not tell
}

type idToken struct {
	Launch struct {
		Context struct {
			Title text
		}
	}
	Services struct {
		AssignmentAndGrades struct {
			Available bool
			Scopes    []text
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
		ServiceKey:          s.ServiceKey != "",
	}
	if s.AssignmentAndGrades.Scopes != nil {
		out.AssignmentAndGrades.Scopes = []string{} // none is another thing than untold
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
