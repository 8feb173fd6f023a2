// Command fiber does the benchmark's work with fiber (on fasthttp) and its middleware, validator
// and pgx.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-playground/validator/v10"
	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	"github.com/gofiber/fiber/v3/middleware/helmet"
	"github.com/gofiber/fiber/v3/middleware/logger"
	"github.com/gofiber/fiber/v3/middleware/recover"
	"github.com/gofiber/fiber/v3/middleware/requestid"
	"github.com/google/uuid"

	"switchyard/bench/product/contestants/internal/desk"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	env := desk.ReadEnv()
	store, err := desk.Open(ctx, env)
	if err != nil {
		desk.Fatal(err)
	}
	defer store.Close()
	metrics := desk.NewMetrics()
	a := &api{store, desk.Logger()}
	app := fiber.New(fiber.Config{
		BodyLimit: desk.MaxBody, ReadTimeout: desk.Read, WriteTimeout: desk.Write, IdleTimeout: desk.Idle,
		JSONDecoder: strict, StructValidator: rules{validator.New(validator.WithRequiredStructEnabled())},
		ErrorHandler: a.fail,
	})
	app.Get("/livez", func(c fiber.Ctx) error { return c.SendStatus(fiber.StatusOK) })
	app.Get("/metrics", adaptor.HTTPHandler(metrics.Handler()))
	app.Use(requestid.New(), logged(), measured(metrics), recover.New(), helmet.New(), limited())
	app.Get("/api/ping", a.ping)
	app.Post("/api/echo", a.echo)
	app.Get("/api/items/:id", a.row)
	app.Get("/api/mine", a.signedIn, a.mine)
	app.Get("/items", a.page)
	err = app.Listen(env.Address, fiber.ListenConfig{DisableStartupMessage: true, GracefulContext: ctx, ShutdownTimeout: 25 * time.Second})
	if err != nil {
		desk.Fatal(err)
	}
}

// strict decodes JSON that has nothing that v has not.
func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

type rules struct{ validate *validator.Validate }

func (r rules) Validate(v any) error {
	if err := r.validate.Struct(v); err != nil {
		return fiber.NewError(fiber.StatusUnprocessableEntity, err.Error())
	}
	return nil
}

func logged() fiber.Handler {
	return logger.New(logger.Config{
		Format: `{"time":"${time}","level":"INFO","msg":"request","method":"${method}","path":"${path}","route":"${route}",` +
			`"status":${status},"bytes":${bytesSent},"latency":"${latency}","requestId":"${requestid}","ip":"${ip}"}` + "\n",
		TimeFormat: time.RFC3339,
	})
}

func measured(m *desk.Metrics) fiber.Handler {
	return func(c fiber.Ctx) error {
		began := time.Now()
		err := c.Next()
		m.Observe(c.Method(), c.Route().Path, c.Response().StatusCode(), time.Since(began))
		return err
	}
}

// limited gives a request a place and a deadline.
func limited() fiber.Handler {
	places := make(chan struct{}, desk.MaxConcurrent)
	return func(c fiber.Ctx) error {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			return fiber.NewError(fiber.StatusServiceUnavailable, "too busy")
		}
		ctx, cancel := context.WithTimeout(c.Context(), desk.Timeout)
		defer cancel()
		c.SetContext(ctx)
		return c.Next()
	}
}

type api struct {
	store *desk.Store
	log   *slog.Logger
}

// fail answers an error.
func (a *api) fail(c fiber.Ctx, err error) error {
	var said *fiber.Error
	status := fiber.StatusInternalServerError
	switch {
	case errors.Is(err, desk.ErrNone):
		status = fiber.StatusNotFound
	case errors.Is(err, desk.ErrNobody):
		status = fiber.StatusUnauthorized
	case errors.As(err, &said):
		status = said.Code
	default:
		a.log.Error("request failed", slog.Any("error", err))
	}
	return c.Status(status).JSON(desk.Problem{Title: err.Error(), Status: status})
}

func (a *api) signedIn(c fiber.Ctx) error {
	user, err := a.store.User(c.Context(), c.Cookies(desk.SessionCookie))
	if err != nil {
		return err
	}
	c.Locals("user", user)
	return c.Next()
}

func (a *api) ping(c fiber.Ctx) error { return c.JSON(desk.Pong{OK: true}) }

func (a *api) echo(c fiber.Ctx) error {
	var o desk.Order
	if err := c.Bind().JSON(&o); err != nil {
		if said, ok := errors.AsType[*fiber.Error](err); ok {
			return said
		}
		return fiber.NewError(fiber.StatusBadRequest, err.Error())
	}
	return c.JSON(desk.Price(o))
}

func (a *api) row(c fiber.Ctx) error {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return fiber.NewError(fiber.StatusUnprocessableEntity, "the id is no uuid")
	}
	item, err := a.store.Get(c.Context(), id)
	if err != nil {
		return err
	}
	return c.JSON(item)
}

func (a *api) mine(c fiber.Ctx) error {
	q := desk.Query{Limit: 20}
	if err := c.Bind().Query(&q); err != nil {
		return fiber.NewError(fiber.StatusUnprocessableEntity, err.Error())
	}
	list, err := a.store.Of(c.Context(), c.Locals("user").(desk.User).ID, q.Limit)
	if err != nil {
		return err
	}
	return c.JSON(desk.List{Items: list})
}

func (a *api) page(c fiber.Ctx) error {
	list, err := a.store.Newest(c.Context(), 20)
	if err != nil {
		return err
	}
	c.Set("Content-Type", "text/html; charset=utf-8")
	c.Set("Cache-Control", "private, no-store")
	return desk.Page.Execute(c.Response().BodyWriter(), desk.Shown{Title: "Items", Items: list})
}
