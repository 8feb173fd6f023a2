package plan

import "testing"

func TestConvert(t *testing.T) {
	t.Parallel()
	enum := func(name string) bool { return name == "public.mood" }
	for _, tt := range []struct {
		from, to string
		want     conversion
	}{
		{"character varying(20)", "character varying(50)", free},
		{"character varying(20)", "character varying(20)", free},
		{"character varying(20)", "character varying", free},
		{"character varying(20)", "text", free},
		{"text", "character varying", free},
		{"text", "character varying(20)", lossy},
		{"character varying(50)", "character varying(20)", lossy},
		{"character(3)", "text", rewrite},
		{"text", "character(3)", lossy},
		{"smallint", "bigint", rewrite},
		{"bigint", "integer", lossy},
		{"integer", "numeric", rewrite},
		{"integer", "numeric(10,0)", rewrite},
		{"integer", "numeric(10,2)", lossy},
		{"bigint", "double precision", lossy},
		{"integer", "double precision", rewrite},
		{"real", "double precision", rewrite},
		{"double precision", "real", lossy},
		{"numeric(10,2)", "numeric(12,2)", free},
		{"numeric(10,2)", "numeric(12,4)", rewrite},
		{"numeric(10,2)", "numeric(11,4)", lossy},
		{"numeric(10,2)", "numeric", free},
		{"numeric", "numeric(10,2)", lossy},
		{"timestamp(3) with time zone", "timestamp with time zone", free},
		{"timestamp with time zone", "timestamp(3) with time zone", lossy},
		{"timestamp without time zone", "timestamp with time zone", lossy},
		{"date", "timestamp without time zone", rewrite},
		{"public.mood", "text", rewrite},
		{"text", "public.mood", lossy},
		{"uuid", "text", rewrite},
		{"text", "uuid", lossy},
		{"integer[]", "bigint[]", rewrite},
		{"character varying(20)[]", "text[]", rewrite},
		{"integer", "integer[]", none},
		{"integer[]", "text", lossy},
		{"real[]", "double precision[]", rewrite},
		{"json", "jsonb", lossy},
		{"cidr", "inet", free},
		{"bit varying(4)", "bit varying(8)", free},
	} {
		if got := convert(tt.from, tt.to, enum); got != tt.want {
			t.Errorf("%s to %s: got %d, want %d", tt.from, tt.to, got, tt.want)
		}
	}
}

func TestVolatile(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]bool{
		"0": false, "'a'::text": false, "now()": false, "CURRENT_TIMESTAMP": false, "'{}'::jsonb": false,
		"'f(x)'::text": false, "ARRAY[]::text[]": false, "'1'::numeric(10,2)": false, "'x'::character varying(3)": false, "(1 + 2)": false,
		"gen_random_uuid()": true, "clock_timestamp()": true, "random()": true, "nextval('s'::regclass)": true, "(now() + random())": true, "public.mine()": true,
	} {
		if got := volatile(expression); got != want {
			t.Errorf("%s: got %v", expression, got)
		}
	}
}

func TestReplaceWord(t *testing.T) {
	t.Parallel()
	for _, tt := range [][4]string{
		{"CHECK ((a > 0))", "a", "b", "CHECK ((b > 0))"},
		{"CHECK ((x = 'a'::text))", "a", "b", "CHECK ((x = 'a'::text))"},
		{`(("select" + a1))`, "select", "Sum", `(("Sum" + a1))`},
		{"(a, aa)", "a", "order", `("order", aa)`},
	} {
		if got := replaceWord(tt[0], tt[1], tt[2]); got != tt[3] {
			t.Errorf("%s: got %s, want %s", tt[0], got, tt[3])
		}
	}
}
