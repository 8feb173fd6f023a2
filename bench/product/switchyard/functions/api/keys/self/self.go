// Package self is lent by switchyard.
package self

import "switchyard/functions/api/keys/self"

var Spec = self.Spec

type Function = self.Function
