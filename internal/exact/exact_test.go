package exact_test

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"switchyard/internal/exact"
)

// through returns what Inngest makes of JSON.
func through(t *testing.T, text []byte) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("Inngest would refuse %s: %v", text, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCarry(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text    string
		carried bool
	}{
		{`{"n":1}`, false},
		{`{"n":-0,"z":0.000e7,"d":1.50,"e":1E+2,"f":0.1,"s":9007199254740992,"t":100000000000000000000}`, false},
		{`{"text":"616581622363398142 \" 616581622363398142","<":"\u003c"}`, false},
		{`null`, false},
		{``, false},
		{`{"n":616581622363398142}`, true},
		{`{"n":-9223372036854775808}`, true},
		{`{"n":9223372036854775807}`, true},
		{`{"n":[{"u":18446744073709551615}]}`, true},
		{`{"a":"\\","n":9007199254740993}`, true},
		{`{"d":0.10000000000000000555}`, true},
		{`{"big":1e400,"low":-1e400,"n":5}`, true},
		{`{"tiny":1e-400}`, true},
		{`{"far":1e99999999999999999999}`, true},
		{`[1,18446744073709551615]`, true},
		{`18446744073709551615`, true},
		{`"616581622363398142"`, false},
		{`{"` + exact.Member + `":"5","n":1}`, true},
		{`{"_exact\u004aSON" : "5","n":1}`, true},
		{`{"in":{"` + exact.Member + `":"616581622363398142"}}`, true},
		{`{"text":"` + exact.Member + `"}`, true},
	} {
		got := exact.Carry([]byte(tt.text))
		if carried := string(got) != tt.text; carried != tt.carried {
			t.Errorf("%s: went as %s", tt.text, got)
		}
		if tt.text == "" {
			continue
		}
		if was := exact.Restore(through(t, got)); tt.carried && string(was) != tt.text {
			t.Errorf("%s: came out as %s", tt.text, was)
		}
		for _, wrap := range []string{`{"data":%}`, `{"error":{"name":"Step failed","data":%}}`} {
			if tt.carried {
				step := strings.Replace(wrap, "%", string(got), 1)
				want := strings.Replace(wrap, "%", tt.text, 1)
				if was := exact.RestoreStep(through(t, []byte(step))); sorted(t, string(was)) != sorted(t, want) {
					t.Errorf("%s: came out as %s", want, was)
				}
			}
		}
	}
}

// sorted returns JSON with its members in order.
func sorted(t *testing.T, text string) string {
	t.Helper()
	var v any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// What has the member and is not from Carry is left as it is, and nothing within the data
// is taken for it.
func TestRestoreLeaves(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"n":1}`, `5`, `null`, `{"_exactJSON":5}`, `{"_exactJSON":"{"}`, `"_exactJSON"`, `["_exactJSON"]`,
		`{"in":{"_exactJSON":"5"}}`, `{"_EXACTjson":"5","_exactJSON":null}`,
	} {
		if got := exact.Restore([]byte(text)); string(got) != text {
			t.Errorf("%s became %s", text, got)
		}
		step := `{"data":` + text + `}`
		if got := exact.RestoreStep([]byte(step)); string(got) != step {
			t.Errorf("the step %s became %s", step, got)
		}
	}
	if got := exact.RestoreStep([]byte("null")); string(got) != "null" {
		t.Errorf("nothing became %s", got)
	}
}

// What a number is worth after it was a double is known for all of them.
func TestCarryWhatChanges(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same ones each time
	for range 20_000 {
		number := numeral(random)
		was, _ := new(big.Rat).SetString(number)
		is, ok := new(big.Rat).SetString(string(through(t, []byte(number))))
		if !ok {
			t.Fatal(number)
		}
		if got, want := string(exact.Carry([]byte(number))) != number, was.Cmp(is) != 0; got != want {
			t.Errorf("%s, to Inngest %s, is carried: %t", number, through(t, []byte(number)), got)
		}
	}
}

// numeral returns a number as JSON may have it.
func numeral(random *rand.Rand) string {
	digits := func(most int) string {
		var s strings.Builder
		for range 1 + random.IntN(most) {
			s.WriteByte("000012345678999"[random.IntN(15)])
		}
		return s.String()
	}
	number := strings.TrimLeft(digits(20), "0")
	if number == "" {
		number = "0"
	}
	if random.IntN(2) == 0 {
		number += "." + digits(20)
	}
	if random.IntN(3) == 0 {
		number += "e" + strconv.Itoa(random.IntN(60)-30)
	}
	if random.IntN(4) == 0 {
		number = "-" + number
	}
	return number
}

func TestCarryOrdinaryIsFree(t *testing.T) { //nolint:paralleltest // it counts allocations
	text := []byte(`{"id":"0194d4c2","n":42,"price":12.5,"at":1700000000000,"big":9007199254740992,"list":[1,2,3],"name":"a \"b\""}`)
	if n := testing.AllocsPerRun(100, func() { exact.Restore(exact.Carry(text)) }); n > 0 {
		t.Errorf("%.0f allocations", n)
	}
}

func BenchmarkCarry(b *testing.B) {
	text := []byte(`{"id":"0194d4c2-5f6e-7c1a-9d53-0f6f4b1c2a3b","n":42,"price":12.5,"at":1700000000000,"name":"some text of usual length"}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		exact.Carry(text)
	}
}
