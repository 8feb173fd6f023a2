package auth

// The pages of signing in.
const (
	// SignInPath is the page to which a host leads whoever asks for a closed page
	// without being signed in; the query parameter next says where to come back to.
	SignInPath  = "/sign-in"
	SignUpPath  = "/sign-up"
	SignOutPath = "/sign-out" // takes POST alone

	ForgotPath  = "/forgot-password"
	ResetPath   = "/reset-password" // where the mailed link leads
	VerifyPath  = "/verify-email"   // where the mailed links lead
	GoodbyePath = "/goodbye"        // where a deleted account leads

	AccountPath  = "/account"
	SessionsPath = "/account/sessions"
	KeysPath     = "/account/keys"
)
