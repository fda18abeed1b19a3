package sandbox

import (
	"crypto/aes"
	"crypto/subtle"
)

// cmac is AES-CMAC (RFC 4493, NIST SP 800-38B) of a message. The key is of 16,
// 24 or 32 bytes; another length is an error.
func cmac(key, message []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	sum := make([]byte, aes.BlockSize)
	block.Encrypt(sum, sum)
	last := double(sum) // K1
	clear(sum)
	for len(message) > aes.BlockSize {
		subtle.XORBytes(sum, sum, message)
		block.Encrypt(sum, sum)
		message = message[aes.BlockSize:]
	}
	if len(message) < aes.BlockSize { // what is not a whole block is padded, and gets K2
		last = double(last)
		message = append(append(make([]byte, 0, aes.BlockSize), message...), 0x80)
	}
	subtle.XORBytes(sum, sum, last)
	subtle.XORBytes(sum, sum, message)
	block.Encrypt(sum, sum)
	return sum, nil
}

// double is the product with x in GF(2^128).
func double(in []byte) []byte {
	out := make([]byte, len(in))
	for at := range in {
		out[at] = in[at] << 1
		if at+1 < len(in) {
			out[at] |= in[at+1] >> 7
		}
	}
	out[len(out)-1] ^= 0x87 * (in[0] >> 7)
	return out
}
