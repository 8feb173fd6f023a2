// Package packtest has what the tests of the packages beside it share: plans to describe,
// and the files that the descriptions are compared with.
package packtest

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/router/internal/function"
	"switchyard/router/internal/pack/plan"
	"switchyard/router/internal/service"
	"switchyard/shared/config"
	"switchyard/shared/fn"
)

var update = flag.Bool("update", false, "write what is rendered to testdata") //nolint:gochecknoglobals // go test wants flags before it runs

// Golden compares got with the file of that name in testdata, or writes it:
//
//	go test ./router/internal/pack/{sam,terraform,knative} -update
func Golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs; go test -update writes it anew (-want +got):\n%s", name, diff)
	}
}

// Unit returns a unit of functions, as it stands in a plan.
func Unit(name string, functions ...function.Function) plan.Unit {
	needs := function.Needs(functions)
	u := plan.Unit{
		Name: name, Functions: functions, Zip: name + ".zip", SHA256: strings.Repeat("0f", 32), Size: 1 << 20, Unzipped: 3 << 20,
		Needs: needs, Vars: variables(needs), Timeout: 31 * time.Second, Memory: 512,
	}
	u.Routed = len(u.Routes()) > 0
	u.URL = !u.Routed || u.Jobs()
	return u
}

// variables are those that mean something on AWS.
func variables(needs *service.Set) []service.Use {
	return slices.DeleteFunc(needs.Vars(), func(u service.Use) bool { return u.Name == "INNGEST_SERVE_ORIGIN" })
}

// shop has a function of each kind, and needs of each kind.
func shop() []function.Function {
	bucket, database := service.NewEnv[config.Bucket](), service.NewEnv[config.Database]()
	auth, jobs, sender := service.NewEnv[config.Auth](), service.NewEnv[config.Jobs](), service.NewEnv[config.Events]()
	events := service.New("events", func(context.Context) (*struct{}, error) { return nil, nil }, sender, database)
	return []function.Function{
		{
			Name: "api/files/create", Spec: fn.Endpoint{Route: "POST /api/files", MaxConcurrent: 20},
			Needs: []service.Need{database, bucket, auth},
		},
		{Name: "api/files/get", Spec: fn.Endpoint{Route: "GET /api/files/{id}"}, Needs: []service.Need{database, auth}},
		{Name: "pages/assets", Spec: fn.Page{Route: "GET /assets/", Access: fn.Public}},
		{Name: "pages/live", Spec: fn.Page{Route: "GET /live/{topic...}", Stream: true}, Needs: []service.Need{database}},
		{
			Name: "jobs/ingest", Spec: fn.Job{Events: []string{"file/uploaded"}, From: everySource()},
			Needs: []service.Need{database, bucket, jobs, events},
		},
	}
}

func everySource() []fn.Source {
	return []fn.Source{
		fn.SQS{Queue: "orders", BatchSize: 100, Window: 5 * time.Second},
		fn.SQS{Queue: "payments.fifo"},
		fn.SNS{Topic: "alerts"},
		fn.S3{Bucket: "shop-uploads", Prefix: "in/", Suffix: ".jpg"},
		fn.S3{Bucket: "shop-uploads", Events: []string{"ObjectRemoved:*"}},
		fn.EventBridge{Source: "aws.ecr", DetailType: "ECR Image Scan", Detail: map[string][]string{"scan.status": {"COMPLETE"}}},
		fn.EventBridge{Bus: "shop", Source: "shop.cart", DetailType: "Abandoned"},
		fn.Timer{Rule: "nightly", Expression: "cron(0 3 * * ? *)"},
		fn.Kinesis{Stream: "clicks", BatchSize: 50, Oldest: true},
		fn.DynamoDB{Table: "carts", Window: time.Second},
		fn.Kinesis{Stream: "views", Attempts: 20, MaxAge: 24 * time.Hour, Whole: true, Parallel: 4, Failures: "s3:shop-failures"},
		fn.Kinesis{Stream: "taps", Failures: "sns:alarms"},
		fn.DynamoDB{Table: "items", Attempts: -1, MaxAge: time.Hour, Failures: "sqs:items-failed"},
	}
}

// Plans returns two plans of the same functions: "each" has a unit for each, "all" one unit for
// all.
func Plans() map[string]plan.Plan {
	base := plan.Plan{Project: "shop", Target: plan.Lambda, Arch: "arm64", Front: plan.HTTPAPI, Version: "0123abcd"}
	each, all := base, base
	for _, f := range shop() {
		each.Units = append(each.Units, Unit(strings.ReplaceAll(f.Name, "/", "-"), f))
	}
	each.Units[0].Reserved, each.Units[1].Conns = 20, 1
	live, ingest := &each.Units[3], &each.Units[4]
	live.Routed, live.URL, live.Stream = false, true, true
	ingest.Timeout, ingest.Sweeps = 301*time.Second, true

	one := Unit("shop", shop()...)
	one.Routed, one.URL, one.Stream, one.Sweeps = false, true, true, true
	all.Arch, all.Front, all.Units = "amd64", plan.URL, []plan.Unit{one}
	return map[string]plan.Plan{"each": each, "all": all}
}
