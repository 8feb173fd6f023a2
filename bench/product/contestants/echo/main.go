// Command echo does the benchmark's work with echo and its middleware, validator and pgx.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-playground/validator/v10"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"switchyard/bench/product/contestants/internal/desk"
)

func main() {
	env, log := desk.ReadEnv(), desk.Logger()
	store, err := desk.Open(context.Background(), env)
	if err != nil {
		desk.Fatal(err)
	}
	defer store.Close()
	metrics := desk.NewMetrics()
	e := echo.New()
	e.JSONSerializer, e.Renderer = strict{}, pages{}
	e.Validator = rules{validator.New(validator.WithRequiredStructEnabled())}
	e.GET("/livez", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	e.GET("/metrics", echo.WrapHandler(metrics.Handler()))
	g := e.Group("", middleware.RequestID(), logged(log), middleware.Recover(), measured(metrics),
		middleware.SecureWithConfig(middleware.SecureConfig{
			ContentTypeNosniff: "nosniff", XFrameOptions: "DENY", ReferrerPolicy: "strict-origin-when-cross-origin",
		}),
		limited(), middleware.BodyLimit("1M"), middleware.ContextTimeout(desk.Timeout))
	a := &api{store}
	g.GET("/api/ping", a.ping)
	g.POST("/api/echo", a.echo)
	g.GET("/api/items/:id", a.row)
	g.GET("/api/mine", a.mine, a.signedIn)
	g.GET("/items", a.page)
	desk.Serve(env.Address, e)
}

// strict is echo's serializer, but for members that a type does not have.
type strict struct{ echo.DefaultJSONSerializer }

func (strict) Deserialize(c echo.Context, v any) error {
	d := json.NewDecoder(c.Request().Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	var refused *echo.HTTPError // of the body's limit
	if err == nil || errors.As(err, &refused) {
		return err
	}
	return echo.NewHTTPError(http.StatusBadRequest, err.Error()).SetInternal(err)
}

type rules struct{ validate *validator.Validate }

func (r rules) Validate(v any) error {
	if err := r.validate.Struct(v); err != nil {
		return echo.NewHTTPError(http.StatusUnprocessableEntity, err.Error())
	}
	return nil
}

type pages struct{}

func (pages) Render(w io.Writer, _ string, data any, _ echo.Context) error {
	return desk.Page.Execute(w, data)
}

func logged(log *slog.Logger) echo.MiddlewareFunc {
	return middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
		HandleError: true, LogLatency: true, LogRemoteIP: true, LogMethod: true, LogURIPath: true, LogRoutePath: true,
		LogRequestID: true, LogStatus: true, LogError: true, LogResponseSize: true,
		LogValuesFunc: func(c echo.Context, v middleware.RequestLoggerValues) error {
			level := slog.LevelInfo
			if v.Status >= http.StatusInternalServerError {
				level = slog.LevelError
			}
			attrs := []slog.Attr{
				slog.String("method", v.Method), slog.String("path", v.URIPath), slog.String("route", v.RoutePath),
				slog.Int("status", v.Status), slog.Int64("bytes", v.ResponseSize), slog.Int64("us", v.Latency.Microseconds()),
				slog.String("requestId", v.RequestID), slog.String("ip", v.RemoteIP),
			}
			if v.Error != nil {
				attrs = append(attrs, slog.Any("error", v.Error))
			}
			log.LogAttrs(c.Request().Context(), level, "request", attrs...)
			return nil
		},
	})
}

func measured(m *desk.Metrics) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			began := time.Now()
			err := next(c)
			if err != nil {
				c.Error(err)
			}
			m.Observe(c.Request().Method, c.Path(), c.Response().Status, time.Since(began))
			return err
		}
	}
}

func limited() echo.MiddlewareFunc {
	places := make(chan struct{}, desk.MaxConcurrent)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			select {
			case places <- struct{}{}:
				defer func() { <-places }()
				return next(c)
			default:
				return echo.NewHTTPError(http.StatusServiceUnavailable, "too busy")
			}
		}
	}
}

type api struct{ store *desk.Store }

func failure(err error) error {
	switch {
	case errors.Is(err, desk.ErrNone):
		return echo.NewHTTPError(http.StatusNotFound, err.Error())
	case errors.Is(err, desk.ErrNobody):
		return echo.NewHTTPError(http.StatusUnauthorized, err.Error())
	}
	return err
}

func (a *api) signedIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		cookie, err := c.Cookie(desk.SessionCookie)
		if err != nil {
			return failure(desk.ErrNobody)
		}
		user, err := a.store.User(c.Request().Context(), cookie.Value)
		if err != nil {
			return failure(err)
		}
		c.Set("user", user)
		return next(c)
	}
}

func (a *api) ping(c echo.Context) error { return c.JSON(http.StatusOK, desk.Pong{OK: true}) }

func (a *api) echo(c echo.Context) error {
	var o desk.Order
	if err := c.Bind(&o); err != nil {
		return err
	}
	if err := c.Validate(&o); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, desk.Price(o))
}

func (a *api) row(c echo.Context) error {
	id, err := uuid.Parse(c.Param("id"))
	if err != nil {
		return echo.NewHTTPError(http.StatusUnprocessableEntity, "the id is no uuid")
	}
	item, err := a.store.Get(c.Request().Context(), id)
	if err != nil {
		return failure(err)
	}
	return c.JSON(http.StatusOK, item)
}

func (a *api) mine(c echo.Context) error {
	q := desk.Query{Limit: 20}
	if err := c.Bind(&q); err != nil {
		return err
	}
	if err := c.Validate(&q); err != nil {
		return err
	}
	list, err := a.store.Of(c.Request().Context(), c.Get("user").(desk.User).ID, q.Limit)
	if err != nil {
		return failure(err)
	}
	return c.JSON(http.StatusOK, desk.List{Items: list})
}

func (a *api) page(c echo.Context) error {
	list, err := a.store.Newest(c.Request().Context(), 20)
	if err != nil {
		return failure(err)
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	return c.Render(http.StatusOK, "page", desk.Shown{Title: "Items", Items: list})
}
