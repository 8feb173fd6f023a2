// Package publish is lent by switchyard.
package publish

import "switchyard/functions/api/events/publish"

var Spec = publish.Spec

type Function = publish.Function
