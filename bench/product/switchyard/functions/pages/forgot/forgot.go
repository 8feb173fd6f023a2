// Package forgot is lent by switchyard.
package forgot

import "switchyard/functions/pages/forgot"

var Spec = forgot.Spec

type Function = forgot.Function
