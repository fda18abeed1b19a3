package ags

import (
	"errors"

	"github.com/gradesync/gradesync/agsclient"
)

// RosterScopes are what reading the roster needs: one, that can only read.
func RosterScopes() []string { return []string{agsclient.ScopeMembership} }

// NoRosterScope tells whether a platform refused a token because the tool may
// not have the scope that it asked for.
func NoRosterScope(err error) bool {
	var refused *agsclient.TokenError
	return errors.As(err, &refused) && refused.Code == "invalid_scope"
}
