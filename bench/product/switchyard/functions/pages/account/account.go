// Package account is lent by switchyard.
package account

import "switchyard/functions/pages/account"

var Spec = account.Spec

type Function = account.Function
