package goodbye_test

import (
	"net/http"
	"testing"

	"switchyard/functions/pages/goodbye"
	"switchyard/shared/auth/front/fronttest"
	"switchyard/shared/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestGoodbye(t *testing.T) {
	t.Parallel()
	s := fronttest.New(t, nil)
	s.Add(goodbye.Spec, goodbye.Function{UI: s.UI})
	s.Browser(t).Get("/goodbye").Has(http.StatusOK, "Your account is deleted")
}
