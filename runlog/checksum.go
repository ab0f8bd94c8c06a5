package runlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
)

// Records carry a checksum as their last key, "crc32c":"1a2b3c4d": the CRC-32C, in eight hexadecimal digits, over the
// text before that key, without the comma and the blanks between. In a file of lines it is over the checksum of the
// line before and that text, so that a line that is gone, doubled or swapped is found too. It finds accidents, not
// somebody who computes it anew. Text without the key is of an earlier version, or was changed on purpose.
const checksumKey = `"crc32c":`

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is that of a record's text up to its checksum, after a line with the checksum before; "" for none.
func checksum(before string, body []byte) string {
	return fmt.Sprintf("%08x", crc32.Update(crc32.Checksum([]byte(before), castagnoli), castagnoli, body))
}

// unseal takes the text of a JSON object apart: what comes before its checksum, and the checksum, "" for none.
func unseal(text []byte) (body []byte, sum string) {
	const blanks = " \t\r\n"
	text = bytes.TrimRight(text, blanks)
	at := bytes.LastIndex(text, []byte(checksumKey))
	if at >= 0 {
		rest := strings.TrimSuffix(string(text[at+len(checksumKey):]), "}")
		if sum = strings.Trim(rest, blanks+`"`); !strings.ContainsAny(sum, `{},:"`) {
			return bytes.TrimSuffix(bytes.TrimRight(text[:at], blanks), []byte{','}), sum
		}
	}
	return bytes.TrimRight(bytes.TrimSuffix(text, []byte{'}'}), blanks), ""
}

// seal returns a JSON object in one line with its checksum, which it returns too, in the place of one that it has.
func seal(before string, text []byte) (line []byte, sum string) {
	body, _ := unseal(text)
	sum = checksum(before, body)
	return fmt.Appendf(body[:len(body):len(body)], `,%s"%s"}`, checksumKey, sum), sum
}

// Seal returns the JSON form of v, an object, over several lines and with its checksum, in the place of one that it
// has.
func Seal(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	body, _ := unseal(text)
	if len(body) < 2 || body[0] != '{' {
		return nil, fmt.Errorf("%.20s: want an object with a key", text)
	}
	return fmt.Appendf(body, ",\n  %s \"%s\"\n}\n", checksumKey, checksum("", body)), nil
}

// Unseal returns the text of a JSON object without its checksum, and an error when it does not fit the text.
func Unseal(text []byte) ([]byte, error) {
	body, sum := unseal(text)
	if sum == "" {
		return text, nil
	}
	if want := checksum("", body); sum != want {
		return nil, fmt.Errorf("it was changed after it was written: its checksum is %s, want %s: put it back, or remove "+
			"the key %s when the change is meant", sum, want, strings.TrimSuffix(checksumKey, ":"))
	}
	return append(body[:len(body):len(body)], "\n}\n"...), nil
}
