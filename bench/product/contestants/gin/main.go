// Command gin does the benchmark's work with gin, its binding and validator, slog-gin and pgx.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"
	"github.com/go-playground/validator/v10"
	"github.com/google/uuid"
	sloggin "github.com/samber/slog-gin"

	"switchyard/bench/product/contestants/internal/desk"
)

func main() {
	env, log := desk.ReadEnv(), desk.Logger()
	store, err := desk.Open(context.Background(), env)
	if err != nil {
		desk.Fatal(err)
	}
	defer store.Close()
	gin.SetMode(gin.ReleaseMode)
	binding.EnableDecoderDisallowUnknownFields = true
	binding.Validator.Engine().(*validator.Validate).SetTagName("validate")
	metrics := desk.NewMetrics()
	r := gin.New()
	r.SetHTMLTemplate(desk.Page)
	r.GET("/livez", func(c *gin.Context) { c.Status(http.StatusOK) })
	r.GET("/metrics", gin.WrapH(metrics.Handler()))
	r.Use(sloggin.New(log), gin.CustomRecoveryWithWriter(io.Discard, recovered(log)), measured(metrics), secured, limited())
	a := &api{store, log}
	r.GET("/api/ping", a.ping)
	r.POST("/api/echo", a.echo)
	r.GET("/api/items/:id", a.row)
	r.GET("/api/mine", a.signedIn, a.mine)
	r.GET("/items", a.page)
	desk.Serve(env.Address, r)
}

func recovered(log *slog.Logger) gin.RecoveryFunc {
	return func(c *gin.Context, reason any) {
		log.ErrorContext(c.Request.Context(), "panic", slog.Any("reason", reason))
		problem(c, http.StatusInternalServerError, "internal error")
	}
}

func measured(m *desk.Metrics) gin.HandlerFunc {
	return func(c *gin.Context) {
		began := time.Now()
		c.Next()
		m.Observe(c.Request.Method, c.FullPath(), c.Writer.Status(), time.Since(began))
	}
}

func secured(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("X-Frame-Options", "DENY")
	c.Header("Referrer-Policy", "strict-origin-when-cross-origin")
}

// limited gives a request a place, a deadline, and a bound of its body.
func limited() gin.HandlerFunc {
	places := make(chan struct{}, desk.MaxConcurrent)
	return func(c *gin.Context) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			problem(c, http.StatusServiceUnavailable, "too busy")
			return
		}
		ctx, cancel := context.WithTimeout(c.Request.Context(), desk.Timeout)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, desk.MaxBody)
		c.Next()
	}
}

type api struct {
	store *desk.Store
	log   *slog.Logger
}

func problem(c *gin.Context, status int, title string) {
	c.AbortWithStatusJSON(status, desk.Problem{Title: title, Status: status})
}

func (a *api) fail(c *gin.Context, err error) {
	switch {
	case errors.Is(err, desk.ErrNone):
		problem(c, http.StatusNotFound, err.Error())
	case errors.Is(err, desk.ErrNobody):
		problem(c, http.StatusUnauthorized, err.Error())
	default:
		a.log.ErrorContext(c.Request.Context(), "request failed", slog.Any("error", err))
		problem(c, http.StatusInternalServerError, "internal error")
	}
}

// refuse answers what binding has to say.
func refuse(c *gin.Context, err error) {
	var large *http.MaxBytesError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &large):
		problem(c, http.StatusRequestEntityTooLarge, "the body is too large")
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		problem(c, http.StatusBadRequest, err.Error())
	default:
		problem(c, http.StatusUnprocessableEntity, err.Error())
	}
}

func (a *api) signedIn(c *gin.Context) {
	cookie, err := c.Request.Cookie(desk.SessionCookie)
	if err != nil {
		a.fail(c, desk.ErrNobody)
		return
	}
	user, err := a.store.User(c.Request.Context(), cookie.Value)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Set("user", user)
}

func (a *api) ping(c *gin.Context) { c.JSON(http.StatusOK, desk.Pong{OK: true}) }

func (a *api) echo(c *gin.Context) {
	var o desk.Order
	if err := c.ShouldBindJSON(&o); err != nil {
		refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, desk.Price(o))
}

func (a *api) row(c *gin.Context) {
	id, err := uuid.Parse(c.Param("id"))
	if err != nil {
		refuse(c, err)
		return
	}
	item, err := a.store.Get(c.Request.Context(), id)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.JSON(http.StatusOK, item)
}

func (a *api) mine(c *gin.Context) {
	q := desk.Query{Limit: 20}
	if err := c.ShouldBindQuery(&q); err != nil {
		refuse(c, err)
		return
	}
	list, err := a.store.Of(c.Request.Context(), c.MustGet("user").(desk.User).ID, q.Limit)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.JSON(http.StatusOK, desk.List{Items: list})
}

func (a *api) page(c *gin.Context) {
	list, err := a.store.Newest(c.Request.Context(), 20)
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Header("Cache-Control", "private, no-store")
	c.HTML(http.StatusOK, "page", desk.Shown{Title: "Items", Items: list})
}
