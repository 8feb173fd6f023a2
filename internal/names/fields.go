package names

import "slices"

// fields are the fields of Better Auth's models that the router reads or writes, those of
// its plugins among them; as @better-auth/core 1.7 names them: db/get-tables.mjs.
var fields = map[string][]string{ //nolint:gochecknoglobals // a constant
	"user": {
		"name", "email", "emailVerified", "image", "createdAt", "updatedAt",
		"twoFactorEnabled", "banned", "banExpires",
	},
	"session": {"expiresAt", "token", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId"},
	"account": {
		"accountId", "providerId", "userId", "accessToken", "refreshToken", "idToken", "accessTokenExpiresAt",
		"refreshTokenExpiresAt", "scope", "password", "createdAt", "updatedAt", "issuer",
	},
	"verification": {"identifier", "value", "expiresAt", "createdAt", "updatedAt"},
	"rateLimit":    {"key", "count", "lastRequest"},
}

// aliases are what the models are called within a statement of the router.
var aliases = map[string]string{ //nolint:gochecknoglobals // a constant
	"u": "user", "one": "user", "users": "user", "owner": "user",
	"s": "session", "a": "account", "r": "rateLimit",
}

func isField(model, name string) bool { return slices.Contains(fields[model], name) }
