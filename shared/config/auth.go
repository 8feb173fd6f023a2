package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Auth is what signing in needs, and with it every function that is not public.
// Names and defaults are Better Auth's where it has them.
type Auth struct {
	Mail
	Client

	Secret  Secret     `env:"BETTER_AUTH_SECRET" use:"signs cookies, at least 32 characters; make one with: openssl rand -base64 32"`
	Secrets SecretList `env:"BETTER_AUTH_SECRETS" use:"replaces the secret bit by bit: 2:new,1:old; the first signs, all are accepted"`
	URL     URL        `env:"BETTER_AUTH_URL" also:"RAILWAY_PUBLIC_DOMAIN" required:"true" use:"the public URL of this service"`
	TrustedOrigins
	AuthNames

	RateLimit     bool `env:"AUTH_RATE_LIMIT" default:"on" use:"whether requests to /api/auth are limited by address"`
	CookieCache   Span `env:"AUTH_COOKIE_CACHE" default:"off" use:"how long a signed copy of the session in a cookie saves asking the database: off, or 5m"`
	SecureCookies Auto `env:"AUTH_SECURE_COOKIES" default:"auto" use:"whether cookies are for https alone: on, off, or auto: as BETTER_AUTH_URL is"`

	RequireVerifiedEmail    bool `env:"AUTH_REQUIRE_VERIFIED_EMAIL" default:"off" use:"whether signing in needs a verified e-mail address"`
	VerifyOnSignUp          Auto `env:"AUTH_VERIFY_ON_SIGN_UP" default:"auto" use:"whether signing up sends a verification mail; auto: if AUTH_REQUIRE_VERIFIED_EMAIL"`
	VerifyOnSignIn          bool `env:"AUTH_VERIFY_ON_SIGN_IN" default:"off" use:"whether signing in with an unverified address sends another one"`
	SignInAfterVerification bool `env:"AUTH_SIGN_IN_AFTER_VERIFICATION" default:"off" use:"whether opening the link in it signs in"`
	RevokeSessionsOnReset   bool `env:"AUTH_REVOKE_SESSIONS_ON_RESET" default:"off" use:"whether resetting the password signs out everywhere"`
	ConfirmEmailChange      bool `env:"AUTH_CONFIRM_EMAIL_CHANGE" default:"off" use:"whether the old address has to agree to a new one"`
	ConfirmDelete           bool `env:"AUTH_CONFIRM_DELETE" default:"off" use:"whether deleting an account is confirmed by mail"`

	Social
}

// Social is signing in with an account elsewhere. A provider is on when its id and
// its secret are set. The URLs are for tests and for GitHub Enterprise.
type Social struct {
	GitHubID     string `env:"GITHUB_CLIENT_ID" use:"sign in with GitHub: the OAuth app's id"`
	GitHubSecret Secret `env:"GITHUB_CLIENT_SECRET" use:"the OAuth app's secret"`
	GitHubURL    URL    `env:"GITHUB_URL" default:"https://github.com" use:"another GitHub"`
	GitHubAPI    URL    `env:"GITHUB_API_URL" default:"https://api.github.com" use:"its API"`
	GoogleID     string `env:"GOOGLE_CLIENT_ID" use:"sign in with Google: the OAuth client's id"`
	GoogleSecret Secret `env:"GOOGLE_CLIENT_SECRET" use:"the OAuth client's secret"`
	GoogleAuth   URL    `env:"GOOGLE_AUTH_URL" default:"https://accounts.google.com/o/oauth2/v2/auth" use:"where Google asks its users"`
	GoogleToken  URL    `env:"GOOGLE_TOKEN_URL" default:"https://oauth2.googleapis.com/token" use:"where Google gives out tokens"`
	GoogleKeys   URL    `env:"GOOGLE_KEYS_URL" default:"https://www.googleapis.com/oauth2/v3/certs" use:"where Google publishes its keys"`
}

// minSecret is how many characters a secret must have.
const minSecret = 32

