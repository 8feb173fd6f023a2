// Package reset is lent by switchyard.
package reset

import "switchyard/functions/pages/reset"

var Spec = reset.Spec

type Function = reset.Function
