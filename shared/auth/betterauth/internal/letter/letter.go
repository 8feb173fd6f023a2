// Package letter writes the mails of signing in, each as plain text and as HTML:
// what it is about, one link, how long that works, and what to do if it was not
// the reader who asked.
//
// Somebody can have such a mail sent to a stranger, under a name of their choice.
// It therefore greets by name only if that cannot be mistaken for a message.
package letter

import (
	"time"

	"switchyard/shared/mail"
)

// Verification asks whoever signed up with the address to confirm it.
func Verification(to, name, url, token string, until time.Time) mail.Message {
	l := open(name, url)
	l.Subject = "Confirm your e-mail address for " + l.Site
	l.Title = "Confirm your e-mail address"
	l.About = "This address was given for an account at " + l.Site + ". Open the link to confirm that it is yours."
	l.Action = "Confirm this address"
	l.Otherwise = "If you know nothing of this, there is nothing to do: without the link, the address stays unconfirmed."
	return l.message(to, token, until)
}

// EmailChangeConfirmation asks the owner of an account, at the address to that it
// has, whether it may change to newEmail.
func EmailChangeConfirmation(to, name, newEmail, url, token string, until time.Time) mail.Message {
	l := open(name, url)
	l.Subject = "Your e-mail address for " + l.Site + " is about to change"
	l.Title = "Do you want to change your e-mail address?"
	l.About = "Somebody who is signed in to your account at " + l.Site + " asked to change its e-mail address to " + newEmail +
		". Open the link if you agree. A second link then goes to the new address, to confirm it."
	l.Action = "Agree to the change"
	l.Otherwise = "If this was not you, do not open the link: the address then stays as it is. " + stolen
	return l.message(to, token, until)
}

// EmailChangeVerification asks, at the address to that an account is to have from
// now on, to confirm it.
func EmailChangeVerification(to, name, url, token string, until time.Time) mail.Message {
	l := open(name, url)
	l.Subject = "Confirm your new e-mail address for " + l.Site
	l.Title = "Confirm your new e-mail address"
	l.About = "Your account at " + l.Site + " is to have this e-mail address from now on. Open the link to confirm that it is yours."
	l.Action = "Confirm this address"
	l.Otherwise = "If you know nothing of this, there is nothing to do: without the link, nothing changes."
	return l.message(to, token, until)
}

// Reset lets the owner of an account choose a new password.
func Reset(to, name, url, token string, until time.Time) mail.Message {
	l := open(name, url)
	l.Subject = "Reset your password for " + l.Site
	l.Title = "Choose a new password"
	l.About = "Somebody asked for a new password for your account at " + l.Site + ". Open the link to choose one."
	l.Action = "Choose a new password"
	l.Otherwise = "If this was not you, there is nothing to do: your password stays as it is. Do not pass the link on: it is as good as your password."
	return l.message(to, token, until)
}

// Deletion asks the owner of an account to confirm that it is to be deleted.
func Deletion(to, name, url, token string, until time.Time) mail.Message {
	l := open(name, url)
	l.Subject = "Confirm that your account at " + l.Site + " is to be deleted"
	l.Title = "Do you want to delete your account?"
	l.About = "Somebody who is signed in to your account at " + l.Site + " asked to delete it. " +
		"Open the link, in the browser in which you are signed in, if you agree. " +
		"The account and all that belongs to it are then gone for good."
	l.Action = "Delete my account"
	l.Otherwise = "If this was not you, do not open the link: the account then stays as it is. " + stolen
	return l.message(to, token, until)
}

// stolen is what to do when a stranger is signed in.
const stolen = "Somebody else may be signed in to your account: change your password soon, and sign out everywhere."
