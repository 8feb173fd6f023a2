// Package revoke is lent by switchyard.
package revoke

import "switchyard/functions/api/keys/revoke"

var Spec = revoke.Spec

type Function = revoke.Function
