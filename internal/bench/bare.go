package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gradesync/gradesync/agsclient"
)

// bareCommand has this program be the bare client, in a process of its own.
const bareCommand = "bare"

// work is what the bare client is given in a file: phases of requests. Those of
// a phase are sent at the same time, AtOnce of them, and their answers read to
// the end and thrown away.
type work struct {
	Token  string
	AtOnce int
	Phases [][]request
}

type request struct {
	Method, URL, Accept, Content string
	Body                         []byte
}

// took is what the bare client prints: how long it sent, without the reading of its file.
type took struct{ Nanoseconds int64 }

// sendBare does what a bare net/http client can: no plan, no check, no proof.
func sendBare(ctx context.Context, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var w work
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: w.AtOnce}}
	began := time.Now()
	for _, phase := range w.Phases {
		if err := w.send(ctx, client, phase); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(took{time.Since(began).Nanoseconds()})
}

func (w *work) send(ctx context.Context, client *http.Client, phase []request) error {
	next := make(chan request)
	failed := make(chan error, w.AtOnce)
	var wg sync.WaitGroup
	for range w.AtOnce {
		wg.Go(func() {
			for r := range next {
				if err := w.one(ctx, client, r); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		})
	}
	for _, r := range phase {
		next <- r
	}
	close(next)
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (w *work) one(ctx context.Context, client *http.Client, r request) error {
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+w.Token)
	req.Header.Set("Accept", r.Accept)
	req.Header.Set("Content-Type", r.Content)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode > 299 {
		return fmt.Errorf("%s %s: %s", r.Method, r.URL, resp.Status)
	}
	return nil
}

// bareWork are the requests that the scenario cannot do without: all pages of
// what must be read, then what must be written.
func (l *lms) bareWork(ctx context.Context, s scenario, dir string) (file string, err error) {
	token, err := l.token(ctx)
	if err != nil {
		return "", err
	}
	w := work{Token: token, AtOnce: s.atOnce}
	var reads, items, scores []request
	const ims = "application/vnd.ims."
	for c := range s.contexts {
		list := l.items(c)
		if s.kind != post {
			reads = append(reads, pages(list, ims+"lis.v2.lineitemcontainer+json", s.items, s.page)...)
		}
		for i := range s.items {
			id := list + "/" + strconv.Itoa(i+1)
			if s.kind == same && s.students > 0 {
				reads = append(reads, pages(id+"/results", ims+"lis.v2.resultcontainer+json", s.students, s.page)...)
			}
			if s.kind == made {
				body := fmt.Appendf(nil, `{"label":%q,"scoreMaximum":%d,"resourceId":%q}`, label(i), maximum, key(i))
				items = append(items, request{http.MethodPost, list, ims + "lis.v2.lineitem+json", ims + "lis.v2.lineitem+json", body})
			}
			if s.kind == same {
				continue
			}
			for u := range s.students {
				body := fmt.Appendf(nil, `{"userId":%q,"scoreGiven":%v,"scoreMaximum":%d,"activityProgress":"Completed","gradingProgress":"FullyGraded","timestamp":%q}`,
					student(u), points(i, u), maximum, time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"))
				scores = append(scores, request{http.MethodPost, id + "/scores", "application/json", ims + "lis.v1.score+json", body})
			}
		}
	}
	w.Phases = [][]request{reads, items, scores}
	data, err := json.Marshal(w)
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, "bare.json")
	return file, os.WriteFile(file, data, 0o600)
}

// pages are the requests for a whole listing, as its links would lead.
func pages(url, accept string, elements, page int) []request {
	if page == 0 {
		page = max(1, elements)
	}
	var all []request
	for at := 0; at < max(1, elements); at += page {
		all = append(all, request{Method: http.MethodGet, URL: url, Accept: accept})
	}
	return all
}

func (l *lms) token(ctx context.Context) (string, error) {
	tool := l.box.Tool()
	key, err := agsclient.ParsePrivateKey(tool.PrivateKeyPEM)
	if err != nil {
		return "", err
	}
	source := &agsclient.ClientCredentials{HTTP: http.DefaultClient, TokenURL: l.base + "/token", ClientID: tool.ClientID, KeyID: tool.KeyID, Key: key, Now: time.Now}
	const scope = "https://purl.imsglobal.org/spec/lti-ags/scope/"
	tok, err := source.Token(ctx, []string{scope + "lineitem", scope + "result.readonly", scope + "score"})
	return strings.TrimSpace(tok.Value), err
}
