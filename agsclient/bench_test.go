package agsclient

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkListing reads pages of 1,000 elements over HTTP on loopback.
func BenchmarkListing(b *testing.B) {
	var results, items strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&results, `,{"id":"https://lms.example.edu/1/lineitems/1/results/%d","scoreOf":"https://lms.example.edu/1/lineitems/1","userId":"student-%05d","resultScore":%d.5,"resultMaximum":100,"comment":"Nice work"}`, i, i, i%100)
		fmt.Fprintf(&items, `,{"id":"https://a/1/lineitems/%d","label":"Homework %d","scoreMaximum":100,"resourceId":"hw-%d","tag":"homework"}`, i, i, i)
	}
	page := func(s string) http.HandlerFunc { return answer(200, "["+s[1:]+"]") }
	b.Run("results", func(b *testing.B) {
		c, srv := lms(b, Options{}, page(results.String()))
		b.SetBytes(int64(results.Len()))
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for _, err := range c.Results(b.Context(), srv.URL+"/1", ResultFilter{}) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != 1000 {
				b.Fatal(n)
			}
		}
	})
	b.Run("lineitems", func(b *testing.B) {
		c, _ := lms(b, Options{}, page(items.String()))
		b.SetBytes(int64(items.Len()))
		b.ReportAllocs()
		for b.Loop() {
			list, err := c.LineItems(b.Context(), LineItemFilter{})
			if err != nil || len(list.Items) != 1000 {
				b.Fatal(err)
			}
		}
	})
}
