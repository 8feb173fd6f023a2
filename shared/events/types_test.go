package events_test

import (
	"reflect"
	"testing"

	"switchyard/shared/events"
)

// A type is open to what it embeds itself, and to nothing that it merely holds.
func TestTypesAreClosedUnlessOpened(t *testing.T) {
	t.Parallel()
	type machine struct{ events.FromMachine }
	type webhook struct{ events.FromWebhook }
	type both struct {
		events.FromMachine
		events.FromWebhook
	}
	type held struct {
		A events.FromMachine
		B events.FromWebhook
	}
	for _, tt := range []struct {
		data               reflect.Type
		machines, webhooks bool
	}{
		{nil, false, false},
		{reflect.TypeFor[string](), false, false},
		{reflect.TypeFor[struct{}](), false, false},
		{reflect.TypeFor[held](), false, false},
		{reflect.TypeFor[struct{ machine }](), false, false},
		{reflect.TypeFor[machine](), true, false},
		{reflect.TypeFor[webhook](), false, true},
		{reflect.TypeFor[both](), true, true},
	} {
		got := events.Type{Data: tt.data}
		if got.Machines() != tt.machines || got.Webhooks() != tt.webhooks {
			t.Errorf("%v: open to machines: %t, to webhooks: %t", tt.data, got.Machines(), got.Webhooks())
		}
	}
}
