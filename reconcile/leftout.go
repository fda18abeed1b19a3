package reconcile

import "slices"

// leftOut is what the files call people whose rows are left out, each once.
func (t *troubles) leftOut() []string {
	var out []string
	for i := range t.met {
		if m := &t.met[i]; t.skips(m.trouble) {
			out = append(out, m.Said)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// leftIDs are the user ids of these people, as far as they are known.
func (t *troubles) leftIDs() map[string]bool {
	out := map[string]bool{}
	for i := range t.met {
		if m := &t.met[i]; t.skips(m.trouble) {
			for _, id := range m.UserIDs {
				out[id] = true
			}
		}
	}
	return out
}
