// Package assets is lent by switchyard.
package assets

import "switchyard/functions/pages/assets"

var Spec = assets.Spec

type Function = assets.Function
