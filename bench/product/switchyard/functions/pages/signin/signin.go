// Package signin is lent by switchyard.
package signin

import "switchyard/functions/pages/signin"

var Spec = signin.Spec

type Function = signin.Function
