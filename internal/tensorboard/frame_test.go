package tensorboard

import "testing"

// slowMasked is the masked CRC-32C by its definition, with the reflected polynomial 0x82f63b78.
func slowMasked(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low == 1 {
				crc ^= 0x82f63b78
			}
		}
	}
	crc = ^crc
	return (crc>>15 | crc<<17) + 0xa282ead8
}

// The check value of CRC-32C in the catalogue of parametrised CRCs: "123456789" gives 0xe3069283.
func TestMasked(t *testing.T) {
	check := uint32(0xe3069283)
	if want := (check>>15 | check<<17) + 0xa282ead8; masked([]byte("123456789")) != want ||
		slowMasked([]byte("123456789")) != want {
		t.Errorf("masked = %#x, slowMasked = %#x, want %#x", masked([]byte("123456789")), slowMasked([]byte("123456789")),
			want)
	}
}
