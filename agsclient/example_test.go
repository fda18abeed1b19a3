package agsclient_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gradesync/gradesync/agsclient"
)

// smallLMS answers just enough for the examples.
func smallLMS() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"access_token":"secret","token_type":"Bearer","expires_in":3600}`)
	})
	mux.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `[{"id":"http://%s/items/1","label":"Homework 1","scoreMaximum":50,"resourceId":"hw1"}]`, r.Host)
	})
	mux.HandleFunc("POST /items/1/scores", func(w http.ResponseWriter, r *http.Request) {})
	mux.HandleFunc("GET /items/1/results", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `[{"userId":"s-001","resultScore":42.5,"resultMaximum":50}]`)
	})
	mux.HandleFunc("GET /people", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"id":"x","members":[{"user_id":"s-001","roles":["Learner"],"email":"ada@example.edu"}]}`)
	})
	return httptest.NewServer(mux)
}

// newKey stands for a key that is read from a file.
func newKey() []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		log.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func newClient(lms *httptest.Server) *agsclient.Client {
	key, err := agsclient.ParsePrivateKey(newKey())
	if err != nil {
		log.Fatal(err)
	}
	tokens := &agsclient.ClientCredentials{
		TokenURL: lms.URL + "/token", ClientID: "gradebook-tool", KeyID: "2025-01", Key: key, Now: time.Now,
	}
	client, err := agsclient.New(http.DefaultClient, tokens,
		agsclient.Endpoint{LineItemsURL: lms.URL + "/items", MembershipsURL: lms.URL + "/people"},
		agsclient.Options{Scopes: []string{agsclient.ScopeLineItem, agsclient.ScopeScore, agsclient.ScopeResultReadOnly, agsclient.ScopeMembership}})
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// Write a score and read back what the platform made of it.
func Example() {
	lms := smallLMS()
	defer lms.Close()
	client, ctx := newClient(lms), context.Background()

	list, err := client.LineItems(ctx, agsclient.LineItemFilter{})
	if err != nil {
		log.Fatal(err)
	}
	item := list.Items[0]
	points := 42.5
	err = client.PostScore(ctx, item.ID, agsclient.Score{
		UserID: "s-001", ScoreGiven: &points, ScoreMaximum: item.ScoreMaximum, Timestamp: time.Now(),
		ActivityProgress: agsclient.ActivityCompleted, GradingProgress: agsclient.GradingFullyGraded,
	})
	if err != nil {
		log.Fatal(err)
	}
	for result, err := range client.Results(ctx, item.ID, agsclient.ResultFilter{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %s has %v of %v\n", item.Label, result.UserID, *result.ResultScore, result.ResultMaximum)
	}
	// Output: Homework 1: s-001 has 42.5 of 50
}

// Read the roster.
func ExampleClient_Memberships() {
	lms := smallLMS()
	defer lms.Close()
	for member, err := range newClient(lms).Memberships(context.Background(), agsclient.MembershipFilter{Role: "Learner"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(member.UserID, member.Email, member.Status)
	}
	// Output: s-001 ada@example.edu Active
}

// An id that leads to another host is refused before the token goes there.
func ExampleOriginError() {
	lms := smallLMS()
	defer lms.Close()
	err := newClient(lms).DeleteLineItem(context.Background(), "https://elsewhere.example.edu/items/1")
	var origin *agsclient.OriginError
	fmt.Println(errors.As(err, &origin), origin.Host, agsclient.NotSent(err))
	// Output: true elsewhere.example.edu true
}
