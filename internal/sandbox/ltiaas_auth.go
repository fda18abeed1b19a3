package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// The schemes of the Authorization header: a launch's token, and its key for
// work that comes later.
const (
	ltiaasLtik    = "LTIK-AUTH-V2"
	ltiaasService = "SERVICE-AUTH-V1"
)

// ltikLife is how long a launch's token lives.
const ltikLife = 24 * time.Hour

// ltikClaims are those of a launch's token: ours alone to read.
type ltikClaims struct {
	Expiry *jwt.NumericDate `json:"exp"`
	Issued *jwt.NumericDate `json:"iat"`
	Course string           `json:"course"`
}

// APIKey is the tool's key of the account; the zero Credential on other faces.
func (s *Sandbox) APIKey() Credential {
	l, _ := s.face.(*ltiaas)
	if l == nil {
		return Credential{}
	}
	return l.apiKey
}

// ServiceKey is the key of a launch from a course, that a tool would find in
// the id token. It does not expire. Its file is written beside the state.
func (s *Sandbox) ServiceKey(course string) (Credential, error) {
	l, err := s.launch(course)
	if err != nil {
		return Credential{}, err
	}
	key := l.serviceKey(course)
	kept, err := s.face.(*ltiaas).files.keep(l.state, "servicekey-"+url.PathEscape(course), key, word)
	if err == nil && kept.Value != key {
		err = errors.New(kept.File + ": it is not the service key of this sandbox's API key; move it away to have it made anew")
	}
	return kept, err
}

// Ltik is the token of a launch from a course, at the platform's present time.
// It lives for 24 hours.
func (s *Sandbox) Ltik(course string) (string, error) {
	l, err := s.launch(course)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: l.derive("ltik")}, nil)
	if err != nil {
		return "", err
	}
	now := s.options.Now()
	return jwt.Signed(signer).Claims(ltikClaims{Course: course, Issued: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(ltikLife))}).Serialize()
}

func (s *Sandbox) launch(course string) (*ltiaas, error) {
	l, is := s.face.(*ltiaas)
	if !is {
		return nil, errors.New("sandbox: launches have credentials on the face " + FaceLTIAAS + " alone")
	}
	_, err := s.store.state.Load().course(course)
	return l, err
}

// derive makes a secret for one purpose, so that there is one to keep.
func (l *ltiaas) derive(purpose string) []byte {
	mac := hmac.New(sha256.New, []byte(l.apiKey.Value))
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}

func (l *ltiaas) serviceKey(course string) string {
	return hex.EncodeToString(l.derive("service key " + course)[:16])
}

func unauthorized(code, reason string) error {
	return &problem{status: http.StatusUnauthorized, reason: reason, code: code}
}

// authorize finds the course that the credentials are of: the scheme ends at
// the first space, and the API key at the first colon behind it.
func (l *ltiaas) authorize(s *Sandbox, c *call) error {
	scheme, pair, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
	apiKey, secret, _ := strings.Cut(pair, ":")
	known := subtle.ConstantTimeCompare([]byte(apiKey), []byte(l.apiKey.Value)) == 1
	switch {
	case scheme == ltiaasLtik:
		claims, err := l.open(secret)
		if err != nil || !known || !c.now.Before(claims.Expiry.Time()) {
			return unauthorized(ltiaasBadLtik, "Invalid or expired ltik.")
		}
		c.path.course = claims.Course
		return nil
	case scheme == ltiaasService && c.request.URL.Path == "/api/idtoken":
		return unauthorized(ltiaasBadLtik, "This endpoint wants ltik authentication.")
	case scheme == ltiaasService:
		for course := range s.store.state.Load().Courses {
			if known && subtle.ConstantTimeCompare([]byte(secret), []byte(l.serviceKey(course))) == 1 {
				c.path.course = course
				return nil
			}
		}
		return unauthorized(ltiaasBadService, "Invalid service key.")
	}
	return unauthorized(ltiaasBadHeader, "This endpoint wants ltik or service key authentication.")
}

func (l *ltiaas) open(ltik string) (claims ltikClaims, err error) {
	token, err := jwt.ParseSigned(ltik, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return claims, err
	}
	err = token.Claims(l.derive("ltik"), &claims)
	if err == nil && claims.Expiry == nil {
		err = errors.New("no exp")
	}
	return claims, err
}
