package config

import "switchyard/internal/names"

// AuthNames says what the database calls Better Auth's tables and columns.
type AuthNames struct {
	Names names.Names `env:"BETTER_AUTH_NAMES" use:"what the database calls Better Auth's tables and columns: snake_case, plural, snake_case,plural, or modelName and fields of its options in JSON; as Better Auth does by itself if not set"`
}
