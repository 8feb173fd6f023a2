// Package keys is lent by switchyard.
package keys

import "switchyard/functions/pages/keys"

var Spec = keys.Spec

type Function = keys.Function
