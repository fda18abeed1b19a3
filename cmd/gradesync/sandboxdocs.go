package main

import (
	"fmt"
	"path/filepath"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/spec"
)

// announce prints the Platform document, and contexts to paste as comments.
func (a *app) announce(box *sandbox.Sandbox, base string, o *sandboxOptions) error {
	describe := describeAGS
	switch o.face {
	case sandbox.FaceLTIAAS:
		describe = describeLTIAAS
	case sandbox.FaceLearningStudio:
		describe = describeLearningStudio
	}
	doc := &spec.Platform{Metadata: spec.Metadata{Name: text("sandbox")}}
	contexts, err := describe(doc, box, base, o)
	if err != nil {
		return &stop{code: exitFailed, err: err}
	}
	fmt.Fprintln(a.Stdout, "# The gradesync sandbox at "+base+", until it is interrupted.")
	if err := spec.Encode(a.Stdout, doc); err != nil {
		return &stop{code: exitFailed, err: err}
	}
	fmt.Fprintln(a.Stdout, "# Contexts for a Gradebook on it:")
	for at, id := range o.courses {
		fmt.Fprintf(a.Stdout, "#   - {name: %s, %s}\n", escape.Quote("sec-"+id), contexts[at])
	}
	a.note("serving at " + base + "; Ctrl-C ends it")
	return nil
}

func text(s string) spec.Opt[string] { return spec.Opt[string]{Value: s, State: spec.Set} }

func describeAGS(doc *spec.Platform, box *sandbox.Sandbox, base string, o *sandboxOptions) (contexts []string, err error) {
	tool := box.Tool()
	key, err := filepath.Abs(tool.KeyFile)
	if err != nil {
		return nil, err
	}
	doc.AGS = &spec.AGS{
		TokenURL: text(base + sandbox.TokenPath), ClientID: text(tool.ClientID), KeyID: text(tool.KeyID),
		PrivateKey: spec.Secret{File: text(key)}, DeploymentID: text(tool.DeploymentID),
	}
	if o.profile != "" {
		doc.AGS.Profile = text(o.profile)
	}
	if tool.AudiencePath != sandbox.TokenPath {
		doc.AGS.Audience = text(base + tool.AudiencePath)
	}
	if host := box.ForeignHost(base); host != "" {
		doc.AGS.Hosts = []spec.Opt[string]{text(host)}
	}
	for _, id := range o.courses {
		contexts = append(contexts, fmt.Sprintf("lineItemsURL: %q, membershipsURL: %q", base+box.LineItemsPath(id), base+box.MembershipsPath(id)))
	}
	return contexts, nil
}

func describeLTIAAS(doc *spec.Platform, box *sandbox.Sandbox, base string, o *sandboxOptions) (contexts []string, err error) {
	doc.LTIAAS = &spec.LTIAAS{URL: text(base), APIKey: spec.Secret{File: text(box.APIKey().File)}}
	for _, id := range o.courses {
		key, err := box.ServiceKey(id)
		if err != nil {
			return nil, err
		}
		contexts = append(contexts, "serviceKey: {file: "+escape.Quote(key.File)+"}")
	}
	return contexts, nil
}

func describeLearningStudio(doc *spec.Platform, box *sandbox.Sandbox, base string, o *sandboxOptions) (contexts []string, err error) {
	tool := box.LearningStudio()
	doc.LearningStudio = &spec.LearningStudio{
		URL: text(base), Auth: text("oauth1"), ApplicationID: text(tool.ApplicationID), ConsumerKey: text(tool.ConsumerKey),
		Secret: spec.Secret{File: text(tool.Secret.File)},
	}
	for _, id := range o.courses {
		contexts = append(contexts, "course: "+escape.Quote(id))
	}
	return contexts, nil
}
