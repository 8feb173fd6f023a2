package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchyard/bench/product/result"
	"switchyard/bench/router"
)

// contestant is a program that does the work.
type contestant struct {
	result.Contestant

	dir      string     // below this folder
	build    [][]string // the commands that make it, in dir; %s is where a program in Go is put
	command  []string   // what starts it, in dir
	migrates bool       // it makes the tables, by the verb migrate
	caches   bool       // it has the cookie cache
	reports  []string   // modules whose versions are told
}

// contestants returns all of them, the product first.
func contestants() []contestant {
	all := []contestant{{
		Contestant: result.Contestant{Name: result.Product, Title: "Switchyard", Language: "Go"},
		dir:        "switchyard", build: [][]string{compile("./router")},
		command: []string{"%s", "serve"}, migrates: true, caches: true,
	}}
	for name, c := range map[string]struct {
		title   string
		reports []string
	}{
		result.Reference: {"net/http by hand", []string{"github.com/jackc/pgx/v5"}},
		"gin":            {"gin", []string{"github.com/gin-gonic/gin", "github.com/go-playground/validator/v10", "github.com/samber/slog-gin"}},
		"chi":            {"chi", []string{"github.com/go-chi/chi/v5", "github.com/go-chi/httplog/v3", "github.com/go-playground/validator/v10"}},
		"echo":           {"echo", []string{"github.com/labstack/echo/v4", "github.com/go-playground/validator/v10"}},
		"huma":           {"huma", []string{"github.com/danielgtaylor/huma/v2"}},
		"fiber":          {"fiber", []string{"github.com/gofiber/fiber/v3", "github.com/valyala/fasthttp", "github.com/go-playground/validator/v10"}},
	} {
		all = append(all, contestant{
			Contestant: result.Contestant{Name: name, Title: c.title, Language: "Go"},
			dir:        "contestants", build: [][]string{compile("./" + name)},
			command: []string{"%s"}, reports: c.reports,
		})
	}
	slices.SortStableFunc(all[1:], func(a, b contestant) int { return rank(a.Name) - rank(b.Name) })
	return append(all, onNode()...)
}

// optimised is the product, built with a profile.
func optimised(profile string) contestant {
	if where, err := filepath.Abs(profile); err == nil {
		profile = where
	}
	return contestant{
		Contestant: result.Contestant{Name: "pgo", Title: "Switchyard with PGO", Language: "Go"},
		dir:        "switchyard", build: [][]string{compile("./router", "-pgo", profile)},
		command: []string{"%s", "serve"}, caches: true,
	}
}

// compile is the command that builds a package in Go, of whatever contestant: as a release of the product.
func compile(pkg string, flags ...string) []string {
	return slices.Concat([]string{"go", "build"}, router.Flags(), flags, []string{"-o", "%s", pkg})
}

// rank puts the reference first.
func rank(name string) int {
	return slices.Index([]string{result.Reference, "gin", "chi", "echo", "huma", "fiber"}, name)
}

func onNode() []contestant {
	install := []string{"npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"}
	const node = "node_modules/.bin/node"
	return []contestant{{
		Contestant: result.Contestant{Name: "hono", Title: "Hono", Language: "JavaScript", Bare: true},
		dir:        "contestants/hono", build: [][]string{install}, command: []string{node, "server.mjs"},
	}, {
		Contestant: result.Contestant{Name: "astro", Title: "Astro 7, Better Auth", Language: "TypeScript"},
		dir:        "contestants/astro", build: [][]string{install, {"npm", "run", "--silent", "build"}},
		command: []string{node, "dist/server/entry.mjs"}, caches: true,
	}}
}

// make builds the contestant; its program, if it is one in Go, is put into bin.
func (c *contestant) make(ctx context.Context, here, bin string) error {
	c.dir = filepath.Join(here, c.dir)
	program := filepath.Join(bin, c.Name)
	fill := func(args []string) (filled []string) {
		for _, arg := range args {
			filled = append(filled, strings.ReplaceAll(arg, "%s", program))
		}
		return filled
	}
	c.command = fill(c.command)
	for _, args := range c.build {
		args = fill(args)
		if args[0] == "npm" && args[1] == "ci" && c.installed() {
			continue
		}
		start := time.Now()
		if said, err := c.run(ctx, args); err != nil {
			return fmt.Errorf("build %s: %w\n%s", c.Name, err, said)
		}
		c.BuildSeconds = time.Since(start).Seconds() // of the last one, which is no installation
	}
	if info, err := os.Stat(program); err == nil {
		c.ProgramMiB = float64(info.Size()) / (1 << 20)
	}
	return c.versions(ctx)
}

func (c *contestant) run(ctx context.Context, args []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	return cmd.CombinedOutput()
}

// installed reports whether npm has installed what the lock file has.
func (c *contestant) installed() bool {
	lock, err := os.Stat(filepath.Join(c.dir, "package-lock.json"))
	if err != nil {
		return false
	}
	done, err := os.Stat(filepath.Join(c.dir, "node_modules", ".package-lock.json"))
	return err == nil && done.ModTime().After(lock.ModTime())
}

// node returns the version of Node.js that the contestant brings, or "".
func (c *contestant) node(ctx context.Context) string {
	if !strings.HasSuffix(c.command[0], "/node") {
		return ""
	}
	said, _ := c.run(ctx, []string{c.command[0], "--version"})
	return strings.TrimPrefix(strings.TrimSpace(string(said)), "v")
}

// versions finds those of what the contestant is made with.
func (c *contestant) versions(ctx context.Context) error {
	if text, err := os.ReadFile(filepath.Join(c.dir, "package.json")); err == nil {
		var pack struct{ Dependencies map[string]string }
		if err := json.Unmarshal(text, &pack); err != nil {
			return fmt.Errorf("read package.json of %s: %w", c.Name, err)
		}
		for name, version := range pack.Dependencies {
			c.Packages = append(c.Packages, name+" "+version)
		}
		slices.Sort(c.Packages)
		return nil
	}
	if len(c.reports) == 0 {
		c.Packages = []string{"this commit"}
		return nil
	}
	said, err := c.run(ctx, append([]string{"go", "list", "-m", "-f", "{{.Path}} {{.Version}}"}, c.reports...))
	if err != nil {
		return fmt.Errorf("find the versions of %s: %w\n%s", c.Name, err, said)
	}
	c.Packages = strings.Split(strings.TrimSpace(string(said)), "\n")
	return nil
}
