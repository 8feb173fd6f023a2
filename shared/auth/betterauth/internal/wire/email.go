package wire

import "strings"

// maxEmail is as long as an e-mail address can be: 64 bytes, the @, and 255 bytes (RFC
// 5321, section 4.5.3.1). What is much longer has no room in an index of PostgreSQL.
const maxEmail = 320

// IsEmail reports whether s is an e-mail address as zod 4 has it (z.email): ASCII
// only, and stricter than RFC 5322; and, other than there, not longer than an address
// can be.
func IsEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && len(s) <= maxEmail && isLocal(local) && isDomain(domain)
}

func isLocal(s string) bool {
	if s == "" || s[0] == '.' || strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && !strings.ContainsRune("_'+-.", rune(s[i])) {
			return false
		}
	}
	last := s[len(s)-1]
	return last != '.' && last != '\''
}

func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	top := labels[len(labels)-1]
	if len(labels) < 2 || len(top) < 2 {
		return false
	}
	for i := range len(top) {
		if !isLetter(top[i]) {
			return false
		}
	}
	for _, label := range labels[:len(labels)-1] {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

func isLabel(s string) bool {
	if s == "" || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

func isAlphanumeric(b byte) bool { return isLetter(b) || ('0' <= b && b <= '9') }
