// Package goodbye is lent by switchyard.
package goodbye

import "switchyard/functions/pages/goodbye"

var Spec = goodbye.Spec

type Function = goodbye.Function
