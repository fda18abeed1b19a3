// Package sandbox is a small, faithful LMS on loopback: LTI AGS 2.0 (line
// items, scores, results), NRPS 2.0 (memberships) and the token endpoint of
// the 1EdTech Security Framework, over one small store. It is the server
// behind the sandbox platform and command, and the platform of the tests.
//
// It promises to be strict where the specifications are: signatures, scopes,
// media types, required fields, timestamps that only move forward. Where they
// leave a choice, it makes one and keeps to it:
//
//   - A score is recorded only with gradingProgress FullyGraded; with any other
//     the stored score is cleared. The comment is stored either way.
//   - A score on another scale is rescaled to the line item's maximum, rounded
//     half up to five decimals; one on the item's own scale is kept as it came.
//     A score above the maximum is kept above it.
//   - A changed scoreMaximum rescales the stored results in the same way.
//   - A resourceLinkId binds at creation. A PUT may unset it, by leaving it
//     out, but not set another.
//   - A course is open: a person's first score enrols them as an active
//     Learner. In a closed course a score for anyone else is refused (403).
//   - Errors of AGS and NRPS are JSON: {"status": 404, "reason": "..."}; those
//     of the token endpoint are as in RFC 6749, section 5.2, always 400.
//
// With a profile, or quirks one by one, it imitates what real platforms do
// instead. A quirk does what package quirk says of it and no more, and stands in
// the code beside the rule that it bends: look for has(quirk.X). A request goes
// from paths.go (which resource) over http.go (may it) to lineitems.go,
// grades.go or nrps.go; what becomes of the state is decided in the rules*.go,
// which are pure. All in-memory sandboxes of a process share one key.
//
// Options.Face serves the same store by another protocol: see face.go. That of
// LTIAAS (ltiaas*.go) is what the service is, plain JSON in front of AGS: it
// hands requests on to the endpoints of AGS and relays what they refuse. That
// of LearningStudio (learningstudio*.go, rules_grades.go) has its own rules. What
// their vendors' pages do not tell is decided by constants, which say so.
//
// What a write answers 2xx to is on disk: the state file is replaced as a whole
// before the answer, one write for all the requests that wait. When that fails
// the answer is 507 and nothing has changed. When another process has changed
// the file in the meantime, the answer is 500 and the file is left alone. A
// file of 256 KiB or more is written behind, as such a write takes long: within
// about a second of the answer, and at Close, and a kill loses that second. A
// write behind that fails is told to the next change, unless that one's own
// write succeeds and brings everything, and at Close.
//
// It won't serve the open internet, run several processes on one file, keep
// tokens or used assertions over a restart, or be a platform in more than the
// quirks of its profile.
package sandbox
