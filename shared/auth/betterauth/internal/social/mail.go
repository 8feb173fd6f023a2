package social

import (
	"context"

	"github.com/jackc/pgx/v5"
)

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
	return r.Mail.Add(ctx, tx, r.Accounts.Verification(in.user, callbackURL))
}
