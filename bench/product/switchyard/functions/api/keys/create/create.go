// Package create is lent by switchyard.
package create

import "switchyard/functions/api/keys/create"

var Spec = create.Spec

type Function = create.Function
