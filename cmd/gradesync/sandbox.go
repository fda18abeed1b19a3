package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/spec"
)

// sandboxOptions are the flags of sandbox.
type sandboxOptions struct {
	file     string
	listen   string
	courses  []string
	pageSize int
	logLevel string
}

func (a *app) sandboxCommand() *cobra.Command {
	var o sandboxOptions
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a small LMS on this machine, for trying things out",
		Long: `Serve a small LMS (AGS 2.0, NRPS 2.0 and a token endpoint) on loopback until
interrupted. At the first start it makes a state file, a key and a client.
The Platform document to paste goes to standard output.`,
		Example: `  gradesync sandbox > platform.yaml
  gradesync sandbox --file lms.json --listen 127.0.0.1:9000 --course 1 --course 2`,
		Args: cobra.NoArgs,
		RunE: does(func(cmd *cobra.Command, _ []string) error { return a.sandbox(cmd.Context(), &o) }),
	}
	f := cmd.Flags()
	f.StringVar(&o.file, "file", "sandbox.json", "`FILE` that keeps the LMS's state; its key lies beside it")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8765", "loopback `ADDRESS` to serve at; port 0 takes a free one")
	f.StringArrayVar(&o.courses, "course", []string{"1"}, "`ID` of a course to make where it is not there (repeatable)")
	f.IntVar(&o.pageSize, "page-size", 0, "show at most `N` line items, results or members a page; 0: all")
	registerLog(cmd, &o.logLevel)
	return cmd
}

func (a *app) sandbox(ctx context.Context, o *sandboxOptions) (err error) {
	log, err := a.logger(o.logLevel)
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(o.listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage("--listen %s is not a loopback address with a port, such as 127.0.0.1:8765", o.listen)
	}
	if o.pageSize < 0 {
		return usage("--page-size %d: 0 or more", o.pageSize)
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return &stop{code: exitFailed, err: err, hint: "another program may have this port: choose one with --listen"}
	}
	base := "http://" + listener.Addr().String()
	box, err := sandbox.Open(sandbox.Options{
		File: o.file, URL: base, PageSize: o.pageSize, Now: a.Clock.Now,
		Observe: func(r sandbox.Request) { log.Debug("request", "method", r.Method, "path", r.Path, "status", r.Status) },
	})
	if err != nil {
		_ = listener.Close()
		return &stop{code: exitFailed, err: err}
	}
	defer func() {
		if cerr := box.Close(); cerr != nil && err == nil {
			err = &stop{code: exitFailed, err: cerr}
		}
	}()
	for _, id := range o.courses {
		if err := box.EnsureCourse(id); err != nil {
			_ = listener.Close()
			return &stop{code: exitFailed, err: err}
		}
	}
	if err := a.announce(box, base, o.courses); err != nil {
		_ = listener.Close()
		return err
	}
	return serve(ctx, listener, box)
}

// serve answers until the context ends, and then lets requests finish.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
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

// announce prints the Platform document, and contexts to paste as comments.
func (a *app) announce(box *sandbox.Sandbox, base string, courses []string) error {
	tool := box.Tool()
	key, err := filepath.Abs(tool.KeyFile)
	if err != nil {
		return &stop{code: exitFailed, err: err}
	}
	set := func(s string) spec.Opt[string] { return spec.Opt[string]{Value: s, State: spec.Set} }
	doc := &spec.Platform{
		Metadata: spec.Metadata{Name: set("sandbox")},
		AGS: &spec.AGS{
			TokenURL: set(base + sandbox.TokenPath), ClientID: set(tool.ClientID), KeyID: set(tool.KeyID),
			PrivateKey: spec.Secret{File: set(key)}, DeploymentID: set(tool.DeploymentID),
		},
	}
	fmt.Fprintln(a.Stdout, "# The gradesync sandbox at "+base+", until it is interrupted.")
	if err := spec.Encode(a.Stdout, doc); err != nil {
		return &stop{code: exitFailed, err: err}
	}
	fmt.Fprintln(a.Stdout, "# Contexts for a Gradebook on it:")
	for _, id := range courses {
		fmt.Fprintf(a.Stdout, "#   - {name: %s, lineItemsURL: %q, membershipsURL: %q}\n", escape.Quote("sec-"+id), base+box.LineItemsPath(id), base+box.MembershipsPath(id))
	}
	a.note("serving at " + base + "; Ctrl-C ends it")
	return nil
}
