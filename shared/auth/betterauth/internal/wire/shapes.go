package wire

import (
	"time"

	"switchyard/shared/auth"
	"switchyard/shared/auth/betterauth/internal/seal"
)

// Time is a time as the wire has it: in UTC, with three digits of the second. The
// contract's clients misread more or fewer.
type Time time.Time

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) { return []byte(seal.FormatTime(time.Time(t))), nil }

// Done is the answer of routes that have nothing to tell but that all went well.
func Done() any { return map[string]bool{"status": true} }

type userShape struct {
	Name          string  `json:"name"`
	Email         string  `json:"email"`
	EmailVerified bool    `json:"emailVerified"`
	Image         *string `json:"image"`
	CreatedAt     Time    `json:"createdAt"`
	UpdatedAt     Time    `json:"updatedAt"`
	ID            string  `json:"id"`
}

// User returns u as the wire has it.
func User(u auth.User) any {
	return userShape{u.Name, u.Email, u.EmailVerified, u.Image, Time(u.CreatedAt), Time(u.UpdatedAt), u.ID}
}

type sessionShape struct {
	ExpiresAt Time    `json:"expiresAt"`
	Token     string  `json:"token"`
	CreatedAt Time    `json:"createdAt"`
	UpdatedAt Time    `json:"updatedAt"`
	IPAddress *string `json:"ipAddress"`
	UserAgent *string `json:"userAgent"`
	UserID    string  `json:"userId"`
	ID        string  `json:"id"`
}

// Session returns s as the wire has it.
func Session(s auth.Session) any {
	return sessionShape{
		Time(s.ExpiresAt), s.Token, Time(s.CreatedAt), Time(s.UpdatedAt),
		s.IPAddress, s.UserAgent, s.UserID, s.ID,
	}
}
