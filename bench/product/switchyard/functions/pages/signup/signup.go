// Package signup is lent by switchyard.
package signup

import "switchyard/functions/pages/signup"

var Spec = signup.Spec

type Function = signup.Function
