// Package signout is lent by switchyard.
package signout

import "switchyard/functions/pages/signout"

var Spec = signout.Spec

type Function = signout.Function
