// Package auth is lent by switchyard.
package auth

import "switchyard/functions/api/auth"

var Spec = auth.Spec

type Function = auth.Function
