package spec

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// credentials is the problem whose source line is not shown.
const credentials = "is a URL with a user name or password in it"

// checkURL wants a URL that a secret may be sent to: https, or http to this
// machine. An origin has no path and no query. No message repeats the URL.
func checkURL(s string, origin bool) *problem {
	const hint = "write it in full, as in https://lms.example.edu/path"
	u, err := url.Parse(s)
	switch {
	case err == nil && u.User != nil, err != nil && strings.Contains(s, "@"):
		return wrong("secrets are named by env or file; the line is not shown here", "%s", credentials)
	case err != nil || u.Hostname() == "" || !portOK(u) || strings.ContainsFunc(s, unicode.IsSpace):
		return wrong(hint, "is not a full URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return wrong(hint, "must be an https URL")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return wrong("http is for localhost, 127.0.0.0/8 and [::1] only", "must be an https URL")
	case strings.Contains(s, "#"):
		return wrong(`leave "#" and what follows it out`, "is a URL with a fragment")
	case origin && (strings.Trim(u.Path, "/") != "" || strings.Contains(s, "?")):
		return wrong("write "+quote(u.Scheme+"://"+u.Host), "must end after the host")
	}
	return nil
}

// sameURL is a URL that checkURL let pass, such that two that mean the same
// host are written the same.
func sameURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return s
	}
	u.Host = strings.ToLower(u.Host) // the scheme is in lower case by now
	if u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	} else {
		u.Host = strings.TrimSuffix(u.Host, ":80")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// checkHost wants the host[:port] of a URL.
func checkHost(s string) *problem {
	u, err := url.Parse("https://" + s)
	if err != nil || u.Host != s || u.Hostname() == "" || !portOK(u) {
		return wrong("write it as in lms.example.edu or lms.example.edu:8443, without https:// and without a path",
			"is not a host or host:port: %s", quote(s))
	}
	return nil
}

// fullURL tells whether an extension may have this key.
func fullURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		!strings.ContainsFunc(s, unicode.IsSpace)
}

func portOK(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.Atoi(u.Port())
	return err == nil && port > 0 && port < 1<<16
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}
