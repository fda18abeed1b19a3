package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// anyPath stands for paths that differ.
const anyPath = "/…"

// address is a URL as far as its path; where none follows, it is not cut. Its
// characters are those that RFC 3986 lets be there.
var address = regexp.MustCompile(`\bhttps?://([\w.~%!$&'()*+,;=:@\[\]-]+)(/[\w.~%!$&'()*+,;=:@/-]*)?([?#][\w.~%!$&'()*+,;=:@/?#\[\]-]*)?`)

// wording is a message cut at the paths of the URLs in it: a text, a path, a text,
// and so on to a text.
type wording []string

func wordingOf(message string) wording {
	var w wording
	done := 0
	for at := 0; ; {
		m := address.FindStringSubmatchIndex(message[at:])
		if m == nil {
			return append(w, message[done:])
		}
		host, path, end := at+m[2], at+m[4], at+m[5]
		if m[4] < 0 || strings.Contains(message[host:end], "://") {
			next := at + m[1] // no path; what follows ? or # is looked through no more
			if m[4] >= 0 {
				next = host // two URLs that nothing parts: the first is left whole
			}
			at = next
			continue
		}
		at += m[1]
		if m[6] < 0 { // what ends a clause is not the path's
			end = path + len(strings.TrimRight(message[path:end], ".,:;!'()"))
		}
		w = append(w, message[done:path], message[path:end])
		done = end
	}
}

// key is the same of wordings that differ in nothing but paths.
func (w wording) key() string {
	var texts []string
	for i := 0; i < len(w); i += 2 {
		texts = append(texts, w[i])
	}
	return fmt.Sprintf("%q", texts)
}

// meet leaves out the paths in which two wordings of one key differ.
func (w wording) meet(other wording) {
	for i := range w {
		if w[i] != other[i] {
			w[i] = anyPath
		}
	}
}

// retold makes one of failures that are equal but for the paths of the URLs in
// their messages: a platform that is away is the same cause in each of its courses.
// Of several that differ the message leaves those paths out. Places without a
// failure stay nil; nothing of all is changed.
func retold(all []*plan.Failure) []*plan.Failure {
	common := map[plan.Failure]wording{}
	keys := make([]plan.Failure, len(all))
	for i, f := range all {
		if f == nil {
			continue
		}
		w := wordingOf(f.Message)
		keys[i] = *f
		keys[i].Message = w.key()
		if met, ok := common[keys[i]]; ok {
			met.meet(w)
		} else {
			common[keys[i]] = w
		}
	}
	out := make([]*plan.Failure, len(all))
	for i, f := range all {
		if f == nil {
			continue
		}
		one := *f
		one.Message = strings.Join(common[keys[i]], "")
		out[i] = &one
	}
	return out
}

// unread is contexts that were not read, and why.
type unread struct {
	why *plan.Failure // as it is told of all
	of  []*plan.Context
}

// alike is the contexts that share a line, in the order of the first of each: by
// why they were not read, those that have it in common, and all that were not begun.
func alike(contexts []plan.Context) []unread {
	all := make([]*plan.Failure, len(contexts))
	for i := range contexts {
		if c := &contexts[i]; len(c.Findings)+len(c.Items)+len(c.Notes)+len(c.Explained) == 0 {
			all[i] = c.Failure
		}
	}
	var out []unread
	at := map[plan.Failure]int{}
	for i, f := range retold(all) {
		if f == nil {
			continue
		}
		k, met := at[*f]
		if !met {
			k = len(out)
			at[*f] = k
			out = append(out, unread{why: f})
		}
		out[k].of = append(out[k].of, &contexts[i])
	}
	return slices.DeleteFunc(out, func(u unread) bool { return len(u.of) == 1 && u.why.Kind != plan.FailedFast })
}

// together is the contexts that share a line.
func together(all []unread) map[*plan.Context]bool {
	of := map[*plan.Context]bool{}
	for _, u := range all {
		for _, c := range u.of {
			of[c] = true
		}
	}
	return of
}
