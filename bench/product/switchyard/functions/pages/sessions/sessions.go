// Package sessions is lent by switchyard.
package sessions

import "switchyard/functions/pages/sessions"

var Spec = sessions.Spec

type Function = sessions.Function
