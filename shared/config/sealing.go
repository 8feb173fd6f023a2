package config

// Sealing has the secrets that the keys are made of by which secrets of users are kept
// encrypted. They are those of signing in, and are replaced as they are.
type Sealing struct {
	Secret  Secret     `env:"BETTER_AUTH_SECRET" use:"signs cookies, at least 32 characters; make one with: openssl rand -base64 32"`
	Secrets SecretList `env:"BETTER_AUTH_SECRETS" use:"replaces the secret bit by bit: 2:new,1:old; the first signs, all are accepted"`
}

// Check implements [Checker].
func (s Sealing) Check(report func(name, problem string)) {
	if s.Secret == "" && len(s.Secrets) == 0 {
		report("BETTER_AUTH_SECRET", "is not set")
	}
	for name, secrets := range map[string][]Secret{"BETTER_AUTH_SECRET": {s.Secret}, "BETTER_AUTH_SECRETS": s.Secrets} {
		for _, secret := range secrets {
			if secret != "" && len([]rune(secret.Reveal())) < minSecret {
				report(name, "has one that is too short: want at least 32 characters; make one with: openssl rand -base64 32")
			}
		}
	}
}

// Keys returns the secrets: the first encrypts, all decrypt.
func (s Sealing) Keys() []string { return Auth{Secret: s.Secret, Secrets: s.Secrets}.Keys() }
