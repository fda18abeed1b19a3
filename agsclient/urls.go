package agsclient

import (
	"net/url"
	"strconv"
	"strings"
)

// redact spells a URL for people: no userinfo, no fragment, no query values.
func redact(u *url.URL) string {
	var b strings.Builder
	if u.Scheme != "" {
		b.WriteString(u.Scheme + ":")
	}
	if u.Host != "" {
		b.WriteString("//" + u.Host)
	}
	b.WriteString(u.EscapedPath())
	if u.RawQuery != "" {
		keys := strings.Split(u.RawQuery, "&")
		for i, k := range keys {
			// A part without "=" may be a secret in itself.
			name, _, found := strings.Cut(k, "=")
			if !found {
				name = ""
			} else {
				name += "="
			}
			keys[i] = name + "…"
		}
		b.WriteString("?" + strings.Join(keys, "&"))
	}
	return b.String()
}

// redactText is redact for what may be no URL at all.
func redactText(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return redact(u)
}

// under appends a segment to the path of a line item's URL and keeps everything
// else, escapes and query, as it stands (AGS 2.0 sections 3.3.2 and 3.4.2).
func under(id, segment string) string {
	id, _, _ = strings.Cut(id, "#")
	path, query, found := strings.Cut(id, "?")
	path = strings.TrimRight(path, "/") + "/" + segment
	if found {
		path += "?" + query
	}
	return path
}

// param is one query parameter; an empty value is not sent.
type param struct{ name, value string }

// with adds parameters behind a URL's own query, which stays as it is.
func with(raw string, params ...param) string {
	raw, _, _ = strings.Cut(raw, "#")
	for _, p := range params {
		if p.value == "" {
			continue
		}
		sep := "&"
		switch {
		case !strings.Contains(raw, "?"):
			sep = "?"
		case strings.HasSuffix(raw, "?") || strings.HasSuffix(raw, "&"):
			sep = ""
		}
		raw += sep + p.name + "=" + url.QueryEscape(p.value)
	}
	return raw
}

func limitParam(n int) param {
	if n <= 0 {
		return param{}
	}
	return param{"limit", strconv.Itoa(n)}
}
