// Package verify is lent by switchyard.
package verify

import "switchyard/functions/pages/verify"

var Spec = verify.Spec

type Function = verify.Function
