package front

import (
	"switchyard/shared/auth"
	"switchyard/shared/ui"
)

// explanations returns what is known of errors, by their codes: those of routes in
// upper case, those of providers in lower case.
func explanations() map[string]ui.Problem {
	again := ui.Link{Href: auth.SignInPath, Text: "Sign in"}
	address := []string{"email", "newEmail"}
	chosen := []string{"newPassword", "password"}
	return map[string]ui.Problem{
		"INVALID_EMAIL":             {Text: noAddress, Fields: address},
		"INVALID_EMAIL_OR_PASSWORD": {Text: "The e-mail address or the password is wrong. Check both and try again.", Fields: []string{"password"}},
		"EMAIL_NOT_VERIFIED": {
			Text: "Verify your e-mail address before you sign in: open the link that was mailed to you.",
			Link: ui.Link{Href: auth.VerifyPath, Text: "Ask for another mail"},
		},
		"BANNED_USER":         {Text: "This account has been banned. If you believe that this is an error, write to whoever runs this service."},
		"TWO_FACTOR_REQUIRED": {Text: "This account asks for a second factor when you sign in, which cannot be checked here. Write to whoever runs this service."},
		"USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL": {
			Text: "There is an account with this e-mail address already. Use another one, or sign in.",
			Link: again, Fields: address,
		},
		"FAILED_TO_CREATE_USER":               {Text: "The account could not be made. Try again."},
		"EMAIL_PASSWORD_DISABLED":             {Text: "Signing in with a password is switched off here."},
		"EMAIL_PASSWORD_SIGN_UP_DISABLED":     {Text: "Nobody can sign up here at the moment."},
		"PASSWORD_TOO_SHORT":                  {Text: "This password is too short. Choose one of at least 8 characters.", Fields: chosen},
		"PASSWORD_TOO_LONG":                   {Text: "This password is too long. Choose one of at most 128 characters.", Fields: chosen},
		"INVALID_PASSWORD":                    {Text: "This is not your password. Try again.", Fields: []string{"currentPassword", "password"}},
		"CREDENTIAL_ACCOUNT_NOT_FOUND":        {Text: "This account has no password yet."},
		"RESET_PASSWORD_DISABLED":             {Text: "Passwords cannot be reset here: this service sends no mail."},
		"VERIFICATION_EMAIL_NOT_ENABLED":      {Text: "Addresses cannot be verified here: this service sends no mail."},
		"CHANGE_EMAIL_DISABLED":               {Text: "Addresses cannot be changed here."},
		"EMAIL_MISMATCH":                      {Text: "You are signed in with another e-mail address. Enter that one, or sign out first.", Fields: address},
		"EMAIL_ALREADY_VERIFIED":              {Text: "This e-mail address is verified already; there is nothing to do."},
		"INVALID_TOKEN":                       {Text: "This link does not work: it has been used already, is too old, or is not complete. Ask for another one."},
		"TOKEN_EXPIRED":                       {Text: "This link is too old: links work for an hour. Ask for another one."},
		"USER_NOT_FOUND":                      {Text: "The account that this link is about is gone."},
		"INVALID_USER":                        {Text: "This link is for another account than the one you are signed in to. Sign out, then open it again."},
		"SESSION_NOT_FRESH":                   stale(),
		"SESSION_EXPIRED":                     stale(),
		"UNAUTHORIZED":                        {Text: "You are signed out. Sign in and try again.", Link: again},
		"FAILED_TO_GET_SESSION":               {Text: "You are signed out. Sign in and try again.", Link: again},
		"FAILED_TO_UNLINK_LAST_ACCOUNT":       {Text: "This is the only way in which you can sign in, so it has to stay."},
		"ACCOUNT_NOT_FOUND":                   {Text: "This is gone already."},
		"PROVIDER_NOT_FOUND":                  {Text: "Nobody can sign in with this provider here."},
		"INVALID_ORIGIN":                      {Text: "Your browser says that this comes from another site. Load this page again at its proper address, and try again."},
		"MISSING_OR_NULL_ORIGIN":              {Text: "Your browser does not say which site this comes from, so it was refused. A privacy extension may be the reason."},
		"CROSS_SITE_NAVIGATION_LOGIN_BLOCKED": {Text: "Another site tried to sign you in, so it was refused. Enter your password here if you want to."},

		"access_denied":                            {Text: "You did not agree to it there, so nothing has changed here."},
		"account_not_linked":                       {Text: "There is an account with this e-mail address already. Sign in as you used to, then link the provider on your account's page."},
		"account_already_linked_to_different_user": {Text: "This is linked to another account here. Unlink it there first."},
		"email_does_not_match":                     {Text: "The account there has another e-mail address than yours here, so it cannot be linked."},
		"unable_to_link_account":                   {Text: "It could not be linked: the provider has not verified your e-mail address. Verify it there, and try again."},
		"email_not_verified":                       {Text: "Verify your e-mail address before you sign in: open the link that was mailed to you."},
		"email_not_found":                          {Text: "The provider did not tell your e-mail address. Allow it there, and try again."},
		"signup_disabled":                          {Text: "Nobody can sign up here at the moment."},
		"state_mismatch":                           {Text: "That took too long, or was begun in another browser. Try again."},
		"state_not_found":                          {Text: "That took too long, or was begun in another browser. Try again."},
		"invalid_code":                             {Text: "The provider did not confirm it. Try again."},
		"unable_to_get_user_info":                  {Text: "The provider did not say who you are. Try again."},
		"unable_to_create_user":                    {Text: "The account could not be made. Try again."},
	}
}

// stale is the problem of a session that began too long ago for what is grave.
func stale() ui.Problem {
	return ui.Problem{
		Text: "You signed in more than a day ago. For this, sign in again: it keeps strangers out who find your browser open.",
		Link: ui.Link{Href: auth.SignInPath, Text: "Sign in again"},
	}
}
