// Package receive is lent by switchyard.
package receive

import "switchyard/functions/api/webhooks/receive"

var Spec = receive.Spec

type Function = receive.Function
