package agsclient

import "strings"

// nextLink finds the URL of the next page in the values of all Link headers (RFC
// 8288), and whether there is one. It takes what platforms send: rel in straight
// quotes, in typographic ones, or bare; several rels in one; `&amp;` in the URL.
// The URL may be relative, which makes an empty one the page itself.
func nextLink(headers []string) (string, bool) {
	for _, h := range headers {
		for h != "" {
			var target string
			var next bool
			target, next, h = oneLink(h)
			if next {
				return strings.ReplaceAll(target, "&amp;", "&"), true
			}
		}
	}
	return "", false
}

// oneLink reads one link-value and returns what stands behind its comma.
func oneLink(h string) (target string, next bool, rest string) {
	h = strings.TrimLeft(h, " \t,")
	if !strings.HasPrefix(h, "<") {
		_, rest = until(h, ",")
		return "", false, rest
	}
	target, h, found := strings.Cut(h[1:], ">")
	if !found {
		return "", false, ""
	}
	target = strings.TrimSpace(target)
	for seenRel := false; ; {
		h = strings.TrimLeft(h, " \t")
		if !strings.HasPrefix(h, ";") {
			_, rest = until(h, ",")
			return target, next, rest
		}
		var p string
		p, h = until(h[1:], ";,")
		name, value, _ := strings.Cut(p, "=")
		// Only the first rel counts (RFC 8288 section 3.3).
		if strings.EqualFold(strings.TrimSpace(name), "rel") && !seenRel {
			seenRel = true
			next = isNext(value)
		}
	}
}

// until cuts h before the first of the stop characters outside of straight quotes.
func until(h, stops string) (part, rest string) {
	quoted := false
	for i := 0; i < len(h); i++ {
		switch c := h[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(stops, c) >= 0:
			return h[:i], h[i:]
		}
	}
	return h, ""
}

// isNext looks for the relation type next among those of a rel value. Whatever
// quotes there are, also such as are broken in transit, stand outside the letters.
func isNext(rel string) bool {
	for _, r := range strings.Fields(rel) {
		r = strings.TrimFunc(r, func(c rune) bool { return c == '"' || c == '\'' || c > 0x7f })
		if strings.EqualFold(r, "next") {
			return true
		}
	}
	return false
}
