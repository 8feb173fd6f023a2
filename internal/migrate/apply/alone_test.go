package apply_test

import (
	"strings"
	"testing"

	"switchyard/internal/migrate/apply"
	"switchyard/internal/migrate/plan"
	"switchyard/shared/fault"
)

func index(unique string) plan.Step {
	return plan.Step{
		SQL: "CREATE " + unique + "INDEX CONCURRENTLY orders_note ON orders (note)", Object: "orders_note", Way: plan.Alone,
		Undo: "DROP INDEX CONCURRENTLY IF EXISTS orders_note",
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	must(t, d.apply(apply.Options{}, index("")))
	if valid := d.value(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'orders_note'::regclass`); valid != "true" {
		t.Errorf("the index is valid: %s", valid)
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	d := open(t, orders+`; INSERT INTO orders (note) VALUES (NULL), (NULL), ('b'), ('b'), ('c')`)
	err := d.apply(apply.Options{}, index("UNIQUE "))
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "2 keys are there more than once. See them by: SELECT note, count(*) FROM public.orders WHERE note IS NOT NULL GROUP BY note HAVING count(*) > 1") {
		t.Errorf("err = %v", err)
	}
	if there := d.value(`SELECT to_regclass('orders_note') IS NOT NULL`); there != "false" {
		t.Error("the invalid index is there")
	}
	if s := d.statements()[0]; s.Error == "" {
		t.Errorf("the history has %+v", s)
	}
}

func TestViolations(t *testing.T) {
	t.Parallel()
	d := open(t, orders+`; CREATE TABLE line (order_id bigint, n int);
		INSERT INTO line VALUES (1, 1), (NULL, NULL), (-1, 2), (-2, -3);
		ALTER TABLE line ADD CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders NOT VALID, ADD CONSTRAINT many CHECK (n > 0) NOT VALID`)
	for name, want := range map[string]string{
		"of_order": "2 rows do not obey it. See them by: SELECT * FROM line AS broken WHERE broken.order_id IS NOT NULL AND NOT EXISTS (SELECT FROM orders AS target WHERE target.id = broken.order_id)",
		"many":     "1 rows do not obey it. See them by: SELECT * FROM line AS broken WHERE NOT ((n > 0))",
	} {
		err := d.apply(apply.Options{}, plan.Step{
			SQL: "ALTER TABLE line VALIDATE CONSTRAINT " + name, Object: "line", Way: plan.Alone,
			Undo: "ALTER TABLE line DROP CONSTRAINT IF EXISTS " + name,
		})
		if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	if n := d.value(`SELECT count(*) FROM pg_constraint WHERE conrelid = 'line'::regclass`); n != "0" {
		t.Errorf("%s rules are left", n)
	}
}

// What runs alone waits for a transaction, and nobody for it.
func TestAloneWaits(t *testing.T) {
	t.Parallel()
	d := open(t, orders)
	blocker, other := d.connect("report"), d.connect("")
	d.exec(blocker, "BEGIN; UPDATE orders SET note = note WHERE id = 1")
	done := make(chan error, 1)
	go func() { done <- d.apply(apply.Options{}, index("")) }()
	for !strings.Contains(d.log.String(), "(report, switchyard, idle in transaction)") { // another may be named first
		d.exec(other, "INSERT INTO orders (note) VALUES ('x')")
	}
	d.logged("waiting for")
	d.exec(blocker, "COMMIT")
	must(t, <-done)
}
