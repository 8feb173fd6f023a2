// Package mail is lent by switchyard.
package mail

import "switchyard/functions/jobs/mail"

var Spec = mail.Spec

type Function = mail.Function
