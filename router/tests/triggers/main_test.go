package triggers_test

import (
	"context"
	"log/slog"
	"reflect"
	"testing"

	"github.com/google/uuid"

	apiAuth "switchyard/functions/api/auth"
	apiEventsPublish "switchyard/functions/api/events/publish"
	apiKeysCreate "switchyard/functions/api/keys/create"
	apiPubsubReceive "switchyard/functions/api/pubsub/receive"
	apiWebhooksReceive "switchyard/functions/api/webhooks/receive"
	"switchyard/router/catalog"
	"switchyard/router/internal/endpoint"
	"switchyard/router/internal/function"
	"switchyard/router/internal/job"
	"switchyard/router/internal/program"
	"switchyard/router/internal/routertest"
	"switchyard/router/internal/routertest/inboundtest"
	"switchyard/router/internal/service"
	"switchyard/shared/auth/apikey"
	"switchyard/shared/auth/betterauth"
	"switchyard/shared/config"
	"switchyard/shared/db"
	"switchyard/shared/events"
	"switchyard/shared/events/inbound"
	"switchyard/shared/events/pubsub"
	"switchyard/shared/fn"
	"switchyard/shared/mail"
)

func TestMain(m *testing.M) { routertest.Main(m, shop()) }

// unwanted is the event that a machine of whoever ordered something does not want it.
type unwanted struct {
	events.FromMachine
	OrderID uuid.UUID `json:"orderId"`
}

// disputed is the event that the bank has been asked to pay an order back.
type disputed struct {
	events.FromWebhook
	OrderID uuid.UUID `json:"orderId"`
	Finding string    `json:"finding,omitempty"`
}

func names() inboundtest.Names {
	return inboundtest.Names{Unwanted: "order/unwanted", Disputed: "bank/order.disputed", Field: "orderId"}
}

// shop is a small project with events that are open to outside, as the generator would
// write its catalog.
func shop() program.Program {
	p := catalog.Program()
	p.Events = events.Types{
		{Name: "bank/order.disputed", Data: reflect.TypeFor[disputed](), Listeners: []string{"jobs/refund"}},
		{Name: "mail/queued", Data: reflect.TypeFor[mail.Queued]()},
		{Name: "order/unwanted", Data: reflect.TypeFor[unwanted](), Listeners: []string{"jobs/cancel"}},
	}
	p.Functions = functions(p.Events)
	return p
}

func functions(types events.Types) []function.Function {
	authEnv, databaseEnv, eventsEnv := service.NewEnv[config.Auth](), service.NewEnv[config.Database](), service.NewEnv[config.Events]()
	pubSubEnv, webhooksEnv := service.NewEnv[config.PubSub](), service.NewEnv[config.Webhooks]()
	base := service.New("db", func(ctx context.Context) (*db.DB, error) { return db.Open(ctx, databaseEnv.Value) }, databaseEnv)
	keys := service.New("auth/apikey", func(ctx context.Context) (*apikey.Store, error) {
		return apikey.Open(ctx, config.AuthNames{}, base.Value)
	}, base)
	bus := service.New("events", func(ctx context.Context) (*events.Bus, error) {
		return events.Open(ctx, eventsEnv.Value, base.Value)
	}, eventsEnv, base)
	queue := service.New("mail", func(ctx context.Context) (*mail.Queue, error) { return mail.Open(ctx, base.Value, bus.Value) }, base, bus)
	users := service.New("auth/betterauth", func(ctx context.Context) (*betterauth.Server, error) {
		return betterauth.Open(ctx, authEnv.Value, base.Value, queue.Value, bus.Value)
	}, authEnv, base, queue, bus)
	receiver := service.New("events/inbound", func(ctx context.Context) (*inbound.Receiver, error) { return inbound.Open(ctx, types, bus.Value) }, bus)
	sources := service.New("events/pubsub", func(ctx context.Context) (*pubsub.Sources, error) {
		return pubsub.Open(ctx, pubSubEnv.Value)
	}, pubSubEnv)
	return []function.Function{
		{Name: "api/auth", Spec: apiAuth.Spec, Needs: []service.Need{users}, Bind: func() any {
			return &apiAuth.Function{Auth: users.Value}
		}},
		{Name: "api/events/publish", Spec: apiEventsPublish.Spec, Needs: []service.Need{receiver}, Admits: keys, Bind: func() any {
			return endpoint.New(&apiEventsPublish.Function{Inbound: receiver.Value})
		}},
		{Name: "api/keys/create", Spec: apiKeysCreate.Spec, Needs: []service.Need{keys}, Admits: users, Bind: func() any {
			return endpoint.New(&apiKeysCreate.Function{Keys: keys.Value})
		}},
		{Name: "api/pubsub/receive", Spec: apiPubsubReceive.Spec, Needs: []service.Need{receiver, sources}, Bind: func() any {
			return endpoint.New(&apiPubsubReceive.Function{Inbound: receiver.Value, Sources: sources.Value})
		}},
		{Name: "api/webhooks/receive", Spec: apiWebhooksReceive.Spec, Needs: []service.Need{receiver, webhooksEnv}, Bind: func() any {
			return endpoint.New(&apiWebhooksReceive.Function{Inbound: receiver.Value, Webhooks: webhooksEnv.Value})
		}},
		{Name: "jobs/cancel", Spec: fn.Job{Events: []string{"order/unwanted"}}, Bind: func() any { return job.New(cancel{}) }},
		{Name: "jobs/refund", Spec: fn.Job{Events: []string{"bank/order.disputed"}}, Bind: func() any { return job.New(refund{}) }},
	}
}

// cancel says which order would be cancelled, and for whom.
type cancel struct{}

func (cancel) Handle(ctx context.Context, in *unwanted) (*struct{}, error) {
	slog.InfoContext(ctx, "cancel", slog.Any("order", in.OrderID), slog.String("sender", in.SenderID)) //nolint:sloglint // as functions log
	return nil, nil
}

// refund says which order would be paid back.
type refund struct{}

func (refund) Handle(ctx context.Context, in *disputed) (*struct{}, error) {
	slog.InfoContext(ctx, "refund", slog.Any("order", in.OrderID)) //nolint:sloglint // as functions log
	return nil, nil
}
