package account

import (
	"net/http"

	"switchyard/shared/auth/betterauth/internal/wire"
)

// Errors that several routes answer with; some with different statuses.

func invalidToken(status int) error { return wire.Fail(status, "INVALID_TOKEN", "Invalid token") }

func userNotFound(status int) error { return wire.Fail(status, "USER_NOT_FOUND", "User not found") }

func invalidPassword() error {
	return wire.Fail(http.StatusBadRequest, "INVALID_PASSWORD", "Invalid password")
}

func noCredential() error {
	return wire.Fail(http.StatusBadRequest, "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found")
}

func addressTaken() error {
	return wire.Fail(http.StatusUnprocessableEntity, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email.")
}
