package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
)

// sandboxOptions are the flags of sandbox.
type sandboxOptions struct {
	file     string
	listen   string
	courses  []string
	pageSize int
	logLevel string

	columns, students []string

	face            string
	profile         string
	quirks, without []string
	faults          []string
	seed            uint64
	rate            float64
	listQuirks      bool
}

func (a *app) sandboxCommand() *cobra.Command {
	var o sandboxOptions
	cmd := &cobra.Command{
		Use:   "sandbox [flags] [-- COMMAND [ARGUMENT]...]",
		Short: "Serve a small LMS on this machine, for trying things out",
		Long: `Serve a small LMS (AGS 2.0, NRPS 2.0 and a token endpoint) on loopback until
interrupted. At the first start it makes a state file, a key and a client.
The Platform document to paste goes to standard output.

What it answers is in the state file by then. One of 256 KiB or more is written
about a second behind the answers: if the sandbox is killed, and not
interrupted, the changes of that last second are lost. While the file cannot be
written, changes are refused.

Where a platform grades nobody who is not enrolled (canvas, moodle, blackboard,
d2l), new courses have the students 1 to 20; elsewhere whoever is graded is
enrolled by it.

With a COMMAND it serves until that ends, prints nothing of its own, and exits
with its code. The command finds in its environment SANDBOX_URL, and of the
face and the first course
  ltiaas          LTIAAS_API_KEY, LTIAAS_SERVICE_KEY, LTIAAS_LTIK
  learningstudio  LEARNINGSTUDIO_SECRET, LEARNINGSTUDIO_PASSWORD

--face serves the same state by another protocol; its credentials lie beside
the state file. LearningStudio's columns are made in LearningStudio alone, which
is what --column is for; its courses and people have numbers for ids.

It keeps to the specifications. --profile makes it imitate a platform, quirk
by quirk; --list-quirks says which there are.

` + faultHelp(),
		Example: `  gradesync sandbox > platform.yaml
  gradesync sandbox --file lms.json --listen 127.0.0.1:9000 --course 1 --course 2
  gradesync sandbox --profile moodle --without strict-clock
  gradesync sandbox --fault 503:25% --fault 'POST scores:drop-after:10%' --seed 7
  gradesync sandbox --profile canvas --requests-per-second 10
  gradesync sandbox --face ltiaas -- gradesync plan -f course/
  gradesync sandbox --face learningstudio --column 'Homework 1=50' --student 101=ana@example.edu`,
		Args: behindDashes,
		RunE: does(func(cmd *cobra.Command, command []string) error {
			if o.listQuirks {
				return a.listQuirks()
			}
			return a.sandbox(cmd.Context(), &o, command)
		}),
	}
	o.register(cmd)
	return cmd
}

func (o *sandboxOptions) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.file, "file", "sandbox.json", "`FILE` that keeps the LMS's state; its key lies beside it")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8765", "loopback `ADDRESS` to serve at; port 0 takes a free one")
	f.StringArrayVar(&o.courses, "course", []string{"1"}, "`ID` of a course to make where it is not there (repeatable)")
	f.IntVar(&o.pageSize, "page-size", 0, "show at most `N` line items, results or members a page; 0: all")
	f.StringArrayVar(&o.columns, "column", nil, "make the column `LABEL=POINTS` in each course that has none of that label (repeatable)")
	f.StringArrayVar(&o.students, "student", nil, "enrol the student `ID`, or ID=EMAIL, in each course where they are not (repeatable)")
	f.StringVar(&o.face, "face", "", "speak the protocol `NAME` and not AGS: "+strings.Join(sandbox.Faces(), ", "))
	f.StringVar(&o.profile, "profile", "", "imitate the platform `NAME`: "+strings.Join(quirk.Profiles(), ", "))
	f.StringArrayVar(&o.quirks, "quirk", nil, "have the quirk `NAME` as well (repeatable)")
	f.StringArrayVar(&o.without, "without", nil, "do not have the profile's quirk `NAME` (repeatable)")
	f.StringArrayVar(&o.faults, "fault", nil, "let things go wrong as `SPEC` says, see above (repeatable)")
	f.Uint64Var(&o.seed, "seed", 0, "`N` that chance begins with: the same one, the same faults")
	f.Float64Var(&o.rate, "requests-per-second", 0, "refuse what is beyond `R` requests a second; 0: nothing")
	f.BoolVar(&o.listQuirks, "list-quirks", false, "print every quirk and every profile, and end")
	registerLog(cmd, &o.logLevel)
}

// faultHelp is the form and the kinds of faults.
func faultHelp() string {
	var b strings.Builder
	b.WriteString("What goes wrong by chance is written " + sandbox.FaultSpec + `
ON is one of token, lineitems, lineitem, scores, results and memberships, on every
face, with a method before it or not ("POST scores"); without it any request goes
wrong. KIND is one of
`)
	for _, kind := range sandbox.FaultKinds() {
		name := string(kind)
		if kind == sandbox.FaultStatus {
			name = "STATUS"
		}
		fmt.Fprintf(&b, "  %-12s %s\n", name, kind.Means())
	}
	b.WriteString(`SHARE is how many of these requests go wrong; without it all do. The rest is
  retry-after=N  seconds, with a status
  behind=D       how late, such as 3s: of stale and of clock (-5m: early)
  skip=N         so many go well first
  times=N        no more than so many go wrong
At most one fault hits a request: the first in the order given.`)
	return b.String()
}

