package runlog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
)

// maxRecipientsFile bounds a file of recipients, in bytes.
const maxRecipientsFile = 1 << 20

var errSecretKey = errors.New("a secret key is given where a recipient (age1...) is wanted: `age-keygen -y FILE` prints the recipient of a secret key; if others could see the key, make a new one")

// ParseRecipients reads the words of --seal-to. Each is a recipient (age1...,
// age1pq1...) or the name of a file of recipients, one a line, with blank lines
// and # comments. SSH keys and age plugins are not supported.
//
// No words give no recipients, but an empty word is an error: a variable that
// was not set must not end in a record that is not sealed. Errors count the
// words and repeat none, as it may be a secret; only a file's name is told.
func ParseRecipients(words []string) ([]age.Recipient, error) {
	var all []age.Recipient
	for i, word := range words {
		some, err := parseWord(word)
		if err != nil {
			return nil, fmt.Errorf("recipient %d of %d: %w", i+1, len(words), err)
		}
		all = append(all, some...)
	}
	return all, nil
}

func parseWord(word string) ([]age.Recipient, error) {
	trimmed := strings.TrimSpace(word)
	if trimmed == "" {
		return nil, errors.New("it is empty")
	}
	if holdsSecretKey(trimmed) {
		return nil, errSecretKey
	}
	if r, ok := parseRecipient(trimmed); ok {
		return []age.Recipient{r}, nil
	}
	// A file's name may begin like a recipient, but is not one by accident.
	if info, err := os.Stat(word); err == nil {
		if info.IsDir() {
			return nil, fmt.Errorf("%s is a folder: a recipient (age1...) or a file of recipients is wanted", word)
		}
		return parseFile(word)
	}
	switch {
	case strings.HasPrefix(trimmed, "ssh-"):
		return nil, errors.New("SSH keys are not supported: make a key with age-keygen and give its recipient (age1...)")
	case strings.HasPrefix(trimmed, "age1"):
		return nil, errors.New("it begins like a recipient and is not a whole one: is it mistyped or cut off, or does it belong to an age plugin, which is not supported?")
	}
	return nil, errors.New("neither a recipient (age1...) nor a file that is there")
}

func parseRecipient(word string) (age.Recipient, bool) {
	if r, err := age.ParseX25519Recipient(word); err == nil {
		return r, true
	}
	if r, err := age.ParseHybridRecipient(word); err == nil {
		return r, true
	}
	return nil, false
}

func parseFile(path string) ([]age.Recipient, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	defer func() { _ = file.Close() }()
	text, err := readAll(file, maxRecipientsFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	if holdsSecretKey(string(text)) {
		return nil, fmt.Errorf("%s: %w", path, errSecretKey)
	}
	all, err := age.ParseRecipients(bytes.NewReader(text))
	if err == nil {
		return all, nil
	}
	// age's own error may repeat a line: say which one ourselves.
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if _, ok := parseRecipient(line); line != "" && !strings.HasPrefix(line, "#") && !ok {
			return nil, fmt.Errorf("%s:%d: not a recipient (age1...); SSH keys and age plugins are not supported", path, n)
		}
	}
	return nil, fmt.Errorf("%s: there is no recipient (age1...) in this file", path)
}

// holdsSecretKey takes any case, as bech32 does.
func holdsSecretKey(text string) bool {
	return strings.Contains(strings.ToUpper(text), "AGE-SECRET-KEY") || strings.Contains(text, "PRIVATE KEY-----")
}
