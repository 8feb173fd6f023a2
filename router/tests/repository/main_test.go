package repository_test

import (
	"testing"

	"switchyard/router/catalog"
	"switchyard/router/internal/routertest"
)

func TestMain(m *testing.M) { routertest.Main(m, catalog.Program()) }
