// Package list is lent by switchyard.
package list

import "switchyard/functions/api/keys/list"

var Spec = list.Spec

type Function = list.Function