// settings checks the flags that say how the LMS answers.
func (o *sandboxOptions) settings() (sandbox.Options, error) {
	const list = "see 'gradesync sandbox --list-quirks'"
	set := sandbox.Options{File: o.file, Face: o.face, PageSize: o.pageSize, Profile: o.profile, Seed: o.seed, RequestsPerSecond: o.rate}
	if o.pageSize < 0 {
		return set, usage("--page-size %d: 0 or more", o.pageSize)
	}
	if o.face != "" && !slices.Contains(sandbox.Faces(), o.face) {
		return set, usage("--face %s is not known: %s", o.face, strings.Join(sandbox.Faces(), ", "))
	}
	if o.face == sandbox.FaceLearningStudio && (o.profile != "" || len(o.quirks)+len(o.without) > 0) {
		return set, usage("--face %s is a platform of its own: --profile, --quirk and --without do not go with it", o.face)
	}
	if o.profile != "" && !slices.Contains(quirk.Profiles(), o.profile) {
		return set, usage("--profile %s is not known: %s", o.profile, strings.Join(quirk.Profiles(), ", "))
	}
	for _, flag := range []struct {
		name  string
		words []string
		into  *[]quirk.Quirk
	}{{"--quirk", o.quirks, &set.Quirks}, {"--without", o.without, &set.Without}} {
		for _, word := range flag.words {
			if quirk.Quirk(word).Means() == "" {
				return set, &stop{code: exitUsage, err: fmt.Errorf("%s %s: there is no such quirk", flag.name, word), hint: list}
			}
			*flag.into = append(*flag.into, quirk.Quirk(word))
		}
	}
	for _, word := range o.faults {
		f, err := sandbox.ParseFault(word)
		if err != nil {
			return set, &stop{code: exitUsage, err: fmt.Errorf("--fault: %w", err), hint: "see 'gradesync sandbox --help'"}
		}
		set.Faults = append(set.Faults, f)
	}
	if !(o.rate >= 0 && o.rate <= 1e6) { // NaN and Inf too
		return set, usage("--requests-per-second %v: from 0, which is no limit, to 1000000", o.rate)
	}
	return set, nil
}

func (a *app) sandbox(ctx context.Context, o *sandboxOptions, command []string) (err error) {
	log, err := a.logger(o.logLevel)
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(o.listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage("--listen %s is not a loopback address with a port, such as 127.0.0.1:8765", o.listen)
	}
	settings, err := o.settings()
	if err != nil {
		return err
	}
	made, err := o.fill()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return &stop{code: exitFailed, err: err, hint: "another program may have this port: choose one with --listen"}
	}
	base := "http://" + listener.Addr().String()
	settings.URL, settings.Now = base, a.Clock.Now
	settings.Observe = func(r sandbox.Request) {
		log.Debug("request", "method", r.Method, "path", r.Path, "status", r.Status, "fault", r.Fault)
	}
	box, err := sandbox.Open(settings)
	if err != nil {
		_ = listener.Close()
		return &stop{code: exitFailed, err: err}
	}
	defer func() {
		switch cerr := box.Close(); {
		case cerr == nil:
		case err == nil:
			err = &stop{code: exitFailed, err: cerr}
		default: // what went wrong first decides the exit code
			a.complain(cerr, "")
		}
	}()
	if err := made.into(box); err != nil {
		_ = listener.Close()
		return &stop{code: exitFailed, err: err}
	}
	if len(command) > 0 {
		return a.serveFor(ctx, listener, box, base, o, command)
	}
	if err := a.announce(box, base, o); err != nil {
		_ = listener.Close()
		return err
	}
	return serve(ctx, listener, box)
}

// serve answers until the context ends, and then lets requests finish; those
// that would never finish end with the context.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return &stop{code: exitFailed, err: err}
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := srv.Shutdown(end); err != nil {
		_ = srv.Close() // whoever is still connected has had time
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return &stop{code: exitFailed, err: err}
	}
	return nil
}

// listQuirks prints every quirk with its sentence, and which platform has which.
func (a *app) listQuirks() error {
	var b strings.Builder
	b.WriteString("Quirks\n")
	for _, q := range quirk.All() {
		fmt.Fprintf(&b, "  %s\n      %s\n", q, q.Means())
	}
	b.WriteString("\nProfiles\n")
	for _, name := range quirk.Profiles() {
		fmt.Fprintf(&b, "  %s\n", name)
		of := sandbox.QuirksOf(name)
		for _, q := range quirk.All() { // in their order
			if slices.Contains(of, q) {
				fmt.Fprintf(&b, "      %s\n", q)
			}
		}
	}
	_, err := fmt.Fprint(a.Stdout, b.String())
	return err
}
