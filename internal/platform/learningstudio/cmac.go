package learningstudio

import (
	"crypto/aes"
	"crypto/subtle"
)

// cmac is AES-CMAC (RFC 4493, NIST SP 800-38B) of a message. A key of 32 bytes
// makes it AES-256.
func cmac(key, message []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	last := make([]byte, aes.BlockSize) // what goes with the last block
	block.Encrypt(last, last)
	double(last)
	mac := make([]byte, aes.BlockSize)
	for len(message) > aes.BlockSize {
		subtle.XORBytes(mac, mac, message[:aes.BlockSize])
		block.Encrypt(mac, mac)
		message = message[aes.BlockSize:]
	}
	subtle.XORBytes(mac, mac, message)
	if len(message) < aes.BlockSize { // it is padded, and gets the other subkey
		mac[len(message)] ^= 0x80
		double(last)
	}
	subtle.XORBytes(mac, mac, last)
	block.Encrypt(mac, mac)
	return mac, nil
}

// double multiplies by x in GF(2^128).
func double(b []byte) {
	carry := byte(0)
	for i := len(b) - 1; i >= 0; i-- {
		b[i], carry = b[i]<<1|carry, b[i]>>7
	}
	b[len(b)-1] ^= 0x87 * carry
}
