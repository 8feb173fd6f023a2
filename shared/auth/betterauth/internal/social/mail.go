package social

import (
	"cmp"
	"context"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"switchyard/shared/auth/betterauth/internal/letter"
	"switchyard/shared/auth/betterauth/internal/seal"
)

// verifyLife is how long a verification mail's link works.
const verifyLife = time.Hour

// askToVerify mails a link to who has signed in or up, if the provider does not
// vouch for the address and the settings want it verified.
func (r *Routes) askToVerify(ctx context.Context, tx pgx.Tx, in entry, callbackURL string) error {
	wanted := r.Auth.VerifiesOnSignUp()
	if !in.isNew {
		wanted = r.Auth.RequireVerifiedEmail && r.Auth.VerifyOnSignIn && r.Auth.Enabled()
	}
	if !wanted || in.user.EmailVerified {
		return nil
	}
	now := time.Now()
	token := r.Keys.SignJWT(seal.Claims{Email: in.user.Email, UserID: in.user.ID}, now, verifyLife)
	link := r.base + "/verify-email?token=" + token + "&callbackURL=" + url.QueryEscape(cmp.Or(callbackURL, "/"))
	return r.Mail.Add(ctx, tx, letter.Verification(in.user.Email, in.user.Name, link, token, now.Add(verifyLife)))
}
