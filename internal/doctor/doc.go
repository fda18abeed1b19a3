// Package doctor says what works with a platform and what does not, and what
// to do about it.
//
// Its first half is pure: somebody observes ([Platform], [Course]) and the
// checks are made of what was observed ([OfPlatform], [OfCourse]), each with a
// remedy where something is to be done. Its second half finds out what a
// platform does with what it is given, which reading cannot tell: [Prober]
// makes a scratch line item over the reconcile.Platform interface, tries it
// out and removes it, also when it is interrupted. A third, small, renders.
//
// It promises that a report holds no secret and names no person, that every
// check which is not passed says what to do, and that the probe touches no
// line item but its own. It does not decide what gradesync does on a platform:
// that is for the platform's profile.
package doctor