// Check implements [Checker].
func (a Auth) Check(report func(name, problem string)) {
	a.Mail.Check(report)
	const short = "is too short: want at least 32 characters; make one with: openssl rand -base64 32"
	if a.Secret == "" && len(a.Secrets) == 0 {
		report("BETTER_AUTH_SECRET", "is not set")
	}
	if a.Secret != "" && len([]rune(a.Secret.Reveal())) < minSecret {
		report("BETTER_AUTH_SECRET", short)
	}
	for _, s := range a.Secrets {
		if len([]rune(s.Reveal())) < minSecret {
			report("BETTER_AUTH_SECRETS", "has one that "+short)
		}
	}
	if !a.Enabled() {
		for name, on := range map[string]bool{
			"AUTH_REQUIRE_VERIFIED_EMAIL": a.RequireVerifiedEmail,
			"AUTH_VERIFY_ON_SIGN_UP":      a.VerifyOnSignUp == On,
			"AUTH_VERIFY_ON_SIGN_IN":      a.VerifyOnSignIn,
			"AUTH_CONFIRM_EMAIL_CHANGE":   a.ConfirmEmailChange,
			"AUTH_CONFIRM_DELETE":         a.ConfirmDelete,
		} {
			if on {
				report(name, "needs mail: set SMTP_URL and MAIL_FROM, or switch it off")
			}
		}
	}
	pair := func(idName, id, secretName string, secret Secret) {
		if (id == "") != (secret == "") {
			missing := idName
			if secret == "" {
				missing = secretName
			}
			report(missing, "is not set, but the other half of the pair is")
		}
	}
	pair("GITHUB_CLIENT_ID", a.GitHubID, "GITHUB_CLIENT_SECRET", a.GitHubSecret)
	pair("GOOGLE_CLIENT_ID", a.GoogleID, "GOOGLE_CLIENT_SECRET", a.GoogleSecret)
}

// Keys returns the secrets: the first signs, all are accepted.
func (a Auth) Keys() []string {
	var keys []string
	for _, s := range a.Secrets {
		keys = append(keys, s.Reveal())
	}
	if a.Secret != "" {
		keys = append(keys, a.Secret.Reveal())
	}
	return keys
}

// Secure reports whether cookies are for https alone.
func (a Auth) Secure() bool {
	return a.SecureCookies == On || (a.SecureCookies == Automatic && a.URL.IsSet() && a.URL.Scheme == "https")
}

// VerifiesOnSignUp reports whether signing up sends a verification mail.
func (a Auth) VerifiesOnSignUp() bool {
	return a.Enabled() && (a.VerifyOnSignUp == On || (a.VerifyOnSignUp == Automatic && a.RequireVerifiedEmail))
}

// SecretList is BETTER_AUTH_SECRETS: "2:new,1:old". The numbers are versions, each
// of which may occur once.
type SecretList []Secret

// UnmarshalText parses text. It refuses an entry without a version or a secret, and a version
// that occurs twice. Its error never repeats the text.
func (l *SecretList) UnmarshalText(text []byte) error {
	*l = nil
	seen := map[int]bool{}
	for entry := range strings.SplitSeq(string(text), ",") {
		number, secret, found := strings.Cut(strings.TrimSpace(entry), ":")
		version, err := strconv.Atoi(number)
		secret = strings.TrimSpace(secret)
		if !found || err != nil || version < 0 || secret == "" || seen[version] {
			return errors.New("want versions and secrets such as 2:new,1:old, each version once") // never the entry
		}
		seen[version] = true
		*l = append(*l, Secret(secret))
	}
	return nil
}

// Span is a duration of a second or more, or 0: off.
type Span time.Duration

// UnmarshalText parses "off", or a duration such as "5m". It refuses less than a second.
func (s *Span) UnmarshalText(text []byte) error {
	if strings.EqualFold(string(text), "off") {
		*s = 0
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d < time.Second {
		return fmt.Errorf("want off, or a duration such as 5m")
	}
	*s = Span(d)
	return nil
}

// Auto is a switch with a third position: [Automatic] leaves it to the other settings.
type Auto string

// The positions of a switch.
const (
	Automatic Auto = "auto"
	On        Auto = "on"
	Off       Auto = "off"
)

// UnmarshalText parses auto, on or off; also true, 1, false and 0.
func (a *Auto) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "auto":
		*a = Automatic
	case "on", "true", "1":
		*a = On
	case "off", "false", "0":
		*a = Off
	default:
		return errors.New("want on, off or auto")
	}
	return nil
}
