package sandbox

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

func tokenTrials() map[quirk.Quirk]trial {
	return map[quirk.Quirk]trial{
		quirk.StrictClock:     {try: tryStrictClock},
		quirk.TokenAsHTML:     {try: tryTokenAsHTML},
		quirk.NoReadOnlyScope: {try: tryNoReadOnlyScope},
		quirk.DropsScopes:     {try: tryDropsScopes, with: []quirk.Quirk{quirk.NoReadOnlyScope}},
		quirk.Never403:        {try: tryNever403},
		quirk.ShortTokens:     {try: tryShortTokens},
		quirk.AudienceDiffers: {try: tryAudienceDiffers},
		quirk.WantsDeployment: {try: tryWantsDeployment},
	}
}

// claiming asks for a token with one claim set, or left out where it is nil.
func (l *lms) claiming(name string, value any) reply {
	l.t.Helper()
	claims := l.claims()
	if claims[name] = value; value == nil {
		delete(claims, name)
	}
	return l.ask(l.with(claims))
}

func tryStrictClock(l *lms, on bool) {
	now := l.clock.Now().Unix()
	l.claiming("iat", now).either(on, 200, 200)
	l.claiming("iat", now+1).either(on, 400, 200)
}

func tryTokenAsHTML(l *lms, on bool) {
	for _, r := range []reply{l.ask(l.form(scopeScore)), l.ask(l.form("unknown"))} {
		require.Equal(l.t, on, strings.HasPrefix(r.header.Get("Content-Type"), "text/html"))
		require.NotEmpty(l.t, r.object())
	}
}

func tryNoReadOnlyScope(l *lms, on bool) {
	r := l.ask(l.form(scopeLineItemRead, scopeScore))
	r.either(on, 400, 200)
	require.Equal(l.t, on, r.object()["error"] == "invalid_scope")
	l.ask(l.form(scopeLineItem, scopeScore)).either(on, 200, 200)
}

func tryDropsScopes(l *lms, on bool) {
	r := l.ask(l.form(scopeLineItemRead, scopeScore, "unknown"))
	r.either(on, 200, 400)
	if on {
		require.Equal(l.t, scopeScore, r.object()["scope"])
		bearer := "Bearer " + r.object()["access_token"].(string)
		l.send("GET", items, "", "Authorization", bearer).refused(403, "scope")
	}
	l.ask(l.form(scopeLineItemRead)).either(on, 400, 400)
}

func tryNever403(l *lms, on bool) {
	l.send("GET", items, "", "Authorization", "Bearer "+l.token(scopeScore)).either(on, 401, 403)
}

func tryShortTokens(l *lms, on bool) {
	require.Equal(l.t, on, l.ask(l.form(scopeScore)).object()["expires_in"] == 59.0)
	l.clock.advance(59*time.Second - 1)
	l.send("GET", items, "").either(on, 200, 200)
	l.clock.advance(1)
	l.send("GET", items, "").either(on, 401, 200)
}

func tryAudienceDiffers(l *lms, on bool) {
	require.Equal(l.t, on, l.Tool().AudiencePath != TokenPath)
	l.claiming("aud", l.url+TokenPath).either(on, 400, 200)
	l.claiming("aud", l.url+l.Tool().AudiencePath).either(on, 200, 200)
}

func tryWantsDeployment(l *lms, on bool) {
	const deployment = "https://purl.imsglobal.org/spec/lti/claim/deployment_id"
	l.claiming(deployment, nil).either(on, 400, 200)
	l.claiming(deployment, l.Tool().DeploymentID).either(on, 200, 200)
	l.claiming(deployment, "other").either(on, 400, 400)
}
