package ltiaas

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOptions(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"no URL", func(o *Options) { o.URL = "" }, "url: there is no URL"},
		{"plain http", func(o *Options) { o.URL = "http://your.ltiaas.com" }, "must be https"},
		{"a password", func(o *Options) { o.URL = "https://me:s3cret@your.ltiaas.com" }, "user name or password"},
		{"a query", func(o *Options) { o.URL = "https://your.ltiaas.com/?ltik=s3cret" }, "leave out the query"},
		{"no credentials", func(o *Options) { o.Ltik = "" }, "neither a serviceKey nor a ltik"},
		{"both", func(o *Options) { o.ServiceKey = "s3cret" }, "leave out one of them"},
		{"no API key", func(o *Options) { o.APIKey = "" }, "the apiKey is empty"},
		{"a colon", func(o *Options) { o.APIKey = "s3cret:more" }, "holds a colon"},
		{"two lines", func(o *Options) { o.Ltik = "s3cret\nmore" }, "the ltik holds white space"},
		{"a header of its own", func(o *Options) { o.Ltik, o.ServiceKey = "", "s3cret\r\nX-Evil: 1" }, "the serviceKey holds white space"},
		{"typographic", func(o *Options) { o.APIKey = "“s3cret”" }, "the apiKey holds white space or other"},
		{"a negative bound", func(o *Options) { o.MaxPages = -1 }, "a bound is negative"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := Options{URL: "https://your.ltiaas.com", APIKey: apiKey, Ltik: ltik}
			tc.change(&o)
			_, err := New(nil, o)
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
	for _, url := range []string{"https://your.ltiaas.com", "https://your.ltiaas.com/", "http://127.0.0.1:8080", "http://localhost"} {
		_, err := New(nil, Options{URL: url, APIKey: apiKey, ServiceKey: serviceKey})
		require.NoError(t, err, url)
	}
}

// However it is printed, nothing shows a credential.
func TestFormattedWithoutSecrets(t *testing.T) {
	o := Options{URL: "https://your.ltiaas.com", APIKey: apiKey, Ltik: ltik}
	p, err := New(nil, o)
	require.NoError(t, err)
	for _, v := range []any{o, &o, p, *p} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			shown := fmt.Sprintf(verb, v)
			for _, secret := range []string{apiKey, ltik, serviceKey} {
				require.NotContains(t, shown, secret, "%T %s", v, verb)
				require.NotContains(t, shown, fmt.Sprintf("%x", secret), "%T %s", v, verb)
			}
		}
	}
}
