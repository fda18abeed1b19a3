package setup

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/spec"
)

// Names of the files, beside each other.
const (
	KeyFile       = "gradesync.key"
	JWKSFile      = "jwks.json"
	PlatformFile  = "platform.yaml"
	GradebookFile = "gradebook.yaml"
)

// tool is where the pages of a tool would be. The name is reserved for what
// does not exist (RFC 2606).
const tool = "https://gradesync.invalid/"

//go:embed texts
var texts embed.FS

// page is what a text may speak of.
type page struct {
	Answers
	LMS                                   LMS
	Key                                   Key
	KeyFile, JWKSFile, Tool               string
	Client, Deployment, Course, LineItems string // with what is to be filled in
	JWK, Canvas                           string
	Dir, PlatformFile, GradebookFile      string
	Scopes                                []string
}

func newPage(a Answers, k Key) page {
	a = a.Full()
	p := page{
		Answers: a, LMS: a.kind(), Key: k, KeyFile: KeyFile, JWKSFile: JWKSFile, PlatformFile: PlatformFile, GradebookFile: GradebookFile,
		Tool: tool, Scopes: scopes(),
		Client: cmp.Or(a.ClientID, fillClient), Deployment: a.DeploymentID, Course: a.Course, LineItems: a.LineItemsURL,
	}
	if p.Deployment == "" && a.needsDeployment() {
		p.Deployment = fillDeployment
	}
	if p.Course == "" && p.LineItems == "" {
		if p.LMS.ByCourse {
			p.Course = fillCourse
		} else {
			p.LineItems = fillLineItems
		}
	}
	return p
}

// scopes are all that gradesync ever asks for.
func scopes() []string {
	return []string{
		agsclient.ScopeLineItem, agsclient.ScopeLineItemReadOnly, agsclient.ScopeResultReadOnly, agsclient.ScopeScore, agsclient.ScopeMembership,
	}
}

// write fills in one of the texts.
func (p page) write(name string) ([]byte, error) {
	t, err := template.New(name+".tmpl").Funcs(template.FuncMap{"q": quote, "trim": strings.TrimSuffix}).ParseFS(texts, "texts/"+name+".tmpl")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, p)
	return b.Bytes(), err
}

// quote is a YAML string: JSON's are.
func quote(s string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// Documents are a Platform with its key's name, and a Gradebook to begin with.
// They load together, or the error says why not.
func Documents(a Answers, k Key) (platform, gradebook []byte, err error) {
	p := newPage(a, k)
	if platform, err = p.write(PlatformFile); err != nil {
		return nil, nil, err
	}
	if gradebook, err = p.write(GradebookFile); err != nil {
		return nil, nil, err
	}
	if _, err := spec.Load(spec.Bytes(PlatformFile, platform), spec.Bytes(GradebookFile, gradebook)); err != nil {
		return nil, nil, fmt.Errorf("the answers make no valid documents:\n%w", err)
	}
	return platform, gradebook, nil
}

// Settings are the words for whoever registers the tool in the LMS: the public
// key, what to enter where, and what the LMS hands back. The files are in dir.
func Settings(a Answers, k Key, dir string) (string, error) {
	p := newPage(a, k)
	p.Dir = dir
	jwk, err := indented(k.JWK)
	if err != nil {
		return "", err
	}
	canvas, err := indented(canvasKey(k))
	if err != nil {
		return "", err
	}
	p.JWK, p.Canvas = string(jwk), string(canvas)
	head, err := p.write("key.txt")
	if err != nil {
		return "", err
	}
	body, err := p.write(a.LMS + ".txt")
	return string(head) + string(body), err
}

// canvasLTIKey is the configuration of an LTI key (Canvas's own schema of it,
// lib/schemas/lti/tool_configuration.rb). Without placements Canvas shows
// the tool nowhere, and its services work all the same.
type canvasLTIKey struct {
	Title             string            `json:"title"`
	Description       string            `json:"description"`
	TargetLinkURI     string            `json:"target_link_uri"`
	OIDCInitiationURL string            `json:"oidc_initiation_url"`
	Scopes            []string          `json:"scopes"`
	PublicJWK         json.RawMessage   `json:"public_jwk"`
	Extensions        []canvasExtension `json:"extensions"`
}

type canvasExtension struct {
	Platform     string         `json:"platform"`
	PrivacyLevel string         `json:"privacy_level"`
	Settings     canvasSettings `json:"settings"`
}

type canvasSettings struct {
	Platform   string     `json:"platform"`
	Placements []struct{} `json:"placements"`
}

func canvasKey(k Key) canvasLTIKey {
	const canvas = "canvas.instructure.com"
	return canvasLTIKey{
		Title: "gradesync", Description: "Keeps the gradebook as files in git say", TargetLinkURI: tool, OIDCInitiationURL: tool + "login",
		Scopes: scopes(), PublicJWK: k.JWK,
		Extensions: []canvasExtension{{Platform: canvas, PrivacyLevel: "public", Settings: canvasSettings{Platform: canvas, Placements: []struct{}{}}}},
	}
}
